import type { DebugPoints, WatchKind } from "../cpu/debug-points.js";
import type { PhysicalMemory } from "../cpu/physical-memory.js";
import type { ProcessingElement } from "../cpu/processing-element.js";
import type { Engine } from "./engine.js";
import type { MachineEnd } from "./machine-options.js";
import type { TurnEnd } from "./scheduler.js";

/** An exception that is taken, as {@link DebugPort.exceptionStops} judges it. */
export interface TakenException {
  readonly pe: number;
  readonly from: number;
  readonly to: number;
  /** ESR_ELx.EC; undefined for interrupts and SError. */
  readonly exceptionClass: number | undefined;
  /** As ESR_ELx will hold it; meaningless for IRQ and FIQ. */
  readonly esr: number;
  /** Offset from VBAR_ELx. */
  readonly vector: number;
  /** The preferred return address. */
  readonly pc: bigint;
}

/** Why a machine under a debugger stopped, and which PE it happened to. */
export type DebugStop =
  | { readonly kind: "pause"; readonly pe: number }
  | { readonly kind: "breakpoint"; readonly pe: number }
  | { readonly kind: "watchpoint"; readonly pe: number; readonly access: WatchKind; readonly address: bigint }
  | { readonly kind: "step"; readonly pe: number }
  /** pc is at the vector. */
  | { readonly kind: "exception"; readonly pe: number; readonly exception: TakenException }
  /** The machine would have ended: nothing more can happen, or a PE takes exceptions without end. */
  | { readonly kind: "end"; readonly pe: number; readonly end: MachineEnd };

/** What a PE does when the machine goes on: runs, executes one instruction, or stands still. */
export type Resumption = "continue" | "step" | "hold";

/** What a debug port may do with its machine. */
export interface DebugPortOwner {
  /** Ends the slice under way after the instruction under way. */
  stop(): void;
  /** Ends a sleep of the machine's. */
  wake(): void;
}

/**
 * The machine as debuggers stop it and let it go on. While it is stopped `Machine.run` waits, and no time passes: a run that
 * was stopped and looked at is the same run.
 */
export class DebugPort {
  readonly #engine: Engine;
  readonly #owner: DebugPortOwner;
  readonly #resumptions: Resumption[];
  #attached = false;
  #stopped = false;
  #stop: DebugStop | undefined;
  #watchesExceptions = false;
  #released: () => void = () => {};
  /** Told once for each stop, after the slice that it ended. */
  onStop: ((stop: DebugStop) => void) | undefined;
  /** Whether to stop at the vector of an exception. Asked only while it is set. */
  exceptionStops: ((exception: TakenException) => boolean) | undefined;
  /** Interrupts wait while a PE is stepped. */
  stepWithoutInterrupts = false;

  constructor(engine: Engine, owner: DebugPortOwner) {
    this.#engine = engine;
    this.#owner = owner;
    this.#resumptions = engine.processors.map(() => "continue");
  }

  get processors(): readonly ProcessingElement[] {
    return this.#engine.processors;
  }

  /** The physical address space. */
  get physical(): PhysicalMemory {
    return this.#engine.physical;
  }

  /** Breakpoints and watchpoints. */
  get points(): DebugPoints {
    return this.#engine.debugPoints;
  }

  get attached(): boolean {
    return this.#attached;
  }

