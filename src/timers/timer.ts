import type { Alarm, Clock, IrqLine } from "../ports/index.js";

const mask64 = 0xffff_ffff_ffff_ffffn;

/** CNT*_CTL: ENABLE, IMASK, and the read-only ISTATUS. */
const ENABLE = 1;
const IMASK = 2;
const ISTATUS = 4;

/** Alarms past this time (104 days, where nanoseconds stop being exact) are never set. */
const horizon = Number.MAX_SAFE_INTEGER;

/** Counts up to here are exact numbers, and so are their sums. */
const plainLimit = 2n ** 51n;
const plainLimitHigh = 2 ** 19;

/** A count from which a signed 32-bit distance leads to one that is exact, too. */
const plainCountLimit = 2 ** 51 - 2 ** 31;

function plain(count: bigint): number {
  return count < plainLimit ? Number(count) : -1;
}

export interface SavedTimer {
  control: number;
  /** CNT*_CVAL in hexadecimal. */
  compareValue: string;
}

/** One timer: a comparator on a counter, with a level-sensitive interrupt (Arm ARM, D12.2.4 "Timers"). */
export class Timer {
  readonly #clock: Clock;
  readonly #tick: number;
  readonly #line: IrqLine;
  /** ENABLE and IMASK. */
  #control = 0;
  /** CNT*_CVAL where {@link #plainCompare} can't say it. */
  #bigCompare = 0n;
  /** What this timer's counter is behind the physical count by. */
  #offset = 0n;
  /** Both as exact numbers; -1 when one isn't small enough for that. */
  #plainCompare = 0;
  #plainOffset = 0;
  /** The low 32 bits of the offset. */
  #lowOffset = 0;
  #level = false;
  #alarm: Alarm | undefined;
  #alarmTime = -1;

  /** `tick`: nanoseconds per count. */
  constructor(clock: Clock, tick: number, line: IrqLine) {
    this.#clock = clock;
    this.#tick = tick;
    this.#line = line;
  }

  /** The counter this timer compares with: (physical count - offset) modulo 2^64. */
  count(): bigint {
    return (BigInt(Math.floor(this.#clock.now() / this.#tick)) - this.#offset) & mask64;
  }

  /** The low 32 bits of {@link count}. */
  lowCount(): number {
    return ((Math.floor(this.#clock.now() / this.#tick) % 2 ** 32) - this.#lowOffset) >>> 0;
  }

  /** TimerConditionMet: an unsigned comparison of 64 bits. */
  #conditionMet(): boolean {
    const count = this.#plainCompare >= 0 ? this.#plainCount() : -1;
    return count >= 0 ? count >= this.#plainCompare : this.count() >= this.compareValue;
  }

  /** CNT*_CTL. ISTATUS reads as 0 while the timer is disabled, where the manual has it UNKNOWN. */
  get control(): number {
    return this.#control & ENABLE && this.#conditionMet() ? this.#control | ISTATUS : this.#control;
  }

  set control(value: number) {
    this.#control = value & (ENABLE | IMASK);
    this.update();
  }

  get compareValue(): bigint {
    return this.#plainCompare >= 0 ? BigInt(this.#plainCompare) : this.#bigCompare;
  }

  set compareValue(value: bigint) {
    this.#setCompare(value & mask64);
    this.update();
  }

  /** Sets CVAL from 32-bit halves. */
  setCompareWords(low: number, high: number): void {
    if (high >>> 0 < plainLimitHigh) {
      this.#plainCompare = (high >>> 0) * 2 ** 32 + (low >>> 0);
      this.update();
    } else this.compareValue = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }

  #setCompare(value: bigint): void {
    this.#plainCompare = plain(value);
    this.#bigCompare = value;
  }

  /** CNT*_TVAL: the low 32 bits of CVAL - count; it goes on counting down below zero. */
  get timerValue(): bigint {
    return (this.compareValue - this.count()) & 0xffff_ffffn;
  }

  /** {@link timerValue} as a number. */
  plainTimerValue(): number {
    const count = this.#plainCompare >= 0 ? this.#plainCount() : -1;
    return count >= 0 ? ((this.#plainCompare - count) % 2 ** 32) >>> 0 : Number(this.timerValue);
  }

  /** Sets TVAL to a signed 32-bit number. */
  setTimerValue(value: number): void {
    const count = this.#plainCount();
    if (count < 0 || count + value < 0 || count >= plainCountLimit) {
      this.timerValue = BigInt(value);
      return;
    }
    this.#plainCompare = count + value;
    this.update();
  }

  /** Sets CVAL to the count plus the signed 32-bit `value`. */
  set timerValue(value: bigint) {
    this.compareValue = this.count() + BigInt.asIntN(32, value);
  }

  get offset(): bigint {
    return this.#offset;
  }

  set offset(value: bigint) {
    this.#setOffset(value & mask64);
    this.update();
  }

  #setOffset(value: bigint): void {
    this.#offset = value;
    this.#plainOffset = plain(value);
    this.#lowOffset = Number(value & 0xffff_ffffn);
  }

  /** Drives the wire, and sets the alarm for the count at which it has to change. */
  update(): void {
    const armed = (this.#control & (ENABLE | IMASK)) === ENABLE;
    const count = armed && this.#plainCompare >= 0 ? this.#plainCount() : -1;
    let met: boolean;
    if (count >= 0) {
      met = count >= this.#plainCompare;
      // Met, it stays so until the count wraps, which is past the horizon.
      const due = met ? -1 : (this.#plainCompare + this.#plainOffset) * this.#tick;
      this.#setAlarm(due <= horizon ? due : -1);
    } else {
      met = armed && this.#conditionMet();
      this.#setAlarm(this.#distantAlarm(armed, met));
    }
    if (met !== this.#level) {
      this.#level = met;
      this.#line.set(met);
    }
  }

  /** The counter while it and its offset are exact numbers; else a negative one. */
  #plainCount(): number {
    return this.#plainOffset < 0 ? -1 : Math.floor(this.#clock.now() / this.#tick) - this.#plainOffset;
  }

  /** When the condition changes next: when it is met, that is when the count wraps, near only where an offset puts it so. */
  #distantAlarm(armed: boolean, met: boolean): number {
    return armed ? this.#timeOf(met ? 0n : this.compareValue) : -1;
  }

  /** When this timer's counter next comes to `count`, in ns; -1 past the horizon. If it is there now, after a whole round. */
  #timeOf(count: bigint): number {
    const ahead = Number((count - this.count() - 1n) & mask64) + 1;
    const time = (Math.floor(this.#clock.now() / this.#tick) + ahead) * this.#tick;
    return time <= horizon ? time : -1;
  }

  #setAlarm(time: number): void {
    if (time === this.#alarmTime) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    this.#alarmTime = time;
    if (time < 0) return;
    this.#alarm = this.#clock.schedule(time, () => {
      this.#alarm = undefined;
      this.#alarmTime = -1;
      this.update();
    });
  }

  /** Forgets the alarm, lowers the wire. */
  reset(): void {
    this.#control = 0;
    this.#setCompare(0n);
    this.#setOffset(0n);
    this.update();
  }

  save(): SavedTimer {
    return { control: this.#control, compareValue: this.compareValue.toString(16) };
  }

  /** The offset is restored by the owner, who shares it among timers. */
  restore(saved: SavedTimer, offset: bigint): void {
    this.#control = saved.control & (ENABLE | IMASK);
    this.#setCompare(BigInt("0x" + saved.compareValue) & mask64);
    this.#setOffset(offset);
    this.update();
  }
}
