/** Why generated code came back: what `run`, the interpreter and regions return. */
export const Exit = {
  /** Go on at pc: look for a region first. Only inside generated code. */
  lookup: 0,
  /** Go on at pc in the interpreter, for one instruction at least. Only inside generated code. */
  interpret: 1,
  /** The budget is used up; pc is the next instruction. */
  budget: 2,
  /** pc isn't in the execute TLB: the machine must translate it. */
  fetch: 3,
  /** PE state was redirected (exception taken or returned from). */
  redirect: 4,
  /** The instruction at pc must be executed alone, with the machine doing its memory access (MMIO, code pages...). */
  step: 5,
  /** The machine must look at interrupts, contexts, caches; then go on at pc. */
  attention: 6,
  /** As attention, and the PE waits (WFI) or gives up its turn (WFE, YIELD). */
  wait: 7,
  /** The jump cache doesn't know pc. Only inside generated code. */
  hot: 8,
  /** Control arrived often enough at pc for it to be compiled; or it is compiled, and the jump cache doesn't know. */
  compile: 9,
  /** The interpreter executed a RET while regions wait for calls to return. Only inside generated code. */
  returned: 10,
  /** pc is at a record that a debugger has marked; nothing of the instruction was executed. */
  breakpoint: 11,
} as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];
