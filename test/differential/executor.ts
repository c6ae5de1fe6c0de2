import type { Case, Result } from "./machine-state.js";

/** Something that can run cases: QEMU, the reference evaluator, the interpreter, the JIT. */
export interface Executor {
  readonly name: string;
  /** Results in the order of the cases, which stay as they are. */
  run(cases: readonly Case[]): readonly Result[];
}
