import type { ConditionOperand, Operand, VOperand, XOperand } from "./operand.js";
import type { LoadName } from "./operations.js";
import type { Routine } from "./routine.js";
import type { Type } from "./type.js";

/** Abstract nodes that are not a plain WebAssembly operation. */
export type NodeKind =
  | "operation" // `name` applied to x, y, z; `number` is the lane
  | "shuffle" // i8x16.shuffle of x, y by `bytes`
  | "constant" // `number` (i32) or `value` (i64: number or bigint), or `bytes` (v128)
  | "immediate" // the value of an immediate operand, as i32 or i64
  | "x" // an X register: all of it (i64) or its low half (i32)
  | "v" // a V register; `number` is added to the register, modulo 32
  | "local" // local number `number`
  | "state" // PE state at offset `number`
  | "load" // memory load `name` at host address x + `number`
  | "select" // z ? x : y
  | "condition" // condition code holds: an operand, or the static `number`
  | "flag" // PSTATE flag `number` (0 N, 1 Z, 2 C, 3 V) as 0 or 1
  | "pc"; // this instruction's address, plus a relative operand, or plus `number`

/** An expression. One class, so that consumers' switches stay monomorphic. */
export class Node {
  constructor(
    readonly kind: NodeKind,
    readonly type: Type,
    readonly name: string,
    readonly x: Node | undefined,
    readonly y: Node | undefined,
    readonly z: Node | undefined,
    readonly number: number,
    readonly value: number | bigint,
    readonly operand: Operand | XOperand | VOperand | ConditionOperand | undefined,
    readonly bytes: Uint8Array | undefined,
  ) {}
}

export function operationNode(name: string, type: Type, x: Node, y?: Node, z?: Node, lane = 0): Node {
  return new Node("operation", type, name, x, y, z, lane, 0, undefined, undefined);
}
export function constantNode(type: Type, value: number | bigint): Node {
  return new Node("constant", type, "", undefined, undefined, undefined, 0, value, undefined, undefined);
}
export function bytesNode(bytes: Uint8Array): Node {
  return new Node("constant", "v128", "", undefined, undefined, undefined, 0, 0, undefined, bytes);
}
export function plainNode(kind: NodeKind, type: Type, number: number, operand?: Operand): Node {
  return new Node(kind, type, "", undefined, undefined, undefined, number, 0, operand, undefined);
}
export function selectNode(condition: Node, x: Node, y: Node): Node {
  return new Node("select", x.type, "", x, y, condition, 0, 0, undefined, undefined);
}
export function shuffleNode(x: Node, y: Node, bytes: Uint8Array): Node {
  return new Node("shuffle", "v128", "", x, y, undefined, 0, 0, undefined, bytes);
}
export function loadNode(name: LoadName, type: Type, host: Node, offset: number): Node {
  return new Node("load", type, name, host, undefined, undefined, offset, 0, undefined, undefined);
}

/** A call of a routine: only as the value of a `let`, since routines may read and change state. */
export interface Call {
  readonly routine: Routine;
  readonly args: readonly Node[];
}
