/** Functions of the machine that generated code calls. `pe` is a PE's base address. */
export interface MachineCalls {
  /** A data access that missed the TLB; see cpu. Host address, 0 (exception taken) or -1 (execute this alone). */
  access(pe: number, descriptor: number): number;
  /** A system instruction; see cpu. */
  environment(pe: number, operation: number, argument: number): number;
  /**
   * pc isn't in the execute TLB. 0: now it is; `Exit.redirect`: that raised an exception, which is over; `Exit.fetch`: the run loop
   * must do it.
   */
  fetch(pe: number): number;
  /** Decodes the record at `record`, whose instruction is at PE pc; gives its operation number. */
  decode(pe: number, record: number): number;
}
