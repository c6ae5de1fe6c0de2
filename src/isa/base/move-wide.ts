import { destinationOrZero, immediate, sourceOrZero } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { hex, registerName } from "../text.js";

const allocated = (f: Fields): boolean => f.sf === 1 || f.hw! < 2;

function value(f: Fields): bigint {
  return BigInt(f.imm16!) << BigInt(f.hw! * 16);
}

function shiftedText(f: Fields): string {
  return `#${hex(f.imm16!)}${f.hw ? `, lsl #${f.hw * 16}` : ""}`;
}

export const moveWide = instructions("Move wide (immediate)", [
  define("MOVN", "sf 00 100101 hw:2 imm16 Rd", {
    statics: ["sf"],
    where: allocated,
    operands: (f) => ({ d: destinationOrZero(f.Rd!), imm: immediate(BigInt.asIntN(f.sf ? 64 : 32, ~value(f))) }),
    execute: (pe, { sf }, { d, imm }) => pe.write(sf ? 64 : 32, d, pe.immediate(sf ? 64 : 32, imm)),
    assembly: (f) => {
      const d = registerName(f.sf!, f.Rd!);
      // Not MOV when MOVZ can make the value (a W register's ~0xffff << 16 or the like), nor for a shifted zero.
      if ((f.imm16 === 0 && f.hw !== 0) || (!f.sf && f.imm16 === 0xffff)) return `movn\t${d}, ${shiftedText(f)}`;
      return `mov\t${d}, #${hex(BigInt.asUintN(f.sf ? 64 : 32, ~value(f)))}`;
    },
  }),
  define("MOVZ", "sf 10 100101 hw:2 imm16 Rd", {
    statics: ["sf"],
    where: allocated,
    operands: (f) => ({ d: destinationOrZero(f.Rd!), imm: immediate(BigInt.asIntN(f.sf ? 64 : 32, value(f))) }),
    execute: (pe, { sf }, { d, imm }) => pe.write(sf ? 64 : 32, d, pe.immediate(sf ? 64 : 32, imm)),
    assembly: (f) => {
      const d = registerName(f.sf!, f.Rd!);
      if (f.imm16 === 0 && f.hw !== 0) return `movz\t${d}, ${shiftedText(f)}`;
      return `mov\t${d}, #${hex(value(f))}`;
    },
  }),
  define("MOVK", "sf 11 100101 hw:2 imm16 Rd", {
    statics: ["sf", "hw"],
    where: allocated,
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      old: sourceOrZero(f.Rd!),
      imm: immediate(BigInt.asIntN(f.sf ? 64 : 32, value(f))),
    }),
    execute: (pe, { sf, hw }, { d, old, imm }) => {
      const w = sf ? 64 : 32;
      const kept = ~(0xffffn << BigInt(hw * 16));
      const mask = sf ? pe.c64(BigInt.asIntN(64, kept)) : pe.c32(Number(BigInt.asIntN(32, kept)));
      pe.write(w, d, pe.or(pe.and(pe.read(w, old), mask), pe.immediate(w, imm)));
    },
    assembly: (f) => `movk\t${registerName(f.sf!, f.Rd!)}, ${shiftedText(f)}`,
  }),
]);
