import { type Builder, destinationOrZero, immediate, type Node, registerOrSp, sourceOrZero } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { registerName, spName } from "../text.js";
import {
  baseAddress,
  baseIsSp,
  loadSigned32,
  loadSigned64,
  loadUnsigned,
  offsetText,
  signed,
  sizeSuffixes,
  storeLow,
  transferName,
} from "./memory-types.js";

const atomic = { atomic: true, ordered: true } as const;

/** The low bytes of a register, as a load of that size gives them. */
function truncated(pe: Builder, size: number, value: Node): Node {
  return size === 3 ? value : pe.and(value, pe.c64(2 ** (8 << size) - 1));
}

const acquireRelease = (a: number | undefined, r: number | undefined): string => (a ? "a" : "") + (r ? "l" : "");

const operations = ["add", "clr", "eor", "set", "smax", "smin", "umax", "umin"] as const;

/** What memory becomes; both values are zero-extended. */
function operate(pe: Builder, operation: (typeof operations)[number], size: number, old: Node, operand: Node): Node {
  const extended = (value: Node): Node => (size === 3 ? value : pe.op(`i64.extend${8 << size}_s`, value));
  switch (operation) {
    case "add":
      return pe.add(old, operand);
    case "clr":
      return pe.and(old, pe.not(operand));
    case "eor":
      return pe.xor(old, operand);
    case "set":
      return pe.or(old, operand);
    case "smax":
      return pe.select(pe.gtS(extended(old), extended(operand)), old, operand);
    case "smin":
      return pe.select(pe.ltS(extended(old), extended(operand)), old, operand);
    case "umax":
      return pe.select(pe.gtU(old, operand), old, operand);
    case "umin":
      return pe.select(pe.ltU(old, operand), old, operand);
  }
}

