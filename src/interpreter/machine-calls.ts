/** Functions of the machine that generated code calls. `pe` is a PE's base address. */
export interface MachineCalls {
  /** A data access that missed the TLB; see cpu. Host address, 0 (exception taken) or -1 (execute this alone). */
  access(pe: number, descriptor: number): number;
  /** A system instruction; see cpu. */
  environment(pe: number, operation: number, argument: number): number;
  /** Decodes the record at `record`, whose instruction is at PE pc; gives its operation number. */
  decode(pe: number, record: number): number;
}
