import { destinationOrZero, immediate, registerOrSp, sourceOrZero, type Width } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { registerName, spName } from "../text.js";
import { addOrSubtract } from "./add-subtract.js";
import { extended, extendNames, shifted, shiftNames, shiftText } from "./shift.js";

const width = (sf: number): Width => (sf ? 64 : 32);
const mnemonics = ["add", "adds", "sub", "subs"] as const;

export const addSubtractShifted = instructions("Add/subtract (shifted register)", [
  define("ADD/SUB (shifted register)", "sf op S 01011 shift:2 0 Rm imm6 Rn Rd", {
    statics: ["sf", "op", "S", "shift"],
    where: (f) => f.shift !== 3 && (f.sf === 1 || f.imm6! < 32),
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      n: sourceOrZero(f.Rn!),
      m: sourceOrZero(f.Rm!),
      amount: immediate(f.imm6!),
    }),
    derive: (f) => ({ moved: +(f.imm6 !== 0) }),
    execute: (pe, { sf, op, S, shift, moved }, { d, n, m, amount }) => {
      const w = width(sf);
      const value = pe.read(w, m);
      const b = moved ? shifted(pe, shift, value, pe.immediate(w, amount)) : value;
      addOrSubtract(pe, w, op === 1, S, d, pe.read(w, n), b);
    },
    assembly: (f) => {
      const [d, n] = [registerName(f.sf!, f.Rd!), registerName(f.sf!, f.Rn!)];
      const m = registerName(f.sf!, f.Rm!) + shiftText(shiftNames[f.shift!]!, f.imm6!, f.shift !== 0);
      if (f.S && f.Rd === 31) return `${f.op ? "cmp" : "cmn"}\t${n}, ${m}`;
      if (f.op && f.Rn === 31) return `${f.S ? "negs" : "neg"}\t${d}, ${m}`;
      return `${mnemonics[f.op! * 2 + f.S!]}\t${d}, ${n}, ${m}`;
    },
  }),
]);

export const addSubtractExtended = instructions("Add/subtract (extended register)", [
  define("ADD/SUB (extended register)", "sf op S 01011001 Rm option imm3 Rn Rd", {
    statics: ["sf", "op", "S", "option", "imm3"],
    where: (f) => f.imm3! <= 4,
    operands: (f) => ({
      d: f.S ? destinationOrZero(f.Rd!) : registerOrSp(f.Rd!),
      n: registerOrSp(f.Rn!),
      m: sourceOrZero(f.Rm!),
    }),
    execute: (pe, { sf, op, S, option, imm3 }, { d, n, m }) => {
      const w = width(sf);
      const b = pe.shl(extended(pe, option, pe.read(w, m)), pe.constant(w, imm3));
      addOrSubtract(pe, w, op === 1, S, d, pe.read(w, n), b);
    },
    assembly: (f) => {
      const n = spName(f.sf!, f.Rn!);
      // With SP involved, the full-width UXT is written LSL, and a zero shift not at all.
      const usesSp = f.Rn === 31 || (!f.S && f.Rd === 31);
      const plain = usesSp && f.option === (f.sf ? 3 : 2);
      const name = plain ? "lsl" : extendNames[f.option!]!;
      const amount = f.imm3 ? `, ${name} #${f.imm3}` : plain ? "" : `, ${name}`;
      const m = registerName(f.sf && (f.option! & 3) === 3 ? 1 : 0, f.Rm!) + amount;
      if (f.S && f.Rd === 31) return `${f.op ? "cmp" : "cmn"}\t${n}, ${m}`;
      const d = f.S ? registerName(f.sf!, f.Rd!) : spName(f.sf!, f.Rd!);
      return `${mnemonics[f.op! * 2 + f.S!]}\t${d}, ${n}, ${m}`;
    },
  }),
]);

export const addSubtractWithCarry = instructions("Add/subtract (with carry)", [
  define("ADC/SBC", "sf op S 11010000 Rm 000000 Rn Rd", {
    statics: ["sf", "op", "S"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!), m: sourceOrZero(f.Rm!) }),
    execute: (pe, { sf, op, S }, { d, n, m }) => {
      const w = width(sf);
      const a = pe.let(pe.read(w, n));
      const b = pe.let(op ? pe.not(pe.read(w, m)) : pe.read(w, m));
      const carry = pe.flag("c");
      const result = pe.let(pe.add(pe.add(a, b), sf ? pe.zeroExtend(carry) : carry));
      if (S) {
        const zero = pe.constant(w, 0);
        const carryOut = pe.or(pe.and(a, b), pe.and(pe.or(a, b), pe.not(result)));
        const overflow = pe.and(pe.xor(a, result), pe.xor(b, result));
        pe.setNzcv(pe.ltS(result, zero), pe.eqz(result), pe.ltS(carryOut, zero), pe.ltS(overflow, zero));
      }
      pe.write(w, d, result);
    },
    assembly: (f) => {
      const [d, n, m] = [f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(f.sf!, r));
      const suffix = f.S ? "s" : "";
      if (f.op && f.Rn === 31) return `ngc${suffix}\t${d}, ${m}`;
      return `${f.op ? "sbc" : "adc"}${suffix}\t${d}, ${n}, ${m}`;
    },
  }),
]);