export const compareAndSwap = instructions("Compare and swap", [
  define("CAS", "size:2 001000 1 L 1 Rs o0 11111 Rn Rt", {
    feature: "FEAT_LSE",
    statics: ["size"],
    operands: (f) => ({
      s: sourceOrZero(f.Rs!),
      d: destinationOrZero(f.Rs!),
      t: sourceOrZero(f.Rt!),
      n: registerOrSp(f.Rn!),
    }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { s, d, t, n }) => {
      const host = pe.access(1 << size, baseAddress(pe, sp, n), true, atomic);
      const old = pe.loadHost(loadUnsigned[size]!, host);
      pe.if(pe.eq(old, truncated(pe, size, pe.read(64, s))), () => pe.storeHost(storeLow[size]!, host, pe.read(64, t)));
      pe.write(64, d, old);
    },
    assembly: (f) =>
      `cas${acquireRelease(f.L, f.o0)}${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rs!)}, ${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("CASP", "0 sz 001000 0 L 1 Rs o0 11111 Rn Rt", {
    feature: "FEAT_LSE",
    statics: ["sz"],
    where: (f) => ((f.Rs! | f.Rt!) & 1) === 0,
    operands: (f) => ({
      s: sourceOrZero(f.Rs!),
      s2: sourceOrZero(f.Rs! + 1),
      d: destinationOrZero(f.Rs!),
      d2: destinationOrZero(f.Rs! + 1),
      t: sourceOrZero(f.Rt!),
      t2: sourceOrZero(f.Rt! + 1),
      n: registerOrSp(f.Rn!),
    }),
    derive: baseIsSp,
    execute: (pe, { sz, sp }, { s, s2, d, d2, t, t2, n }) => {
      const size = 2 + sz;
      const host = pe.access(8 << sz, baseAddress(pe, sp, n), true, { ...atomic, pair: true });
      const low = pe.loadHost(loadUnsigned[size]!, host);
      const high = pe.loadHost(loadUnsigned[size]!, host, 4 << sz);
      const same = pe.and(
        pe.eq(low, truncated(pe, size, pe.read(64, s))),
        pe.eq(high, truncated(pe, size, pe.read(64, s2))),
      );
      pe.if(same, () => {
        pe.storeHost(storeLow[size]!, host, pe.read(64, t));
        pe.storeHost(storeLow[size]!, host, pe.read(64, t2), 4 << sz);
      });
      pe.write(64, d, low);
      pe.write(64, d2, high);
    },
    assembly: (f) => {
      const registers = [f.Rs!, f.Rs! + 1, f.Rt!, f.Rt! + 1].map((r) => registerName(f.sz!, r)).join(", ");
      return `casp${acquireRelease(f.L, f.o0)}\t${registers}, [${spName(1, f.Rn!)}]`;
    },
  }),
]);

export const atomicMemoryOperations = instructions("Atomic memory operations", [
  define("LDADD/LDCLR/LDEOR/LDSET/LDSMAX/LDSMIN/LDUMAX/LDUMIN", "size:2 111000 A R 1 Rs 0 opc:3 00 Rn Rt", {
    feature: "FEAT_LSE",
    statics: ["size", "opc"],
    operands: (f) => ({ s: sourceOrZero(f.Rs!), t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, opc, sp }, { s, t, n }) => {
      const host = pe.access(1 << size, baseAddress(pe, sp, n), true, atomic);
      const old = pe.loadHost(loadUnsigned[size]!, host);
      const operand = pe.let(truncated(pe, size, pe.read(64, s)));
      pe.storeHost(storeLow[size]!, host, operate(pe, operations[opc]!, size, old, operand));
      pe.write(64, t, old);
    },
    assembly: (f) => {
      const name = operations[f.opc!];
      const s = transferName(f.size!, f.Rs!);
      const base = `[${spName(1, f.Rn!)}]`;
      const suffix = acquireRelease(f.A, f.R) + sizeSuffixes[f.size!];
      if (f.Rt === 31 && !f.A) return `st${name}${suffix}\t${s}, ${base}`;
      return `ld${name}${suffix}\t${s}, ${transferName(f.size!, f.Rt!)}, ${base}`;
    },
  }),
  define("SWP", "size:2 111000 A R 1 Rs 1 000 00 Rn Rt", {
    feature: "FEAT_LSE",
    statics: ["size"],
    operands: (f) => ({ s: sourceOrZero(f.Rs!), t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { s, t, n }) => {
      const host = pe.access(1 << size, baseAddress(pe, sp, n), true, atomic);
      const old = pe.loadHost(loadUnsigned[size]!, host);
      pe.storeHost(storeLow[size]!, host, pe.read(64, s));
      pe.write(64, t, old);
    },
    assembly: (f) =>
      `swp${acquireRelease(f.A, f.R)}${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rs!)}, ${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("LDAPR", "size:2 111000 1 0 1 11111 1 100 00 Rn Rt", {
    feature: "FEAT_LRCPC",
    statics: ["size"],
    operands: (f) => ({ t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { t, n }) =>
      pe.write(64, t, pe.load(loadUnsigned[size]!, baseAddress(pe, sp, n), { ordered: true })),
    assembly: (f) => `ldapr${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
]);

const unscaledOffset = (f: Fields) => immediate(signed(f.imm9!, 9));
const unscaledText = (f: Fields): string => offsetText(f, signed(f.imm9!, 9));

export const orderedUnscaled = instructions("LDAPR/STLR (unscaled immediate)", [
  define("STLUR", "size:2 011001 00 0 imm9 00 Rn Rt", {
    feature: "FEAT_LRCPC2",
    statics: ["size"],
    operands: (f) => ({ t: sourceOrZero(f.Rt!), n: registerOrSp(f.Rn!), offset: unscaledOffset(f) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { t, n, offset }) => {
      const address = pe.add(baseAddress(pe, sp, n), pe.immediate64(offset));
      pe.store(storeLow[size]!, address, pe.read(64, t), { ordered: true });
    },
    assembly: (f) => `stlur${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, ${unscaledText(f)}`,
  }),
  define("LDAPUR", "size:2 011001 01 0 imm9 00 Rn Rt", {
    feature: "FEAT_LRCPC2",
    statics: ["size"],
    operands: (f) => ({ t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!), offset: unscaledOffset(f) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { t, n, offset }) => {
      const address = pe.add(baseAddress(pe, sp, n), pe.immediate64(offset));
      pe.write(64, t, pe.load(loadUnsigned[size]!, address, { ordered: true }));
    },
    assembly: (f) => `ldapur${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, ${unscaledText(f)}`,
  }),
  define("LDAPURS", "size:2!11 011001 1 W 0 imm9 00 Rn Rt", {
    feature: "FEAT_LRCPC2",
    statics: ["size", "W"],
    where: (f) => !(f.W && f.size === 2),
    operands: (f) => ({ t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!), offset: unscaledOffset(f) }),
    derive: baseIsSp,
    execute: (pe, { size, W, sp }, { t, n, offset }) => {
      const address = pe.add(baseAddress(pe, sp, n), pe.immediate64(offset));
      if (W) pe.write(32, t, pe.load(loadSigned32[size]!, address, { ordered: true }));
      else pe.write(64, t, pe.load(loadSigned64[size]!, address, { ordered: true }));
    },
    assembly: (f) => `ldapurs${["b", "h", "w"][f.size!]}\t${registerName(+!f.W, f.Rt!)}, ${unscaledText(f)}`,
  }),
]);
