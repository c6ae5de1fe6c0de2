import type { Alarm, Clock, IrqLine } from "../ports/index.js";
import { type SavedTimer, Timer } from "./timer.js";

/** Counts per second that CNTFRQ_EL0 reports at reset: 16 ns a tick, as QEMU's `virt`. */
export const counterFrequency = 62_500_000;

/** Nanoseconds after which a WFE ends by itself, as the architecture lets it: Linux's own event stream has this period. */
const longestWait = 100_000;

const mask64 = 0xffff_ffff_ffff_ffffn;

/** PPIs of the timers of a PE (Arm BSA; QEMU's `virt` alike). */
export const timerInterrupts = {
  hypervisorPhysical: 26,
  virtual: 27,
  hypervisorVirtual: 28,
  securePhysical: 29,
  physical: 30,
} as const;

export type TimerName = keyof typeof timerInterrupts;

/**
 * The registers by the timers' own names. The redirection of CNTP_* and CNTV_* by HCR_EL2.E2H, the *_EL02 names, and all
 * traps are the PE's.
 */
export type TimerRegisterName =
  | "CNTFRQ_EL0"
  | "CNTPCT_EL0"
  | "CNTVCT_EL0"
  | "CNTVOFF_EL2"
  | `${"CNTP" | "CNTV"}_${"CTL" | "CVAL" | "TVAL"}_EL0`
  | `${"CNTHP" | "CNTHV"}_${"CTL" | "CVAL" | "TVAL"}_EL2`
  | `CNTPS_${"CTL" | "CVAL" | "TVAL"}_EL1`;

export interface GenericTimerOptions {
  readonly clock: Clock;
  /** Counts per second; must divide 10^9. Default {@link counterFrequency}. */
  readonly frequency?: number;
  /** The interrupt wires, for {@link timerInterrupts}. */
  readonly lines: Readonly<Record<TimerName, IrqLine>>;
}

export interface SavedGenericTimers {
  frequency: number;
  /** CNTVOFF_EL2 in hexadecimal. */
  virtualOffset: string;
  timers: Record<TimerName, SavedTimer>;
}

interface RegisterAccess {
  read(timers: GenericTimers): bigint;
  write?(timers: GenericTimers, value: bigint): void;
  /** As `read`, of a register that has 32 bits. */
  readWord?(timers: GenericTimers): number;
  /** As `write`, by 32-bit halves. */
  writeWords?(timers: GenericTimers, low: number, high: number): void;
}

/** The generic timers of one PE and its view of the system counter (Arm ARM, chapter D12). */
export class GenericTimers {
  readonly #clock: Clock;
  readonly #tick: number;
  readonly #timers: Record<TimerName, Timer>;
  readonly #resetFrequency: number;
  /** CNTFRQ_EL0: what software put there for software; it changes no rate. */
  reportedFrequency: number;

