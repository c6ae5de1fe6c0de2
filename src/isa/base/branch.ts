import { conditionCode, destinationOrZero, immediate, relative, sourceOrZero } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { conditionNames, hex, registerName } from "../text.js";
import { target } from "./pc-relative.js";

/** A branch offset of `bits` bits in words, as bytes. */
function offset(field: number, bits: number): number {
  return (field << (32 - bits)) >> (30 - bits);
}

export const conditionalBranch = instructions("Conditional branch (immediate)", [
  define("B.cond", "01010100 imm19 0 cond", {
    operands: (f) => ({ cond: conditionCode(f.cond!), target: relative(offset(f.imm19!, 19)) }),
    execute: (pe, _, { cond, target }) => pe.branchIf(pe.condition(cond), target),
    assembly: (f, address) => `b.${conditionNames[f.cond!]}\t${hex(target(address, offset(f.imm19!, 19)))}`,
  }),
]);

export const unconditionalBranch = instructions("Unconditional branch", [
  define("B", "000101 imm26", {
    operands: (f) => ({ target: relative(offset(f.imm26!, 26)) }),
    execute: (pe, _, { target }) => pe.branch(target),
    assembly: (f, address) => `b\t${hex(target(address, offset(f.imm26!, 26)))}`,
  }),
  define("BL", "100101 imm26", {
    operands: (f) => ({ link: destinationOrZero(30), target: relative(offset(f.imm26!, 26)) }),
    execute: (pe, _, { link, target }) => {
      pe.write(64, link, pe.pc(4));
      pe.branch(target, "call");
    },
    assembly: (f, address) => `bl\t${hex(target(address, offset(f.imm26!, 26)))}`,
  }),
  define("BR", "1101011000011111000000 Rn 00000", {
    operands: (f) => ({ n: sourceOrZero(f.Rn!) }),
    execute: (pe, _, { n }) => pe.branchTo(pe.read(64, n), "jump"),
    assembly: (f) => `br\t${registerName(1, f.Rn!)}`,
  }),
  define("BLR", "1101011000111111000000 Rn 00000", {
    operands: (f) => ({ n: sourceOrZero(f.Rn!), link: destinationOrZero(30) }),
    execute: (pe, _, { n, link }) => {
      const to = pe.let(pe.read(64, n));
      pe.write(64, link, pe.pc(4));
      pe.branchTo(to, "call");
    },
    assembly: (f) => `blr\t${registerName(1, f.Rn!)}`,
  }),
  define("RET", "1101011001011111000000 Rn 00000", {
    operands: (f) => ({ n: sourceOrZero(f.Rn!) }),
    execute: (pe, _, { n }) => pe.branchTo(pe.read(64, n), "return"),
    assembly: (f) => (f.Rn === 30 ? "ret" : `ret\t${registerName(1, f.Rn!)}`),
  }),
]);

export const compareAndBranch = instructions("Compare and branch (immediate)", [
  define("CBZ/CBNZ", "sf 011010 op imm19 Rt", {
    statics: ["sf", "op"],
    operands: (f) => ({ t: sourceOrZero(f.Rt!), target: relative(offset(f.imm19!, 19)) }),
    execute: (pe, { sf, op }, { t, target }) => {
      const value = pe.read(sf ? 64 : 32, t);
      pe.branchIf(op ? pe.ne(value, pe.constant(sf ? 64 : 32, 0)) : pe.eqz(value), target);
    },
    assembly: (f, address) =>
      `${f.op ? "cbnz" : "cbz"}\t${registerName(f.sf!, f.Rt!)}, ${hex(target(address, offset(f.imm19!, 19)))}`,
  }),
]);

export const testAndBranch = instructions("Test and branch (immediate)", [
  define("TBZ/TBNZ", "b5 011011 op b40:5 imm14 Rt", {
    statics: ["b5", "op"],
    operands: (f) => ({
      t: sourceOrZero(f.Rt!),
      mask: immediate((1 << f.b40!) | 0),
      target: relative(offset(f.imm14!, 14)),
    }),
    derive: (f) => ({ sign: +(f.b40 === 31) }),
    execute: (pe, { b5, op, sign }, { t, mask, target }) => {
      if (sign) {
        const value = pe.read(b5 ? 64 : 32, t);
        const zero = pe.constant(b5 ? 64 : 32, 0);
        pe.branchIf(op ? pe.ltS(value, zero) : pe.op(`${value.type}.ge_s`, value, zero), target);
        return;
      }
      const value = b5 ? pe.low32(pe.shrU(pe.read(64, t), pe.c64(32))) : pe.read(32, t);
      const bit = pe.and(value, pe.immediate32(mask));
      pe.branchIf(op ? bit : pe.eqz(bit), target);
    },
    assembly: (f, address) => {
      const bit = f.b5! * 32 + f.b40!;
      const to = hex(target(address, offset(f.imm14!, 14)));
      return `${f.op ? "tbnz" : "tbz"}\t${registerName(f.b5!, f.Rt!)}, #${bit}, ${to}`;
    },
  }),
]);
