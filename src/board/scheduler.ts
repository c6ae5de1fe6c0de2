import type { MachineClock, RunProgress } from "./machine-clock.js";

/** Why a processing element's turn ended: its instructions are used up, or others may go first (WFI, WFE, YIELD). */
export type TurnEnd = "limit" | "yield";

/** The processing elements as the scheduler drives them. */
export interface Processors {
  readonly count: number;
  /** Whether the PE is powered on and has something to do: it doesn't wait, or what it waits for has come. */
  canRun(pe: number): boolean;
  /** Runs the PE for at most `limit` instructions. */
  run(pe: number, limit: number): TurnEnd;
  /** Instructions retired in the turn that is under way or ended last. */
  retired(): number;
  /** The turn under way ends when `limit` instructions of it have retired, or at once when they have. */
  shorten(limit: number): void;
}

/** Why {@link Scheduler.runSlice} came back. */
export type SliceEnd =
  | { readonly kind: "limit" }
  | { readonly kind: "stopped" }
  /** Every PE waits; `until` is the next alarm in nanoseconds since power-on, if there is one. */
  | { readonly kind: "idle"; readonly until: number | undefined };

/** Alarms in a row that a slice passes without an instruction before it looks up: devices alone can go on for ever. */
const alarmsWithoutInstructions = 10_000;

/**
 * Gives the processing elements turns of a fixed number of instructions, one after the other, and keeps time: each
 * instruction of any of them is one nanosecond, so that no two see time run backwards between them. Everything that it
 * decides depends on the machine's state alone.
 */
export class Scheduler {
  readonly #clock: MachineClock;
  readonly #processors: Processors;
  readonly #turn: number;
  #current = 0;
  /** Instructions left of the current PE's turn. */
  #left: number;
  #stopped = false;
  /** Nanoseconds since power-on when the turn under way began. */
  #turnStart = 0;
  /** Turns are short and many: one object serves all. */
  readonly #progress: RunProgress;
  /** Instructions of all PEs since power-on. */
  instructions = 0;
  /** Nanoseconds passed over while every PE waited. */
  idle = 0;

  /** `turn` is in instructions. */
  constructor(clock: MachineClock, processors: Processors, turn: number) {
    this.#clock = clock;
    this.#processors = processors;
    this.#turn = turn;
    this.#left = turn;
    this.#progress = {
      elapsed: () => processors.retired(),
      endBy: (at) => processors.shorten(Math.max(0, Math.ceil(at - this.#turnStart))),
    };
  }

  /** Ends the slice under way after the instruction under way, or else the next one before it begins. */
  stop(): void {
    this.#stopped = true;
    this.#processors.shorten(0);
  }

  /** Forgets whose turn it is: the machine was reset. */
  reset(): void {
    this.#current = 0;
    this.#left = this.#turn;
  }

  /**
   * Runs at most `limit` instructions. When all PEs wait, `jump` decides: true passes the time until the next alarm,
   * false returns for the caller to do so.
   */
  runSlice(limit: number, jump: () => boolean): SliceEnd {
    const clock = this.#clock;
    let left = limit;
    let alarms = 0;
    for (;;) {
      const ahead = clock.passDue();
      if (this.#stopped) {
        this.#stopped = false;
        return { kind: "stopped" };
      }
      if (left <= 0) return { kind: "limit" };
      if (!this.#choose()) {
        const next = clock.nextAlarm();
        if (next === undefined || !jump()) return { kind: "idle", until: next };
        if (++alarms > alarmsWithoutInstructions) return { kind: "limit" };
        this.passIdle(next);
        continue;
      }
      const retired = this.#runTurn(Math.min(left, this.#left, Math.max(1, Math.ceil(ahead))));
      left -= retired;
      if (retired > 0) alarms = 0;
    }
  }

  /** Lets time pass, while every PE waits, to `at` nanoseconds since power-on. */
  passIdle(at: number): void {
    const before = this.#clock.now();
    this.#clock.advanceTo(at);
    this.idle += this.#clock.now() - before;
  }

  #runTurn(limit: number): number {
    const processors = this.#processors;
    this.#turnStart = this.#clock.now();
    this.#clock.progress = this.#progress;
    const end = processors.run(this.#current, limit);
    const retired = processors.retired();
    this.#clock.advance(retired);
    this.instructions += retired;
    this.#left -= retired;
    if (end === "yield") this.#left = 0;
    return retired;
  }

  /** Settles whose turn it is: the current PE while its turn lasts, else the next one that can run. */
  #choose(): boolean {
    const { count } = this.#processors;
    if (this.#left > 0 && this.#processors.canRun(this.#current)) return true;
    for (let step = 1; step <= count; step++) {
      const candidate = (this.#current + step) % count;
      if (!this.#processors.canRun(candidate)) continue;
      this.#current = candidate;
      this.#left = this.#turn;
      return true;
    }
    return false;
  }
}
