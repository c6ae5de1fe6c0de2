import {
  type Builder,
  destinationOrZero,
  immediate,
  type Node,
  registerOrSp,
  sourceOrZero,
  type Width,
  type XOperand,
} from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { hex, registerName, spName } from "../text.js";
import { decodeBitMask, isMoveWide } from "./bit-mask.js";
import { shifted, shiftNames, shiftText } from "./shift.js";

const width = (sf: number): Width => (sf ? 64 : 32);

/** AND, ORR, EOR, ANDS for opc 0 to 3. */
function combine(pe: Builder, w: Width, opc: number, d: XOperand, a: Node, b: Node): void {
  if (opc < 3) {
    pe.write(w, d, opc === 0 ? pe.and(a, b) : opc === 1 ? pe.or(a, b) : pe.xor(a, b));
    return;
  }
  const x = pe.let(a);
  const y = pe.let(b);
  const result = pe.let(pe.and(x, y));
  pe.setFlags("logic", w, x, y, result);
  pe.write(w, d, result);
}

function mask(f: Fields): bigint | undefined {
  return decodeBitMask(f.N!, f.imms!, f.immr!, width(f.sf!));
}

const plainNames = ["and", "orr", "eor", "ands"] as const;
const invertedNames = ["bic", "orn", "eon", "bics"] as const;

export const logicalImmediate = instructions("Logical (immediate)", [
  define("AND/ORR/EOR/ANDS (immediate)", "sf opc:2 100100 N immr imms Rn Rd", {
    statics: ["sf", "opc"],
    where: (f) => mask(f) !== undefined,
    operands: (f) => ({
      d: f.opc === 3 ? destinationOrZero(f.Rd!) : registerOrSp(f.Rd!),
      n: sourceOrZero(f.Rn!),
      imm: immediate(BigInt.asIntN(width(f.sf!), mask(f)!)),
    }),
    derive: (f) => ({ move: +(f.opc === 1 && f.Rn === 31) }),
    execute: (pe, { sf, opc, move }, { d, n, imm }) => {
      const w = width(sf);
      if (move) pe.write(w, d, pe.immediate(w, imm));
      else combine(pe, w, opc, d, pe.read(w, n), pe.immediate(w, imm));
    },
    assembly: (f) => {
      const m = mask(f)!;
      const imm = `#${hex(m)}`;
      const n = registerName(f.sf!, f.Rn!);
      if (f.opc === 3 && f.Rd === 31) return `tst\t${n}, ${imm}`;
      const d = f.opc === 3 ? registerName(f.sf!, f.Rd!) : spName(f.sf!, f.Rd!);
      if (f.opc === 1 && f.Rn === 31 && (f.Rd === 31 || !isMoveWide(m, width(f.sf!)))) return `mov\t${d}, ${imm}`;
      return `${plainNames[f.opc!]}\t${d}, ${n}, ${imm}`;
    },
  }),
]);

export const logicalShifted = instructions("Logical (shifted register)", [
  define("AND/BIC/ORR/ORN/EOR/EON/ANDS/BICS (shifted register)", "sf opc:2 01010 shift:2 N Rm imm6 Rn Rd", {
    statics: ["sf", "opc", "shift", "N"],
    where: (f) => f.sf === 1 || f.imm6! < 32,
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      n: sourceOrZero(f.Rn!),
      m: sourceOrZero(f.Rm!),
      amount: immediate(f.imm6!),
    }),
    derive: (f) => ({ moved: +(f.imm6 !== 0), move: +(f.opc === 1 && f.Rn === 31) }),
    execute: (pe, { sf, opc, shift, N, moved, move }, { d, n, m, amount }) => {
      const w = width(sf);
      const value = pe.read(w, m);
      const b = moved ? shifted(pe, shift, value, pe.immediate(w, amount)) : value;
      const operand = N ? pe.not(b) : b;
      if (move) pe.write(w, d, operand);
      else combine(pe, w, opc, d, pe.read(w, n), operand);
    },
    assembly: (f) => {
      const [d, n] = [registerName(f.sf!, f.Rd!), registerName(f.sf!, f.Rn!)];
      const m = registerName(f.sf!, f.Rm!) + shiftText(shiftNames[f.shift!]!, f.imm6!, f.shift !== 0);
      if (f.opc === 1 && f.Rn === 31) {
        if (f.N) return `mvn\t${d}, ${m}`;
        if (f.imm6 === 0 && f.shift === 0) return `mov\t${d}, ${m}`;
      }
      if (f.opc === 3 && !f.N && f.Rd === 31) return `tst\t${n}, ${m}`;
      return `${(f.N ? invertedNames : plainNames)[f.opc!]}\t${d}, ${n}, ${m}`;
    },
  }),
]);
