import { destinationOrZero, sourceOrZero, vector } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { registerName } from "../text.js";
import { elementName, scalarName, vectorName } from "./text.js";
import { elementBytes, fromScalar, laneOperation, lowElement, splatElement, upTo, vectorOf } from "./vector.js";

/** imm5: the lowest bit that is set gives the element's size, the bits above it the index. 4 is unallocated. */
function sizeOf(f: Fields): number {
  return 31 - Math.clz32((f.imm5! | 16) & -(f.imm5! | 16));
}

function indexOf(f: Fields): number {
  return f.imm5! >> (sizeOf(f) + 1);
}

const allocated = (f: Fields): boolean => (f.imm5! & 15) !== 0;
const vectorAllocated = (f: Fields): boolean => allocated(f) && (sizeOf(f) < 3 || f.Q === 1);

function generalName(size: number, register: number): string {
  return registerName(size === 3 ? 1 : 0, register);
}

export const copy = instructions("Advanced SIMD copy", [
  define("DUP (element), vector", "0 Q 001110000 imm5 0 0000 1 Rn Rd", {
    simd: true,
    statics: ["Q"],
    where: vectorAllocated,
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    derive: (f) => ({ size: sizeOf(f), index: indexOf(f) }),
    execute: (pe, { Q, size, index }, { d, n }) => {
      pe.writeV(d, vectorOf(pe, Q, splatElement(pe, size, pe.readV(n), index)));
    },
    assembly: (f) => `dup\t${vectorName(sizeOf(f), f.Q!, f.Rd!)}, ${elementName(sizeOf(f), f.Rn!, indexOf(f))}`,
  }),
  define("DUP (general)", "0 Q 001110000 imm5 0 0001 1 Rn Rd", {
    simd: true,
    statics: ["Q"],
    where: vectorAllocated,
    operands: (f) => ({ d: vector(f.Rd!), n: sourceOrZero(f.Rn!) }),
    derive: (f) => ({ size: sizeOf(f) }),
    execute: (pe, { Q, size }, { d, n }) => {
      const value = pe.read(size === 3 ? 64 : 32, n);
      pe.writeV(d, vectorOf(pe, Q, pe.op(laneOperation(size, "splat"), value)));
    },
    assembly: (f) => `dup\t${vectorName(sizeOf(f), f.Q!, f.Rd!)}, ${generalName(sizeOf(f), f.Rn!)}`,
  }),
  define("INS (general)", "0 1 001110000 imm5 0 0011 1 Rn Rd", {
    simd: true,
    where: allocated,
    operands: (f) => ({ d: vector(f.Rd!), n: sourceOrZero(f.Rn!) }),
    derive: (f) => ({ size: sizeOf(f), index: indexOf(f) }),
    execute: (pe, { size, index }, { d, n }) => {
      const value = pe.read(size === 3 ? 64 : 32, n);
      pe.writeV(d, pe.lane(laneOperation(size, "replace_lane"), index, pe.readV(d), value));
    },
    assembly: (f) => `mov\t${elementName(sizeOf(f), f.Rd!, indexOf(f))}, ${generalName(sizeOf(f), f.Rn!)}`,
  }),
  define("INS (element)", "0 1 101110000 imm5 0 imm4 1 Rn Rd", {
    simd: true,
    where: allocated,
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    derive: (f) => ({ size: sizeOf(f), to: indexOf(f), from: f.imm4! >> sizeOf(f) }),
    execute: (pe, { size, to, from }, { d, n }) => {
      if (size < 2) {
        const element = pe.lane(laneOperation(size, "extract_lane_u"), from, pe.readV(n));
        return pe.writeV(d, pe.lane(laneOperation(size, "replace_lane"), to, pe.readV(d), element));
      }
      const bytes = upTo(16);
      elementBytes(size, [from]).forEach((b, i) => {
        bytes[(to << size) + i] = 16 + b;
      });
      pe.writeV(d, pe.shuffle(pe.readV(d), pe.readV(n), bytes));
    },
    assembly: (f) => {
      const size = sizeOf(f);
      return `mov\t${elementName(size, f.Rd!, indexOf(f))}, ${elementName(size, f.Rn!, f.imm4! >> size)}`;
    },
  }),
  define("SMOV", "0 Q 001110000 imm5 0 0101 1 Rn Rd", {
    simd: true,
    statics: ["Q"],
    where: (f) => allocated(f) && sizeOf(f) < 2 + f.Q!,
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: vector(f.Rn!) }),
    derive: (f) => ({ size: sizeOf(f), index: indexOf(f) }),
    execute: (pe, { Q, size, index }, { d, n }) => {
      const value = pe.lane(laneOperation(size, size === 2 ? "extract_lane" : "extract_lane_s"), index, pe.readV(n));
      if (Q) pe.write(64, d, pe.signExtend(value));
      else pe.write(32, d, value);
    },
    assembly: (f) => `smov\t${registerName(f.Q!, f.Rd!)}, ${elementName(sizeOf(f), f.Rn!, indexOf(f))}`,
  }),
  define("UMOV", "0 Q 001110000 imm5 0 0111 1 Rn Rd", {
    simd: true,
    where: (f) => allocated(f) && (sizeOf(f) === 3) === (f.Q === 1),
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: vector(f.Rn!) }),
    derive: (f) => ({ size: sizeOf(f), index: indexOf(f) }),
    execute: (pe, { size, index }, { d, n }) => {
      const value = pe.lane(laneOperation(size, size < 2 ? "extract_lane_u" : "extract_lane"), index, pe.readV(n));
      pe.write(size === 3 ? 64 : 32, d, value);
    },
    assembly: (f) => {
      const size = sizeOf(f);
      const mnemonic = size < 2 ? "umov" : "mov";
      return `${mnemonic}\t${registerName(f.Q!, f.Rd!)}, ${elementName(size, f.Rn!, indexOf(f))}`;
    },
  }),
]);

export const scalarCopy = instructions("Advanced SIMD scalar copy", [
  define("DUP (element), scalar", "01011110000 imm5 0 0000 1 Rn Rd", {
    simd: true,
    where: allocated,
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    derive: (f) => ({ size: sizeOf(f), index: indexOf(f) }),
    execute: (pe, { size, index }, { d, n }) => {
      const operation = laneOperation(size, size < 2 ? "extract_lane_u" : "extract_lane");
      if (index === 0) pe.writeV(d, lowElement(pe, size, pe.readV(n)));
      else pe.writeV(d, fromScalar(pe, pe.lane(operation, index, pe.readV(n))));
    },
    assembly: (f) => `mov\t${scalarName(sizeOf(f), f.Rd!)}, ${elementName(sizeOf(f), f.Rn!, indexOf(f))}`,
  }),
]);
