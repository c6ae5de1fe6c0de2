import { openMonitor } from "../base/load-store-exclusive.js";
import { define, instructions } from "../definition.js";
import { hex } from "../text.js";

const domains: { readonly [CRm: number]: string } = {
  1: "oshld",
  2: "oshst",
  3: "osh",
  5: "nshld",
  6: "nshst",
  7: "nsh",
  9: "ishld",
  10: "ishst",
  11: "ish",
  13: "ld",
  14: "st",
  15: "sy",
};

function barrierText(name: string, CRm: number): string {
  return `${name}\t${domains[CRm] ?? `#0x${CRm.toString(16).padStart(2, "0")}`}`;
}

const option = (name: string, CRm: number): string => (CRm === 15 ? name : `${name}\t#${hex(CRm)}`);

/** Memory barriers order nothing that isn't in order already: one PE runs at a time, and each in program order. */
export const barriers = instructions("Barriers", [
  define("CLREX", "11010101000000110011 CRm 010 11111", {
    operands: () => ({}),
    execute: openMonitor,
    assembly: (f) => option("clrex", f.CRm!),
  }),
  define("DSB", "11010101000000110011 CRm 100 11111", {
    operands: () => ({}),
    execute: () => {},
    assembly: (f) => (f.CRm === 0 ? "ssbb" : f.CRm === 4 ? "pssbb" : barrierText("dsb", f.CRm!)),
  }),
  define("DSB (nXS)", "11010101000000110011 domain:2 10 001 11111", {
    feature: "FEAT_XS",
    operands: () => ({}),
    execute: () => {},
    assembly: (f) => `dsb\t${["osh", "nsh", "ish", "sy"][f.domain!]}nxs`,
  }),
  define("DMB", "11010101000000110011 CRm 101 11111", {
    operands: () => ({}),
    execute: () => {},
    assembly: (f) => barrierText("dmb", f.CRm!),
  }),
  define("ISB", "11010101000000110011 CRm 110 11111", {
    operands: () => ({}),
    execute: (pe) => pe.environment("isb", pe.c32(0)),
    assembly: (f) => option("isb", f.CRm!),
  }),
  define("SB", "11010101000000110011 0000 111 11111", {
    feature: "FEAT_SB",
    operands: () => ({}),
    execute: () => {},
    assembly: () => "sb",
  }),
]);
