import { destinationOrZero, type Node, sourceOrZero, type Width } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { registerName } from "../text.js";
import { crc32, crc32Castagnoli } from "./crc32.js";
import { multiplyHigh } from "./multiply-high.js";
import { reverseBits, reverseBytes } from "./reverse.js";
import { shifted } from "./shift.js";

const width = (sf: number): Width => (sf ? 64 : 32);

const shiftNames = ["lsl", "lsr", "asr", "ror"] as const;
const crcSuffixes = ["b", "h", "w", "x"] as const;

export const twoSource = instructions("Data-processing (2 source)", [
  define("UDIV", "sf 0 0 11010110 Rm 000010 Rn Rd", {
    statics: ["sf"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!), m: sourceOrZero(f.Rm!) }),
    execute: (pe, { sf }, { d, n, m }) => {
      const w = width(sf);
      const divisor = pe.let(pe.read(w, m));
      const quotient = pe.variable(pe.constant(w, 0));
      pe.if(pe.ne(divisor, pe.constant(w, 0)), () => quotient.set(pe.op(`i${w}.div_u`, pe.read(w, n), divisor)));
      pe.write(w, d, quotient.get());
    },
    assembly: (f) => `udiv\t${[f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(f.sf!, r)).join(", ")}`,
  }),
  define("SDIV", "sf 0 0 11010110 Rm 000011 Rn Rd", {
    statics: ["sf"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!), m: sourceOrZero(f.Rm!) }),
    execute: (pe, { sf }, { d, n, m }) => {
      const w = width(sf);
      const dividend = pe.let(pe.read(w, n));
      const divisor = pe.let(pe.read(w, m));
      // Division by 0 gives 0, by -1 the negation, with the most negative number unchanged; WebAssembly would trap.
      const quotient = pe.variable(pe.and(pe.sub(pe.constant(w, 0), dividend), divisor));
      pe.if(pe.gtU(pe.add(divisor, pe.constant(w, 1)), pe.constant(w, 1)), () =>
        quotient.set(pe.op(`i${w}.div_s`, dividend, divisor)),
      );
      pe.write(w, d, quotient.get());
    },
    assembly: (f) => `sdiv\t${[f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(f.sf!, r)).join(", ")}`,
  }),
  define("LSLV/LSRV/ASRV/RORV", "sf 0 0 11010110 Rm 0010 op2:2 Rn Rd", {
    statics: ["sf", "op2"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!), m: sourceOrZero(f.Rm!) }),
    execute: (pe, { sf, op2 }, { d, n, m }) => {
      const w = width(sf);
      pe.write(w, d, shifted(pe, op2, pe.read(w, n), pe.read(w, m)));
    },
    assembly: (f) => `${shiftNames[f.op2!]}\t${[f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(f.sf!, r)).join(", ")}`,
  }),
  define("CRC32/CRC32C", "sf 0 0 11010110 Rm 010 C sz:2 Rn Rd", {
    feature: "FEAT_CRC32",
    statics: ["sf", "C", "sz"],
    where: (f) => f.sf === +(f.sz === 3),
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!), m: sourceOrZero(f.Rm!) }),
    execute: (pe, { sf, C, sz }, { d, n, m }) => {
      const step = (C ? crc32Castagnoli : crc32)[sz === 3 ? 2 : sz]!;
      let result: Node;
      if (sf) {
        const data = pe.let(pe.read(64, m));
        const half = pe.call(step, pe.read(32, n), pe.low32(data));
        result = pe.call(step, half, pe.low32(pe.shrU(data, pe.c64(32))));
      } else {
        result = pe.call(step, pe.read(32, n), pe.read(32, m));
      }
      pe.write(32, d, result);
    },
    assembly: (f) =>
      `crc32${f.C ? "c" : ""}${crcSuffixes[f.sz!]}\t${registerName(0, f.Rd!)}, ${registerName(0, f.Rn!)}, ${registerName(f.sf!, f.Rm!)}`,
  }),
]);