  /** Whether the machine stands still until {@link resume}. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** A debugger is there: a machine that nothing can wake any more waits for it instead of ending. */
  attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    this.#exceptionsAreWatched(true);
    this.points.listener = {
      breakpoint: (pe) => {
        if (this.#resumptions[pe.index] === "step") return false;
        this.#stopWith({ kind: "breakpoint", pe: pe.index });
        return true;
      },
      watchpoint: (pe, { kind, address }) =>
        this.#stopWith({ kind: "watchpoint", pe: pe.index, access: kind, address }),
    };
    if (this.#watchesExceptions) return;
    this.#watchesExceptions = true;
    for (const pe of this.#engine.processors) this.#watchExceptions(pe);
  }

  /** Nobody debugs any more: all points go, and the machine goes on. */
  detach(): void {
    this.#attached = false;
    this.#exceptionsAreWatched(false);
    this.onStop = undefined;
    this.exceptionStops = undefined;
    this.points.clear();
    this.points.listener = undefined;
    this.resume(() => "continue");
  }

  /** Stops the machine soon. Before the first instruction, it doesn't begin. */
  pause(): void {
    if (this.#stopped) return;
    this.#stopWith({ kind: "pause", pe: this.#firstRunning() });
    this.#owner.wake();
  }

  /** Lets a stopped machine go on. */
  resume(how: (pe: number) => Resumption): void {
    for (const pe of this.#resumptions.keys()) this.#resumptions[pe] = how(pe);
    if (this.#resumptions.includes("continue")) this.points.apply();
    this.#stop = undefined;
    this.#stopped = false;
    this.#released();
  }

  /** Whether the debugger lets a PE run. */
  mayRun(pe: number): boolean {
    return this.#resumptions[pe] !== "hold";
  }

  /** As the engine's `run`; a PE that is stepped gets one instruction. */
  run(pe: number, limit: number): TurnEnd {
    if (this.#resumptions[pe] !== "step") return this.#engine.run(pe, limit);
    const processor = this.#engine.processors[pe]!;
    if (this.stepWithoutInterrupts) processor.hideInterrupts();
    const end = this.#engine.run(pe, 1);
    if (this.stepWithoutInterrupts) processor.updateInterrupts();
    if (this.#engine.retired() > 0) this.#stopWith({ kind: "step", pe });
    return end;
  }

  /** The machine would end, and a debugger may want to look at it first: whether it stops instead. */
  endInstead(end: MachineEnd, pe: number): boolean {
    if (!this.#attached) return false;
    this.#stopWith({ kind: "end", pe, end });
    return true;
  }

  /** After a slice: reports the stop that ended it, and says whether one did. */
  settle(): boolean {
    if (this.#stop === undefined) return false;
    this.#stopped = true;
    this.onStop?.(this.#stop);
    return true;
  }

  /** Resolves when the machine is to go on, or {@link interrupt} is called. */
  async untilResumed(): Promise<void> {
    if (!this.#stopped) return;
    await new Promise<void>((resolve) => {
      this.#released = resolve;
    });
    this.#released = () => {};
  }

  /** The machine's owner wants it to end, stopped or not. */
  interrupt(): void {
    this.#released();
  }

  #stopWith(stop: DebugStop): void {
    // Of two reasons in one slice the first counts; the other comes up again.
    if (this.#stop !== undefined) return;
    this.#stop = stop;
    this.#owner.stop();
  }

  /** The PE that a pause is reported for. */
  #firstRunning(): number {
    return Math.max(
      0,
      this.#engine.processors.findIndex((pe) => !pe.poweredOff && !pe.waiting),
    );
  }

  #exceptionsAreWatched(watched: boolean): void {
    for (const pe of this.#engine.processors) pe.watchesExceptions = watched;
  }

  #watchExceptions(pe: ProcessingElement): void {
    const others = pe.onException;
    pe.onException = (taker, to, esr, vector) => {
      others?.(taker, to, esr, vector);
      const interrupt = ((vector >> 7) & 3) !== 0;
      // A step that an interrupt comes before ends at its vector.
      if (interrupt && this.#resumptions[pe.index] === "step") this.#stopWith({ kind: "step", pe: pe.index });
      if (this.exceptionStops === undefined) return;
      const exception: TakenException = {
        pe: pe.index,
        from: pe.el,
        to,
        exceptionClass: interrupt ? undefined : esr >>> 26,
        esr: esr >>> 0,
        vector,
        pc: pe.pc,
      };
      if (this.exceptionStops(exception)) this.#stopWith({ kind: "exception", pe: pe.index, exception });
    };
  }
}
