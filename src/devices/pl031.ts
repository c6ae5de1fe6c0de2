import type { Alarm, Clock, IrqLine, Log, MmioDevice } from "../ports/index.js";
import { identification, PRIMECELL_ID_NAMES, type Register, RegisterBlock } from "./registers.js";

const NANOSECONDS_PER_SECOND = 1_000_000_000;

/** PrimeCell real-time clock registers, DDI 0224 table 3-1. */
// biome-ignore format: one register a line
export const PL031_REGISTERS: readonly Register<PL031>[] = [
  { offset: 0x00, name: "RTCDR", access: "RO", reset: 0, bits: 0xffffffff, purpose: "Seconds now", read: (r) => r.seconds() },
  { offset: 0x04, name: "RTCMR", access: "RW", reset: 0, bits: 0xffffffff, purpose: "Match: the interrupt comes when RTCDR reaches it", read: (r) => r.state.match, write: (r, v) => r.writeMatch(v) },
  { offset: 0x08, name: "RTCLR", access: "RW", reset: 0, bits: 0xffffffff, purpose: "Load: sets RTCDR", read: (r) => r.state.load, write: (r, v) => r.writeLoad(v) },
  { offset: 0x0c, name: "RTCCR", access: "RW", reset: 1, bits: 0x1, purpose: "Control: the clock runs from power-on and cannot be stopped" },
  { offset: 0x10, name: "RTCIMSC", access: "RW", reset: 0, bits: 0x1, purpose: "Interrupt mask (1 enables)", read: (r) => r.state.mask, write: (r, v) => r.writeMask(v) },
  { offset: 0x14, name: "RTCRIS", access: "RO", reset: 0, bits: 0x1, purpose: "Raw interrupt status", read: (r) => r.state.raised },
  { offset: 0x18, name: "RTCMIS", access: "RO", reset: 0, bits: 0x1, purpose: "Masked interrupt status", read: (r) => r.state.raised & r.state.mask },
  { offset: 0x1c, name: "RTCICR", access: "WO", reset: 0, bits: 0x1, purpose: "Interrupt clear (write 1)", write: (r, v) => r.clearInterrupt(v) },
  ...identification(0xfe0, PRIMECELL_ID_NAMES, [0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
];

export interface PL031State {
  /** What RTCDR was at machine time 0, modulo 2^32. */
  base: number;
  match: number;
  load: number;
  mask: number;
  raised: number;
  /** Machine time in nanoseconds of the pending match; -1 when none is awaited. */
  dueAt: number;
}

export interface PL031Options {
  readonly irq: IrqLine;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds since 1970 at power-on. */
  readonly epoch: number;
}

/** PrimeCell real-time clock (PL031), DDI 0224: seconds since 1970, with one alarm. */
export class PL031 implements MmioDevice {
  readonly name = "pl031";
  readonly size = 0x1000;
  state: PL031State;
  #alarm: Alarm | undefined;
  readonly #options: PL031Options;
  readonly #registers: RegisterBlock<PL031>;

  constructor(options: PL031Options) {
    this.#options = options;
    this.#registers = new RegisterBlock(this.name, PL031_REGISTERS, options.log);
    this.state = resetState(options.epoch);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.#registers.read(this, offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#registers.write(this, offset, size, value);
  }

  /** Power-on state; the time of day goes on. */
  reset(): void {
    this.state = resetState(this.#options.epoch);
    this.#await();
    this.#update();
  }

  save(): PL031State {
    return { ...this.state };
  }

  restore(state: PL031State): void {
    this.state = { ...state };
    this.#await();
    this.#update();
  }

  seconds(): number {
    return (this.state.base + Math.floor(this.#options.clock.now() / NANOSECONDS_PER_SECOND)) >>> 0;
  }

  writeMatch(value: number): void {
    this.state.match = value;
    this.#aim();
  }

  writeLoad(value: number): void {
    this.state.load = value;
    this.state.base = (value - Math.floor(this.#options.clock.now() / NANOSECONDS_PER_SECOND)) >>> 0;
    this.#aim();
  }

  writeMask(value: number): void {
    this.state.mask = value;
    this.#update();
  }

  clearInterrupt(value: number): void {
    if (value) this.state.raised = 0;
    this.#update();
  }

  /** Computes when RTCDR next equals RTCMR, the counter wrapping at 2^32. */
  #aim(): void {
    const wait = (this.state.match - this.seconds()) >>> 0;
    if (wait === 0) {
      this.state.dueAt = -1;
      this.#raise();
    } else {
      this.state.dueAt =
        (Math.floor(this.#options.clock.now() / NANOSECONDS_PER_SECOND) + wait) * NANOSECONDS_PER_SECOND;
    }
    this.#await();
  }

  #await(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (this.state.dueAt < 0) return;
    this.#alarm = this.#options.clock.schedule(this.state.dueAt, () => {
      this.#alarm = undefined;
      this.state.dueAt = -1;
      this.#raise();
    });
  }

  #raise(): void {
    this.state.raised = 1;
    this.#update();
  }

  #update(): void {
    this.#options.irq.set((this.state.raised & this.state.mask) !== 0);
  }
}

function resetState(epoch: number): PL031State {
  return { base: Math.floor(epoch) >>> 0, match: 0, load: 0, mask: 0, raised: 0, dueAt: -1 };
}