export const oneSource = instructions("Data-processing (1 source)", [
  define("RBIT", "sf 1 0 11010110 00000 000000 Rn Rd", {
    statics: ["sf"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!) }),
    execute: (pe, { sf }, { d, n }) => pe.write(width(sf), d, reverseBits(pe, pe.read(width(sf), n))),
    assembly: (f) => `rbit\t${registerName(f.sf!, f.Rd!)}, ${registerName(f.sf!, f.Rn!)}`,
  }),
  define("REV16/REV32/REV", "sf 1 0 11010110 00000 0000 opc:2!00 Rn Rd", {
    statics: ["sf", "opc"],
    where: (f) => f.sf === 1 || f.opc !== 3,
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!) }),
    execute: (pe, { sf, opc }, { d, n }) => pe.write(width(sf), d, reverseBytes(pe, pe.read(width(sf), n), 1 << opc)),
    assembly: (f) => {
      const name = f.opc === 1 ? "rev16" : f.opc === 2 && f.sf ? "rev32" : "rev";
      return `${name}\t${registerName(f.sf!, f.Rd!)}, ${registerName(f.sf!, f.Rn!)}`;
    },
  }),
  define("CLZ", "sf 1 0 11010110 00000 000100 Rn Rd", {
    statics: ["sf"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!) }),
    execute: (pe, { sf }, { d, n }) => pe.write(width(sf), d, pe.op(`i${width(sf)}.clz`, pe.read(width(sf), n))),
    assembly: (f) => `clz\t${registerName(f.sf!, f.Rd!)}, ${registerName(f.sf!, f.Rn!)}`,
  }),
  define("CLS", "sf 1 0 11010110 00000 000101 Rn Rd", {
    statics: ["sf"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!) }),
    execute: (pe, { sf }, { d, n }) => {
      const w = width(sf);
      const one = pe.constant(w, 1);
      const value = pe.read(w, n);
      pe.write(w, d, pe.sub(pe.op(`i${w}.clz`, pe.xor(value, pe.shrS(value, one))), one));
    },
    assembly: (f) => `cls\t${registerName(f.sf!, f.Rd!)}, ${registerName(f.sf!, f.Rn!)}`,
  }),
]);

export const threeSource = instructions("Data-processing (3 source)", [
  define("MADD/MSUB", "sf 00 11011000 Rm o0 Ra Rn Rd", {
    statics: ["sf", "o0"],
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      n: sourceOrZero(f.Rn!),
      m: sourceOrZero(f.Rm!),
      a: sourceOrZero(f.Ra!),
    }),
    derive: (f) => ({ alone: +(f.Ra === 31 && f.o0 === 0) }),
    execute: (pe, { sf, o0, alone }, { d, n, m, a }) => {
      const w = width(sf);
      const product = pe.mul(pe.read(w, n), pe.read(w, m));
      const addend = pe.read(w, a);
      pe.write(w, d, alone ? product : o0 ? pe.sub(addend, product) : pe.add(addend, product));
    },
    assembly: (f) => {
      const factors = [f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(f.sf!, r)).join(", ");
      if (f.Ra === 31) return `${f.o0 ? "mneg" : "mul"}\t${factors}`;
      return `${f.o0 ? "msub" : "madd"}\t${factors}, ${registerName(f.sf!, f.Ra!)}`;
    },
  }),
  define("SMADDL/SMSUBL/UMADDL/UMSUBL", "1 00 11011 U 01 Rm o0 Ra Rn Rd", {
    statics: ["U", "o0"],
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      n: sourceOrZero(f.Rn!),
      m: sourceOrZero(f.Rm!),
      a: sourceOrZero(f.Ra!),
    }),
    derive: (f) => ({ alone: +(f.Ra === 31 && f.o0 === 0) }),
    execute: (pe, { U, o0, alone }, { d, n, m, a }) => {
      const wide = (value: Node): Node => (U ? pe.zeroExtend(value) : pe.signExtend(value));
      const product = pe.mul(wide(pe.read(32, n)), wide(pe.read(32, m)));
      const addend = pe.read(64, a);
      pe.write(64, d, alone ? product : o0 ? pe.sub(addend, product) : pe.add(addend, product));
    },
    assembly: (f) => {
      const letter = f.U ? "u" : "s";
      const factors = `${registerName(1, f.Rd!)}, ${registerName(0, f.Rn!)}, ${registerName(0, f.Rm!)}`;
      if (f.Ra === 31) return `${letter}${f.o0 ? "mnegl" : "mull"}\t${factors}`;
      return `${letter}${f.o0 ? "msubl" : "maddl"}\t${factors}, ${registerName(1, f.Ra!)}`;
    },
  }),
  define("SMULH/UMULH", "1 00 11011 U 10 Rm 0 xxxxx Rn Rd", {
    statics: ["U"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!), m: sourceOrZero(f.Rm!) }),
    execute: (pe, { U }, { d, n, m }) => {
      const [a, b] = [pe.let(pe.read(64, n)), pe.let(pe.read(64, m))];
      pe.write(64, d, multiplyHigh(pe, a, b, U === 0));
    },
    assembly: (f) => `${f.U ? "u" : "s"}mulh\t${[f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(1, r)).join(", ")}`,
  }),
]);
