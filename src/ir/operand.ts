/**
 * Operands: what an instruction's fields say, handed through semantics untouched. While decoding, `prepare` makes
 * operands with values. While a template is recorded, semantics get handles of the same types that have no value to
 * look at: a consumer supplies it (a constant for the JIT, a load from a record for the interpreter).
 */
export type OperandKind = "x" | "v" | "immediate" | "condition" | "relative";

declare const kind: unique symbol;

/** A general-purpose register slot (see slotSp, slotZero, slotSink). */
export interface XOperand {
  readonly [kind]: "x";
}
/** A SIMD and floating-point register. */
export interface VOperand {
  readonly [kind]: "v";
}
/** A constant. */
export interface ImmediateOperand {
  readonly [kind]: "immediate";
}
/** A condition code, 0 to 15. */
export interface ConditionOperand {
  readonly [kind]: "condition";
}
/** A branch target, in bytes from the instruction's address. */
export interface RelativeOperand {
  readonly [kind]: "relative";
}
export type Operand = XOperand | VOperand | ImmediateOperand | ConditionOperand | RelativeOperand;

/** What stands behind the opaque types. `value` is meaningful while decoding, `index` while recording. */
export class OperandImplementation {
  constructor(
    readonly kind: OperandKind,
    readonly value: number | bigint,
    readonly index: number,
  ) {}
}

/** The implementation of an operand: for consumers of templates, not for semantics. */
export function reveal(operand: Operand): OperandImplementation {
  return operand as unknown as OperandImplementation;
}

function make<T extends Operand>(kind: OperandKind, value: number | bigint): T {
  return new OperandImplementation(kind, value, -1) as unknown as T;
}

const xs: readonly XOperand[] = Array.from({ length: 34 }, (_, i) => make<XOperand>("x", i));
const vs: readonly VOperand[] = Array.from({ length: 32 }, (_, i) => make<VOperand>("v", i));

/** Register that is read, where 31 is XZR. */
export function sourceOrZero(register: number): XOperand {
  return xs[register === 31 ? 32 : register]!;
}
/** Register that is written, where 31 is XZR. */
export function destinationOrZero(register: number): XOperand {
  return xs[register === 31 ? 33 : register]!;
}
/** Register that is read, or written, or both, where 31 is SP. */
export function registerOrSp(register: number): XOperand {
  return xs[register]!;
}
/** SIMD and floating-point register, modulo 32. */
export function vector(register: number): VOperand {
  return vs[register & 31]!;
}
/** Constant: a safe integer number, or a bigint of at most 64 bits. */
export function immediate(value: number | bigint): ImmediateOperand {
  return make("immediate", value);
}
export function conditionCode(code: number): ConditionOperand {
  return make("condition", code);
}
/** Branch target `bytes` from the instruction. */
export function relative(bytes: number): RelativeOperand {
  return make("relative", bytes);
}
