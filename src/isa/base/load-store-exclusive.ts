import {
  type Builder,
  destinationOrZero,
  type Node,
  registerOrSp,
  sourceOrZero,
  type Variable,
} from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { registerName, spName } from "../text.js";
import { baseAddress, baseIsSp, loadUnsigned, sizeSuffixes, storeLow, transferName } from "./memory-types.js";

/** Records what a load-exclusive of `size` bytes at `address` read. */
function mark(pe: Builder, address: Node, size: number, low: Node, high: Node): void {
  pe.writeState("exclusiveAddress", address);
  pe.writeState("exclusiveSize", pe.c32(size));
  pe.writeState("exclusiveLow", low);
  pe.writeState("exclusiveHigh", high);
}

/**
 * The store half: `attempt` runs when the monitor marks these `size` bytes, and sets its variable, the status, to 0 if
 * memory still holds what was read. Comparing values is how the monitor sees other PEs' and devices' writes, none of
 * which would have to look at it.
 */
function ifMarked(pe: Builder, address: Node, size: number, attempt: (status: Variable) => void): Node {
  const status = pe.variable(pe.c32(1));
  const marked = pe.and(
    pe.eq(pe.readState("exclusiveAddress"), address),
    pe.eq(pe.readState("exclusiveSize"), pe.c32(size)),
  );
  pe.if(marked, () => attempt(status));
  return status.get();
}

/** Opens the exclusive monitor. */
export function openMonitor(pe: Builder): void {
  pe.writeState("exclusiveAddress", pe.c64(-1));
}

