import type { Alarm } from "../ports/index.js";

/** Who accesses a GIC register: what the pseudocode of IHI 0069 asks of the PE. */
export interface InterruptControllerContext {
  el: 0 | 1 | 2 | 3;
  scrNs: boolean;
  scrFiq: boolean;
  scrIrq: boolean;
}

/** The GIC CPU interface of one PE. Register names are those of the system register table (ICC_*). */
export interface InterruptControllerPort {
  read(register: string, context: InterruptControllerContext): number;
  write(register: string, value: number | bigint, context: InterruptControllerContext): void;
  /** As `write`, from two 32-bit halves. */
  writeWords(register: string, low: number, high: number, context: InterruptControllerContext): void;
  /** Told of changes of level and security state while EL3 is there and one of IRQ and FIQ is asserted: they decide which. */
  executionStateChanged(): void;
}

/** The virtual CPU interface of one PE. Register names: ICH_*, and ICV_* for what ICC_* means to a guest. */
export interface VirtualInterruptControllerPort {
  /** Registers but the list registers have 32 bits. */
  readWord(register: string): number;
  writeWord(register: string, value: number): void;
  /** ICH_LR<index>_EL2 by its 32-bit halves: 0 the low one, 1 the high one. */
  readListRegisterWord(index: number, half: 0 | 1): number;
  writeListRegisterWords(index: number, low: number, high: number): void;
}

/** The generic timers of one PE. Names are those of the table, after redirection. */
export interface TimerPort {
  read(register: string): bigint;
  /** The value of a register that has 32 bits; undefined for others. */
  readWord(register: string): number | undefined;
  write(register: string, value: bigint): void;
  /** As `write`, by 32-bit halves. */
  writeWords(register: string, low: number, high: number): void;
  /** CNTPCT_EL0 as an exact number. */
  physicalCount(): number;
  /**
   * Calls `event` when an event stream has its next event, and soon in any case: what WFE waits for may have no other
   * way to tell. `kernel` is CNTKCTL_EL1, `hypervisor` CNTHCTL_EL2 or 0.
   */
  scheduleEvent(kernel: number, hypervisor: number, event: () => void): Alarm;
}

/** Counts of the engine. */
export interface InstructionCounter {
  /** Instructions that a PE has retired, exact at the time of a call from generated code. */
  retired(pe: number): number;
}
