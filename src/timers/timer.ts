import type { Alarm, Clock, IrqLine } from "../ports/index.js";

const mask64 = 0xffff_ffff_ffff_ffffn;

/** CNT*_CTL: ENABLE, IMASK, and the read-only ISTATUS. */
const ENABLE = 1;
const IMASK = 2;
const ISTATUS = 4;

/** Alarms past this time (104 days, where nanoseconds stop being exact) are never set. */
const horizon = Number.MAX_SAFE_INTEGER;

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
  #compareValue = 0n;
  /** What this timer's counter is behind the physical count by. */
  #offset = 0n;
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

  /** TimerConditionMet: an unsigned comparison of 64 bits. */
  #conditionMet(): boolean {
    return this.count() >= this.#compareValue;
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
    return this.#compareValue;
  }

  set compareValue(value: bigint) {
    this.#compareValue = value & mask64;
    this.update();
  }

  /** CNT*_TVAL: the low 32 bits of CVAL - count; it goes on counting down below zero. */
  get timerValue(): bigint {
    return (this.#compareValue - this.count()) & 0xffff_ffffn;
  }

  /** Sets CVAL to the count plus the signed 32-bit `value`. */
  set timerValue(value: bigint) {
    this.compareValue = this.count() + BigInt.asIntN(32, value);
  }

  get offset(): bigint {
    return this.#offset;
  }

  set offset(value: bigint) {
    this.#offset = value & mask64;
    this.update();
  }

  /** Drives the wire, and sets the alarm for the count at which it has to change. */
  update(): void {
    const armed = (this.#control & (ENABLE | IMASK)) === ENABLE;
    const met = armed && this.#conditionMet();
    let due = -1;
    if (armed && !met) {
      // The condition ends only when the count wraps, which is past the horizon unless an offset puts it near.
      due = this.#timeOf(this.#compareValue);
    } else if (met) due = this.#timeOf(0n);
    this.#setAlarm(due);
    if (met !== this.#level) {
      this.#level = met;
      this.#line.set(met);
    }
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
    this.#compareValue = 0n;
    this.#offset = 0n;
    this.update();
  }

  save(): SavedTimer {
    return { control: this.#control, compareValue: this.#compareValue.toString(16) };
  }

  /** The offset is restored by the owner, who shares it among timers. */
  restore(saved: SavedTimer, offset: bigint): void {
    this.#control = saved.control & (ENABLE | IMASK);
    this.#compareValue = BigInt("0x" + saved.compareValue) & mask64;
    this.#offset = offset;
    this.update();
  }
}
