import { immediate, sourceOrZero } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { registerName } from "../text.js";

export const rotateIntoFlags = instructions("Rotate right into flags", [
  define("RMIF", "10111010000 imm6 00001 Rn 0 mask:4", {
    feature: "FEAT_FlagM",
    statics: ["mask"],
    operands: (f) => ({ n: sourceOrZero(f.Rn!), amount: immediate(f.imm6!) }),
    execute: (pe, { mask }, { n, amount }) => {
      const value = pe.let(pe.low32(pe.rotr(pe.read(64, n), pe.immediate64(amount))));
      const bit = (i: number, flag: "n" | "z" | "c" | "v") =>
        pe.let(mask & (1 << i) ? pe.and(pe.shrU(value, pe.c32(i)), pe.c32(1)) : pe.flag(flag));
      pe.setNzcv(bit(3, "n"), bit(2, "z"), bit(1, "c"), bit(0, "v"));
    },
    assembly: (f) => `rmif\t${registerName(1, f.Rn!)}, #${f.imm6}, #${f.mask}`,
  }),
]);

export const evaluateIntoFlags = instructions("Evaluate into flags", [
  define("SETF8/SETF16", "00111010000 000000 sz 0010 Rn 0 1101", {
    feature: "FEAT_FlagM",
    statics: ["sz"],
    operands: (f) => ({ n: sourceOrZero(f.Rn!) }),
    execute: (pe, { sz }, { n }) => {
      const top = sz ? 15 : 7;
      const value = pe.let(pe.read(32, n));
      const bit = (i: number) => pe.and(pe.shrU(value, pe.c32(i)), pe.c32(1));
      const part = pe.and(value, pe.c32(2 ** (top + 1) - 1));
      pe.setNzcv(bit(top), pe.eqz(part), pe.flag("c"), pe.xor(bit(top + 1), bit(top)));
    },
    assembly: (f) => `${f.sz ? "setf16" : "setf8"}\t${registerName(0, f.Rn!)}`,
  }),
]);
