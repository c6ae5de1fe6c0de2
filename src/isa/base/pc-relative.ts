import { destinationOrZero, immediate, relative } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { hex, registerName } from "../text.js";

function displacement(f: Fields): number {
  return ((f.immhi19! << 13) >> 11) | f.immlo2!;
}

/** `address` + `offset`, modulo 2^64. */
export function target(address: bigint, offset: number): bigint {
  return BigInt.asUintN(64, address + BigInt(offset));
}

export const pcRelative = instructions("PC-rel. addressing", [
  define("ADR", "0 immlo2 10000 immhi19 Rd", {
    operands: (f) => ({ d: destinationOrZero(f.Rd!), target: relative(displacement(f)) }),
    execute: (pe, _, { d, target }) => pe.write(64, d, pe.pcRelative(target)),
    assembly: (f, address) => `adr\t${registerName(1, f.Rd!)}, ${hex(target(address, displacement(f)))}`,
  }),
  define("ADRP", "1 immlo2 10000 immhi19 Rd", {
    operands: (f) => ({ d: destinationOrZero(f.Rd!), pages: immediate(displacement(f) * 4096) }),
    execute: (pe, _, { d, pages }) => pe.write(64, d, pe.add(pe.and(pe.pc(), pe.c64(-4096)), pe.immediate64(pages))),
    assembly: (f, address) =>
      `adrp\t${registerName(1, f.Rd!)}, ${hex(target(address & ~0xfffn, displacement(f) * 4096))}`,
  }),
]);
