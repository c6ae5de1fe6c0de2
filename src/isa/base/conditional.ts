import type { ConditionOperand, ImmediateOperand, Width } from "../../ir/index.js";
import { type Builder, conditionCode, destinationOrZero, immediate, type Node, sourceOrZero } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { conditionNames, hex, registerName } from "../text.js";

const width = (sf: number): Width => (sf ? 64 : 32);

function compareIf(
  pe: Builder,
  w: Width,
  op: number,
  condition: ConditionOperand,
  nzcv: ImmediateOperand,
  n: Node,
  m: Node,
): void {
  const a = pe.let(n);
  const b = pe.let(m);
  const flags = pe.immediate32(nzcv);
  const bit = (i: number): Node => pe.and(pe.shrU(flags, pe.c32(i)), pe.c32(1));
  pe.if(
    pe.condition(condition),
    () => pe.setFlags(op ? "sub" : "add", w, a, b, pe.let(op ? pe.sub(a, b) : pe.add(a, b))),
    () => pe.setNzcv(bit(3), bit(2), bit(1), bit(0)),
  );
}

export const conditionalCompare = instructions("Conditional compare", [
  define("CCMN/CCMP (register)", "sf op 111010010 Rm cond 00 Rn 0 nzcv", {
    statics: ["sf", "op"],
    operands: (f) => ({
      n: sourceOrZero(f.Rn!),
      m: sourceOrZero(f.Rm!),
      cond: conditionCode(f.cond!),
      nzcv: immediate(f.nzcv!),
    }),
    execute: (pe, { sf, op }, { n, m, cond, nzcv }) => {
      const w = width(sf);
      compareIf(pe, w, op, cond, nzcv, pe.read(w, n), pe.read(w, m));
    },
    assembly: (f) =>
      `${f.op ? "ccmp" : "ccmn"}\t${registerName(f.sf!, f.Rn!)}, ${registerName(f.sf!, f.Rm!)}, #${hex(f.nzcv!)}, ${conditionNames[f.cond!]}`,
  }),
  define("CCMN/CCMP (immediate)", "sf op 111010010 imm5 cond 10 Rn 0 nzcv", {
    statics: ["sf", "op"],
    operands: (f) => ({
      n: sourceOrZero(f.Rn!),
      imm: immediate(f.imm5!),
      cond: conditionCode(f.cond!),
      nzcv: immediate(f.nzcv!),
    }),
    execute: (pe, { sf, op }, { n, imm, cond, nzcv }) => {
      const w = width(sf);
      compareIf(pe, w, op, cond, nzcv, pe.read(w, n), pe.immediate(w, imm));
    },
    assembly: (f) =>
      `${f.op ? "ccmp" : "ccmn"}\t${registerName(f.sf!, f.Rn!)}, #${hex(f.imm5!)}, #${hex(f.nzcv!)}, ${conditionNames[f.cond!]}`,
  }),
]);

export const conditionalSelect = instructions("Conditional select", [
  define("CSEL/CSINC/CSINV/CSNEG", "sf op 011010100 Rm cond 0 o2 Rn Rd", {
    statics: ["sf", "op", "o2"],
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      n: sourceOrZero(f.Rn!),
      m: sourceOrZero(f.Rm!),
      cond: conditionCode(f.cond!),
    }),
    execute: (pe, { sf, op, o2 }, { d, n, m, cond }) => {
      const w = width(sf);
      const value = pe.read(w, m);
      const inverted = op ? pe.not(value) : value;
      const negated = pe.sub(pe.constant(w, 0), value);
      const otherwise = !o2 ? inverted : op ? negated : pe.add(value, pe.constant(w, 1));
      pe.write(w, d, pe.select(pe.condition(cond), pe.read(w, n), otherwise));
    },
    assembly: (f) => {
      const [d, n, m] = [f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(f.sf!, r));
      const inverse = conditionNames[f.cond! ^ 1];
      if (f.Rn === f.Rm && f.cond! < 14) {
        if (f.Rn === 31 && f.op !== f.o2) return `${f.op ? "csetm" : "cset"}\t${d}, ${inverse}`;
        if (f.op || f.o2) return `${f.op ? (f.o2 ? "cneg" : "cinv") : "cinc"}\t${d}, ${n}, ${inverse}`;
      }
      const name = ["csel", "csinc", "csinv", "csneg"][f.op! * 2 + f.o2!];
      return `${name}\t${d}, ${n}, ${m}, ${conditionNames[f.cond!]}`;
    },
  }),
]);
