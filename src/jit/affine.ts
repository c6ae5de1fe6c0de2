import { type Node, reveal, slotZero, type Type } from "../ir/index.js";
import type { Instruction } from "../isa/template.js";

/** An X register (slot 31 is SP) plus a constant, or, where `offset` is undefined, plus something else. */
export interface Affine {
  readonly slot: number;
  readonly offset: bigint | undefined;
}

/** What a 64-bit value of an instruction is, as far as it starts from one register. */
export function affine(i: Instruction, n: Node): Affine | undefined {
  if (n.kind === "x") {
    const slot = Number(i.values[reveal(n.operand!).index]);
    return n.type === "i64" && slot !== slotZero ? { slot, offset: 0n } : undefined;
  }
  if (n.kind === "local") {
    const value = definition(i, n.number);
    return value && affine(i, value);
  }
  if (n.kind !== "operation" || n.y === undefined) return undefined;
  const x = affine(i, n.x!);
  const y = constant(i, n.y);
  switch (n.name) {
    case "i64.add":
      if (x !== undefined) return { slot: x.slot, offset: sum(x.offset, y) };
      return constant(i, n.x!) === 0n ? affine(i, n.y) : undefined;
    case "i64.sub":
      return x && { slot: x.slot, offset: y === undefined ? undefined : sum(x.offset, -y) };
    case "i64.or":
    case "i64.xor":
      if (x !== undefined && y === 0n) return x;
      return constant(i, n.x!) === 0n ? affine(i, n.y) : undefined;
    case "i64.shl":
      return y === 0n ? x : undefined;
    default:
      return undefined;
  }
}

function sum(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? undefined : BigInt.asIntN(64, a + b);
}

function constant(i: Instruction, n: Node): bigint | undefined {
  if (n.kind === "constant") return n.bytes === undefined ? signed(n.value, n.type) : undefined;
  if (n.kind === "immediate") return signed(i.values[reveal(n.operand!).index]!, n.type);
  if (n.kind === "x" && i.values[reveal(n.operand!).index] === slotZero) return 0n;
  if (n.kind === "local") {
    const value = definition(i, n.number);
    return value && constant(i, value);
  }
  return undefined;
}

function signed(value: number | bigint, type: Type): bigint {
  return BigInt.asIntN(type === "i64" ? 64 : 32, BigInt(value));
}

/** What a local of the instruction is, if one statement alone says so. */
function definition(i: Instruction, local: number): Node | undefined {
  let found: Node | undefined;
  for (const s of i.template.body) {
    if (s.kind === "if" || s.kind === "while") return undefined;
    if (s.kind !== "let" || s.local !== local) continue;
    if (found !== undefined) return undefined;
    found = s.value;
  }
  return found;
}
