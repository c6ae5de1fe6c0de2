import type { Call, Node } from "./node.js";
import type { RelativeOperand, VOperand, XOperand } from "./operand.js";
import type { StoreName } from "./operations.js";
import type { Width } from "./type.js";

/** How NZCV follow from an operation's inputs a, b and result r. */
export type FlagsKind = "add" | "sub" | "logic";

/** What a branch is for: consumers predict by it. */
export type BranchKind = "jump" | "call" | "return";

/** What PeState.btype holds until the machine has looked at the branch: bit 2, and 2 for BLR or 1 for BR. */
export function indirectBranchType(purpose: BranchKind): number {
  return 4 | (purpose === "call" ? 2 : 1);
}

/** Why control leaves for the machine: the names of `EnvironmentOperation` in cpu. */
export type EnvironmentName =
  | "undefined"
  | "svc"
  | "hvc"
  | "smc"
  | "brk"
  | "hlt"
  | "dcps1"
  | "dcps2"
  | "dcps3"
  | "eret"
  | "drps"
  | "mrs"
  | "observe"
  | "msr"
  | "msrImmediate"
  | "sys"
  | "sysl"
  | "wfi"
  | "wfe"
  | "sev"
  | "sevl"
  | "yield"
  | "isb"
  | "esb"
  | "illegalState"
  | "sveTrap"
  | "authenticationFailure"
  | "stackAlignment"
  | "pointerAuthentication"
  | "fpTrap"
  | "branchTarget";

/** Kinds of data access; bits of the access descriptor (cpu's `access`). */
export const AccessFlag = {
  write: 0x100,
  unprivileged: 0x200,
  exclusive: 0x400,
  atomic: 0x800,
  ordered: 0x1000,
  cacheMaintenance: 0x2000,
  pair: 0x4000,
} as const;

/** Bits 23..16 of an access descriptor: an alignment other than the size; 0 for the size. */
export const accessAlignmentShift = 16;

/** Effects, in order. `local` numbers index a template's or routine's `locals`. */
export type Statement =
  | { readonly kind: "let"; readonly local: number; readonly value: Node }
  | { readonly kind: "call"; readonly local: number; readonly call: Call }
  | { readonly kind: "writeX"; readonly operand: XOperand; readonly value: Node }
  | { readonly kind: "writeV"; readonly operand: VOperand; readonly plus: number; readonly value: Node }
  | {
      readonly kind: "flags";
      readonly how: FlagsKind;
      readonly width: Width;
      readonly a: Node;
      readonly b: Node;
      readonly result: Node;
    }
  /** Each flag given as an i32 that is 0 or 1. */
  | { readonly kind: "nzcv"; readonly n: Node; readonly z: Node; readonly c: Node; readonly v: Node }
  | { readonly kind: "writeState"; readonly offset: number; readonly value: Node }
  /** Translates `address` (i64) for `size` bytes; `local` (i32) gets the host address. Faults leave the instruction. */
  | {
      readonly kind: "access";
      readonly local: number;
      readonly size: number;
      readonly flags: number;
      readonly address: Node;
    }
  | {
      readonly kind: "store";
      readonly name: StoreName;
      readonly host: Node;
      readonly offset: number;
      readonly value: Node;
    }
  | {
      readonly kind: "if";
      readonly condition: Node;
      /** The consumer may move the taken arm out of line. */
      readonly unlikely: boolean;
      readonly taken: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  /** Repeats `body` while `condition`, evaluated before each round, is not zero. */
  | { readonly kind: "while"; readonly condition: Node; readonly body: readonly Statement[] }
  /** Faults when SP alignment checking is on and SP is not a multiple of 16. */
  | { readonly kind: "checkStackAlignment" }
  /** Last statement: continue at a fixed distance, if `condition` (always, when absent). */
  | {
      readonly kind: "branch";
      readonly condition: Node | undefined;
      readonly target: RelativeOperand;
      readonly purpose: BranchKind;
    }
  /** Last statement: continue at an address. */
  | { readonly kind: "branchTo"; readonly target: Node; readonly purpose: BranchKind }
  /** Leaves for the machine; `local` (i64), if any, receives what it answers. Ends the instruction when it redirects. */
  | {
      readonly kind: "environment";
      readonly name: EnvironmentName;
      readonly argument: Node;
      readonly value: Node | undefined;
      readonly local: number | undefined;
    }
  /** Routines only. */
  | { readonly kind: "return"; readonly value: Node };