export const loadStoreExclusive = instructions("Load/store exclusive", [
  define("STXR/STLXR", "size:2 001000 0 0 0 Rs o0 xxxxx Rn Rt", {
    statics: ["size", "o0"],
    operands: (f) => ({ s: destinationOrZero(f.Rs!), t: sourceOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, o0, sp }, { s, t, n }) => {
      const address = baseAddress(pe, sp, n);
      const status = ifMarked(pe, address, 1 << size, (result) => {
        const host = pe.access(1 << size, address, true, { exclusive: true, ordered: o0 === 1 });
        const unchanged = pe.eq(pe.loadHost(loadUnsigned[size]!, host), pe.readState("exclusiveLow"));
        pe.if(unchanged, () => {
          pe.storeHost(storeLow[size]!, host, pe.read(64, t));
          result.set(pe.c32(0));
        });
      });
      openMonitor(pe);
      pe.write(32, s, status);
    },
    assembly: (f) =>
      `${f.o0 ? "stlxr" : "stxr"}${sizeSuffixes[f.size!]}\t${registerName(0, f.Rs!)}, ${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("LDXR/LDAXR", "size:2 001000 0 1 0 xxxxx o0 xxxxx Rn Rt", {
    statics: ["size", "o0"],
    operands: (f) => ({ t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, o0, sp }, { t, n }) => {
      const address = baseAddress(pe, sp, n);
      const value = pe.load(loadUnsigned[size]!, address, { exclusive: true, ordered: o0 === 1 });
      mark(pe, address, 1 << size, value, pe.c64(0));
      pe.write(64, t, value);
    },
    assembly: (f) =>
      `${f.o0 ? "ldaxr" : "ldxr"}${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("STXP/STLXP", "1 sz 001000 0 0 1 Rs o0 Rt2 Rn Rt", {
    statics: ["sz", "o0"],
    operands: (f) => ({
      s: destinationOrZero(f.Rs!),
      t: sourceOrZero(f.Rt!),
      t2: sourceOrZero(f.Rt2!),
      n: registerOrSp(f.Rn!),
    }),
    derive: baseIsSp,
    execute: (pe, { sz, o0, sp }, { s, t, t2, n }) => {
      const address = baseAddress(pe, sp, n);
      const status = ifMarked(pe, address, 8 << sz, (result) => {
        const host = pe.access(8 << sz, address, true, { exclusive: true, pair: true, ordered: o0 === 1 });
        const low = pe.eq(pe.loadHost("i64.load", host), pe.readState("exclusiveLow"));
        const high = sz ? pe.eq(pe.loadHost("i64.load", host, 8), pe.readState("exclusiveHigh")) : undefined;
        pe.if(high ? pe.and(low, high) : low, () => {
          pe.storeHost(storeLow[2 + sz]!, host, pe.read(64, t));
          pe.storeHost(storeLow[2 + sz]!, host, pe.read(64, t2), 4 << sz);
          result.set(pe.c32(0));
        });
      });
      openMonitor(pe);
      pe.write(32, s, status);
    },
    assembly: (f) =>
      `${f.o0 ? "stlxp" : "stxp"}\t${registerName(0, f.Rs!)}, ${registerName(f.sz!, f.Rt!)}, ${registerName(f.sz!, f.Rt2!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("LDXP/LDAXP", "1 sz 001000 0 1 1 xxxxx o0 Rt2 Rn Rt", {
    statics: ["sz", "o0"],
    operands: (f) => ({ t: destinationOrZero(f.Rt!), t2: destinationOrZero(f.Rt2!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { sz, o0, sp }, { t, t2, n }) => {
      const address = baseAddress(pe, sp, n);
      const host = pe.access(8 << sz, address, false, { exclusive: true, pair: true, ordered: o0 === 1 });
      const low = pe.loadHost("i64.load", host);
      if (sz) {
        const high = pe.loadHost("i64.load", host, 8);
        mark(pe, address, 16, low, high);
        pe.write(64, t, low);
        pe.write(64, t2, high);
      } else {
        mark(pe, address, 8, low, pe.c64(0));
        pe.write(32, t, pe.low32(low));
        pe.write(64, t2, pe.shrU(low, pe.c64(32)));
      }
    },
    assembly: (f) =>
      `${f.o0 ? "ldaxp" : "ldxp"}\t${registerName(f.sz!, f.Rt!)}, ${registerName(f.sz!, f.Rt2!)}, [${spName(1, f.Rn!)}]`,
  }),
]);

const ordered = { ordered: true } as const;

export const loadStoreOrdered = instructions("Load/store ordered", [
  define("STLR", "size:2 001000 1 0 0 xxxxx 1 xxxxx Rn Rt", {
    statics: ["size"],
    operands: (f) => ({ t: sourceOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { t, n }) => pe.store(storeLow[size]!, baseAddress(pe, sp, n), pe.read(64, t), ordered),
    assembly: (f) => `stlr${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("LDAR", "size:2 001000 1 1 0 xxxxx 1 xxxxx Rn Rt", {
    statics: ["size"],
    operands: (f) => ({ t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { t, n }) =>
      pe.write(64, t, pe.load(loadUnsigned[size]!, baseAddress(pe, sp, n), ordered)),
    assembly: (f) => `ldar${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("STLLR", "size:2 001000 1 0 0 xxxxx 0 xxxxx Rn Rt", {
    feature: "FEAT_LOR",
    statics: ["size"],
    operands: (f) => ({ t: sourceOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { t, n }) => pe.store(storeLow[size]!, baseAddress(pe, sp, n), pe.read(64, t), ordered),
    assembly: (f) => `stllr${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
  define("LDLAR", "size:2 001000 1 1 0 xxxxx 0 xxxxx Rn Rt", {
    feature: "FEAT_LOR",
    statics: ["size"],
    operands: (f) => ({ t: destinationOrZero(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: baseIsSp,
    execute: (pe, { size, sp }, { t, n }) =>
      pe.write(64, t, pe.load(loadUnsigned[size]!, baseAddress(pe, sp, n), ordered)),
    assembly: (f) => `ldlar${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, [${spName(1, f.Rn!)}]`,
  }),
]);
