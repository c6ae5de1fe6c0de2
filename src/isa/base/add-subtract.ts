import {
  type Builder,
  destinationOrZero,
  immediate,
  type Node,
  registerOrSp,
  type Width,
  type XOperand,
} from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { hex, registerName, spName } from "../text.js";

/** Writes a + b or a - b to `d`; `S` sets the flags from it. */
export function addOrSubtract(
  pe: Builder,
  width: Width,
  subtract: boolean,
  S: number,
  d: XOperand,
  a: Node,
  b: Node,
): void {
  if (S === 0) {
    pe.write(width, d, subtract ? pe.sub(a, b) : pe.add(a, b));
    return;
  }
  const x = pe.let(a);
  const y = pe.let(b);
  const result = pe.let(subtract ? pe.sub(x, y) : pe.add(x, y));
  pe.setFlags(subtract ? "sub" : "add", width, x, y, result);
  pe.write(width, d, result);
}

const mnemonics = ["add", "adds", "sub", "subs"] as const;

export const addSubtractImmediate = instructions("Add/subtract (immediate)", [
  define("ADD/SUB (immediate)", "sf op S 100010 sh imm12 Rn Rd", {
    statics: ["sf", "op", "S"],
    operands: (f) => ({
      d: f.S ? destinationOrZero(f.Rd!) : registerOrSp(f.Rd!),
      n: registerOrSp(f.Rn!),
      imm: immediate(f.imm12! * (f.sh ? 4096 : 1)),
    }),
    execute: (pe, { sf, op, S }, { d, n, imm }) => {
      const width = sf ? 64 : 32;
      addOrSubtract(pe, width, op === 1, S, d, pe.read(width, n), pe.immediate(width, imm));
    },
    assembly: (f) => {
      const n = spName(f.sf!, f.Rn!);
      const amount = `#${hex(f.imm12!)}${f.sh ? ", lsl #12" : ""}`;
      if (f.S && f.Rd === 31) return `${f.op ? "cmp" : "cmn"}\t${n}, ${amount}`;
      if (!f.op && !f.S && f.imm12 === 0 && !f.sh && (f.Rd === 31 || f.Rn === 31))
        return `mov\t${spName(f.sf!, f.Rd!)}, ${n}`;
      const d = f.S ? registerName(f.sf!, f.Rd!) : spName(f.sf!, f.Rd!);
      return `${mnemonics[f.op! * 2 + f.S!]}\t${d}, ${n}, ${amount}`;
    },
  }),
]);
