import type { Node } from "./node.js";
import type { Statement } from "./statement.js";
import type { Type } from "./type.js";

/**
 * A function written once in the same language as instructions (soft floating point, ciphers...): each consumer
 * compiles or interprets it. A routine may read and write PE state, but not registers by operand, nor guest memory.
 */
export interface Routine {
  readonly name: string;
  readonly parameters: readonly Type[];
  readonly result: Type;
  /** Parameters first, then what the body declares. */
  readonly locals: readonly Type[];
  readonly body: readonly Statement[];
  /** Does the same by `f64x2.relaxed_madd`: for hosts where that has one rounding. */
  readonly fused?: Routine | undefined;
}

/** A routine whose body is recorded when first asked for, so that unused ones cost nothing. */
export class LazyRoutine implements Routine {
  private recorded: { locals: readonly Type[]; body: readonly Statement[] } | undefined;

  constructor(
    readonly name: string,
    readonly parameters: readonly Type[],
    readonly result: Type,
    private readonly record: () => { locals: readonly Type[]; body: readonly Statement[] },
    readonly fused?: Routine | undefined,
  ) {}

  get locals(): readonly Type[] {
    return (this.recorded ??= this.record()).locals;
  }
  get body(): readonly Statement[] {
    return (this.recorded ??= this.record()).body;
  }
}

export type { Node };
