import { destinationOrZero, immediate, type Node, registerOrSp, relative, sourceOrZero } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { hex, registerName, spName } from "../text.js";
import { baseAddress, baseIsSp, loadUnsigned, offsetText, signed, storeLow } from "./memory-types.js";
import { target } from "./pc-relative.js";
import { prefetchName } from "./prefetch.js";

interface Mode {
  readonly name: string;
  readonly letters: string;
  /** The word's bits 25..23. */
  readonly bits: string;
  readonly kind: "offset" | "pre" | "post";
}

const noAllocate: Mode = { name: "", letters: "np", bits: "000", kind: "offset" };
const modes: readonly Mode[] = [
  { name: " (post-index)", letters: "p", bits: "001", kind: "post" },
  { name: " (signed offset)", letters: "p", bits: "010", kind: "offset" },
  { name: " (pre-index)", letters: "p", bits: "011", kind: "pre" },
];

function text(mode: Mode, name: string, sf: number, f: Fields, scale: number): string {
  const offset = signed(f.imm7!, 7) << scale;
  const base = spName(1, f.Rn!);
  const address =
    mode.kind === "post"
      ? `[${base}], #${offset}`
      : mode.kind === "pre"
        ? `[${base}, #${offset}]!`
        : offsetText(f, offset);
  return `${name}${mode.letters}${scale === 2 && sf ? "sw" : ""}\t${registerName(sf, f.Rt!)}, ${registerName(sf, f.Rt2!)}, ${address}`;
}

function forMode(mode: Mode): readonly Definition[] {
  const letters = mode.letters.toUpperCase();
  const tail = "imm7 Rt2 Rn Rt";
  const addressOperands = (f: Fields, scale: number) => ({
    n: registerOrSp(f.Rn!),
    offset: immediate(signed(f.imm7!, 7) << scale),
  });
  const definitions: Definition[] = [
    define(`ST${letters}${mode.name}`, `sf 0 101 0 ${mode.bits} 0 ${tail}`, {
      statics: ["sf"],
      operands: (f) => ({ ...addressOperands(f, 2 + f.sf!), t: sourceOrZero(f.Rt!), t2: sourceOrZero(f.Rt2!) }),
      derive: baseIsSp,
      execute: (pe, { sf, sp }, { n, offset, t, t2 }) => {
        const base = baseAddress(pe, sp, n);
        const moved = pe.let(pe.add(base, pe.immediate64(offset)));
        const host = pe.access(8 << sf, mode.kind === "post" ? base : moved, true, { pair: true });
        pe.storeHost(storeLow[2 + sf]!, host, pe.read(64, t));
        pe.storeHost(storeLow[2 + sf]!, host, pe.read(64, t2), 4 << sf);
        if (mode.kind !== "offset") pe.write(64, n, moved);
      },
      assembly: (f) => text(mode, "st", f.sf!, f, 2 + f.sf!),
    }),
    define(`LD${letters}${mode.name}`, `sf 0 101 0 ${mode.bits} 1 ${tail}`, {
      statics: ["sf"],
      operands: (f) => ({
        ...addressOperands(f, 2 + f.sf!),
        t: destinationOrZero(f.Rt!),
        t2: destinationOrZero(f.Rt2!),
      }),
      derive: baseIsSp,
      execute: (pe, { sf, sp }, { n, offset, t, t2 }) => {
        const base = baseAddress(pe, sp, n);
        const moved = pe.let(pe.add(base, pe.immediate64(offset)));
        const host = pe.access(8 << sf, mode.kind === "post" ? base : moved, false, { pair: true });
        const first = pe.loadHost(loadUnsigned[2 + sf]!, host);
        const second = pe.loadHost(loadUnsigned[2 + sf]!, host, 4 << sf);
        pe.write(64, t2, second);
        pe.write(64, t, first);
        if (mode.kind !== "offset") pe.write(64, n, moved);
      },
      assembly: (f) => text(mode, "ld", f.sf!, f, 2 + f.sf!),
    }),
  ];
  if (mode === noAllocate) return definitions;
  definitions.push(
    define(`LDPSW${mode.name}`, `01 101 0 ${mode.bits} 1 ${tail}`, {
      operands: (f) => ({ ...addressOperands(f, 2), t: destinationOrZero(f.Rt!), t2: destinationOrZero(f.Rt2!) }),
      derive: baseIsSp,
      execute: (pe, { sp }, { n, offset, t, t2 }) => {
        const base = baseAddress(pe, sp, n);
        const moved = pe.let(pe.add(base, pe.immediate64(offset)));
        const host = pe.access(8, mode.kind === "post" ? base : moved, false, { pair: true });
        const first = pe.loadHost("i64.load32_s", host);
        const second = pe.loadHost("i64.load32_s", host, 4);
        pe.write(64, t2, second);
        pe.write(64, t, first);
        if (mode.kind !== "offset") pe.write(64, n, moved);
      },
      assembly: (f) => text(mode, "ld", 1, f, 2),
    }),
  );
  return definitions;
}

export const loadStoreNoAllocatePair = instructions("Load/store no-allocate pair (offset)", forMode(noAllocate));
export const loadStorePair = instructions("Load/store register pair", modes.flatMap(forMode));

const literalOffset = (f: Fields): number => signed(f.imm19!, 19) * 4;
const literalText = (f: Fields, address: bigint): string => hex(target(address, literalOffset(f)));

export const loadLiteral = instructions("Load register (literal)", [
  define("LDR (literal)", "0 sf 011 0 00 imm19 Rt", {
    statics: ["sf"],
    operands: (f) => ({ t: destinationOrZero(f.Rt!), at: relative(literalOffset(f)) }),
    execute: (pe, { sf }, { t, at }) => {
      const value: Node = pe.load(loadUnsigned[2 + sf]!, pe.pcRelative(at));
      pe.write(64, t, value);
    },
    assembly: (f, address) => `ldr\t${registerName(f.sf!, f.Rt!)}, ${literalText(f, address)}`,
  }),
  define("LDRSW (literal)", "10 011 0 00 imm19 Rt", {
    operands: (f) => ({ t: destinationOrZero(f.Rt!), at: relative(literalOffset(f)) }),
    execute: (pe, _, { t, at }) => pe.write(64, t, pe.load("i64.load32_s", pe.pcRelative(at))),
    assembly: (f, address) => `ldrsw\t${registerName(1, f.Rt!)}, ${literalText(f, address)}`,
  }),
  define("PRFM (literal)", "11 011 0 00 imm19 Rt", {
    operands: () => ({}),
    execute: () => {},
    assembly: (f, address) => `prfm\t${prefetchName(f.Rt!)}, ${literalText(f, address)}`,
  }),
]);
