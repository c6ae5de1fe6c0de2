import type { ProcessingElement } from "./processing-element.js";

/** An exception as a monitor sees it. ELR_ELx, SPSR_ELx and PSTATE aren't written: the monitor resumes by returning. */
export interface MonitoredException {
  /** The level that it was taken to. */
  readonly targetEl: number;
  /** Exception class and the rest of the syndrome, as ESR_ELx would have it; -1 for interrupts. */
  readonly esr: number;
  /** Offset from VBAR_ELx: the vector that guest code would have run. */
  readonly vector: number;
}

/**
 * An exception level, or a call conduit, that is served by TypeScript instead of guest code. When it is called, pc is
 * the preferred return address; it may read and write any state through the processing element, and execution goes on
 * at pc when it returns.
 */
export interface Monitor {
  /**
   * It changes nothing of the calling PE but general registers, waiting and power, so that what follows from the PE's registers (levels,
   * translation contexts) needn't be worked out again. False unless given.
   */
  readonly keepsControls?: boolean;
  exceptionTaken(pe: ProcessingElement, exception: MonitoredException): void;
}

/** Where HVC or SMC goes while no exception level is there to take it. */
export interface Conduit {
  readonly instruction: "hvc" | "smc";
  readonly monitor: Monitor;
}

/** HLT #0xf000 (Arm semihosting): called with pc at the instruction; returns true when it was served. */
export type SemihostingHook = (pe: ProcessingElement) => boolean;