  constructor(options: GenericTimerOptions) {
    const frequency = options.frequency ?? counterFrequency;
    this.#tick = 1e9 / frequency;
    if (!Number.isInteger(this.#tick)) throw new Error(`the counter frequency ${frequency} does not divide 1000000000`);
    this.#clock = options.clock;
    this.#resetFrequency = frequency;
    this.reportedFrequency = frequency;
    const timer = (name: TimerName) => new Timer(options.clock, this.#tick, options.lines[name]);
    this.#timers = {
      physical: timer("physical"),
      virtual: timer("virtual"),
      hypervisorPhysical: timer("hypervisorPhysical"),
      hypervisorVirtual: timer("hypervisorVirtual"),
      securePhysical: timer("securePhysical"),
    };
  }

  timer(name: TimerName): Timer {
    return this.#timers[name];
  }

  /** Reads a register, zero-extended to 64 bits. */
  read(register: TimerRegisterName): bigint {
    return registers[register].read(this);
  }

  /** Writes a register; CNTPCT_EL0 and CNTVCT_EL0 are read-only and ignore it. */
  write(register: TimerRegisterName, value: bigint): void {
    registers[register].write?.(this, value);
  }

  /** The value of a register that has 32 bits; undefined for others. */
  readWord(register: TimerRegisterName): number | undefined {
    return registers[register].readWord?.(this);
  }

  /** As {@link write}, by 32-bit halves. */
  writeWords(register: TimerRegisterName, low: number, high: number): void {
    const { write, writeWords } = registers[register];
    if (writeWords !== undefined) writeWords(this, low, high);
    else write?.(this, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
  }

  /** The physical count, CNTPCT_EL0, as an exact number. */
  physicalCount(): number {
    return Math.floor(this.#clock.now() / this.#tick);
  }

  /** CNTVCT_EL0. */
  virtualCount(): bigint {
    return this.#timers.virtual.count();
  }

  /** CNTVOFF_EL2. The virtual timer counts with it; the hypervisor's virtual timer does not (D12.2.4). */
  get virtualOffset(): bigint {
    return this.#timers.virtual.offset;
  }

  set virtualOffset(value: bigint) {
    this.#timers.virtual.offset = value;
  }

  /**
   * When the event stream next generates an event (D12.2.3): the next time after now that bit EVNTI of the counter
   * changes in the direction of EVNTDIR. `control` is CNTKCTL_EL1 (then `counter` is the virtual one, unless E2H) or CNTHCTL_EL2
   * (the physical one); EVNTIS moves EVNTI up by 8. Nanoseconds, or undefined while EVNTEN is 0 or beyond 104 days.
   */
  nextEventStreamTime(control: number, counter: "physical" | "virtual"): number | undefined {
    if ((control & 4) === 0) return undefined;
    const half = 1 << (((control >> 4) & 15) + (control & (1 << 17) ? 8 : 0));
    const period = half * 2;
    const physical = this.physicalCount();
    // EVNTI is one of the low 24 bits.
    const count = counter === "virtual" ? this.#timers.virtual.lowCount() : physical % 2 ** 32;
    const edge = control & 8 ? 0 : half;
    const ahead = (edge - count) & (period - 1) || period;
    const time = (physical + ahead) * this.#tick;
    return time <= Number.MAX_SAFE_INTEGER ? time : undefined;
  }

  /** See TimerPort: the next event of the streams of CNTKCTL_EL1 and CNTHCTL_EL2, but no later than 100 us. */
  scheduleEvent(kernel: number, hypervisor: number, event: () => void): Alarm {
    const latest = this.#clock.now() + longestWait;
    const first = this.nextEventStreamTime(kernel, "virtual") ?? latest;
    const second = this.nextEventStreamTime(hypervisor, "physical") ?? latest;
    return this.#clock.schedule(Math.min(first, second, latest), event);
  }

  /** Disables all timers; CNTVOFF_EL2 becomes 0. */
  reset(): void {
    this.reportedFrequency = this.#resetFrequency;
    for (const timer of Object.values(this.#timers)) timer.reset();
  }

  save(): SavedGenericTimers {
    const { physical, virtual, hypervisorPhysical, hypervisorVirtual, securePhysical } = this.#timers;
    return {
      frequency: this.reportedFrequency,
      virtualOffset: this.virtualOffset.toString(16),
      timers: {
        physical: physical.save(),
        virtual: virtual.save(),
        hypervisorPhysical: hypervisorPhysical.save(),
        hypervisorVirtual: hypervisorVirtual.save(),
        securePhysical: securePhysical.save(),
      },
    };
  }

  /** Call it when the clock has been restored: alarms are set anew, wires driven. */
  restore(saved: SavedGenericTimers): void {
    this.reportedFrequency = saved.frequency;
    for (const name of Object.keys(this.#timers) as TimerName[])
      this.#timers[name].restore(
        saved.timers[name],
        name === "virtual" ? BigInt("0x" + saved.virtualOffset) & mask64 : 0n,
      );
  }
}

const control = (name: TimerName): RegisterAccess => ({
  read: (timers) => BigInt(timers.timer(name).control),
  write: (timers, value) => {
    timers.timer(name).control = Number(value & 3n);
  },
  readWord: (timers) => timers.timer(name).control,
  writeWords: (timers, low) => {
    timers.timer(name).control = low & 3;
  },
});
const compareValue = (name: TimerName): RegisterAccess => ({
  read: (timers) => timers.timer(name).compareValue,
  write: (timers, value) => {
    timers.timer(name).compareValue = value;
  },
  writeWords: (timers, low, high) => timers.timer(name).setCompareWords(low, high),
});
const timerValue = (name: TimerName): RegisterAccess => ({
  read: (timers) => timers.timer(name).timerValue,
  write: (timers, value) => {
    timers.timer(name).timerValue = value;
  },
  readWord: (timers) => timers.timer(name).plainTimerValue(),
  writeWords: (timers, low) => timers.timer(name).setTimerValue(low | 0),
});

const registers: Readonly<Record<TimerRegisterName, RegisterAccess>> = {
  CNTFRQ_EL0: {
    read: (timers) => BigInt(timers.reportedFrequency),
    write: (timers, value) => {
      timers.reportedFrequency = Number(value & 0xffff_ffffn);
    },
  },
  CNTPCT_EL0: { read: (timers) => BigInt(timers.physicalCount()) },
  CNTVCT_EL0: { read: (timers) => timers.virtualCount() },
  CNTVOFF_EL2: {
    read: (timers) => timers.virtualOffset,
    write: (timers, value) => {
      timers.virtualOffset = value;
    },
  },
  CNTP_CTL_EL0: control("physical"),
  CNTP_CVAL_EL0: compareValue("physical"),
  CNTP_TVAL_EL0: timerValue("physical"),
  CNTV_CTL_EL0: control("virtual"),
  CNTV_CVAL_EL0: compareValue("virtual"),
  CNTV_TVAL_EL0: timerValue("virtual"),
  CNTHP_CTL_EL2: control("hypervisorPhysical"),
  CNTHP_CVAL_EL2: compareValue("hypervisorPhysical"),
  CNTHP_TVAL_EL2: timerValue("hypervisorPhysical"),
  CNTHV_CTL_EL2: control("hypervisorVirtual"),
  CNTHV_CVAL_EL2: compareValue("hypervisorVirtual"),
  CNTHV_TVAL_EL2: timerValue("hypervisorVirtual"),
  CNTPS_CTL_EL1: control("securePhysical"),
  CNTPS_CVAL_EL1: compareValue("securePhysical"),
  CNTPS_TVAL_EL1: timerValue("securePhysical"),
};
