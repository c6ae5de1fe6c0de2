import {
  type Builder,
  immediate,
  type LoadName,
  type Node,
  registerOrSp,
  relative,
  type StoreName,
  sourceOrZero,
  type VOperand,
  vector,
  type XOperand,
} from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { hex, registerName, spName } from "../text.js";
import { scalarName } from "./text.js";
import { fromScalar } from "./vector.js";

const loadNames: readonly LoadName[] = [
  "i32.load8_u",
  "i32.load16_u",
  "v128.load32_zero",
  "v128.load64_zero",
  "v128.load",
];
const storeNames: readonly StoreName[] = ["i32.store8", "i32.store16", "i32.store", "i64.store", "v128.store"];

/** Loads a register of 1 << `scale` bytes, now; the rest of the vector is zero. */
export function loadRegister(pe: Builder, scale: number, host: Node, offset = 0): Node {
  const value = pe.loadHost(loadNames[scale]!, host, offset);
  return scale < 2 ? pe.let(fromScalar(pe, value)) : value;
}

/** Stores the low 1 << `scale` bytes of register `t` + `plus`. */
export function storeRegister(pe: Builder, scale: number, host: Node, t: VOperand, offset = 0, plus = 0): void {
  const v = pe.readV(t, plus);
  const value =
    scale === 4 ? v : scale === 3 ? pe.lane("i64x2.extract_lane", 0, v) : pe.lane("i32x4.extract_lane", 0, v);
  pe.storeHost(storeNames[scale]!, host, value, offset);
}

/** Loads or stores one register at `address`. */
function transfer(pe: Builder, load: boolean, scale: number, address: Node, t: VOperand, after?: () => void): void {
  const host = pe.access(1 << scale, address, !load);
  if (load) pe.writeV(t, loadRegister(pe, scale, host));
  else storeRegister(pe, scale, host, t);
  after?.();
}

/** The base register, after the stack pointer's check when it is SP. */
export function readBase(pe: Builder, sp: number, n: XOperand): Node {
  if (sp) pe.checkStackAlignment();
  return pe.read(64, n);
}

/** B, H, S, D or Q as 0..4; opc's low bit is L. */
function scaleOf(f: Fields): number {
  return ((f.opc! & 2) << 1) | f.size!;
}

const sizeAllocated = (f: Fields): boolean => scaleOf(f) <= 4;

function derive(f: Fields): { scale: number; load: number; sp: number } {
  return { scale: scaleOf(f), load: f.opc! & 1, sp: +(f.Rn === 31) };
}

function signed9(imm9: number): number {
  return (imm9 << 23) >> 23;
}

function mnemonic(f: Fields, load: string, store: string): string {
  return `${f.opc! & 1 ? load : store}\t${scalarName(scaleOf(f), f.Rt!)}`;
}

export const loadStoreUnsignedImmediate = instructions("Load/store register (unsigned immediate), SIMD&FP", [
  define("LDR/STR (immediate, SIMD&FP), unsigned offset", "size:2 111101 opc:2 imm12 Rn Rt", {
    simd: true,
    where: sizeAllocated,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!), imm: immediate(f.imm12! << scaleOf(f)) }),
    derive,
    execute: (pe, { scale, load, sp }, { t, n, imm }) => {
      transfer(pe, load === 1, scale, pe.add(readBase(pe, sp, n), pe.immediate64(imm)), t);
    },
    assembly: (f) => {
      const offset = f.imm12! << scaleOf(f);
      return `${mnemonic(f, "ldr", "str")}, [${spName(1, f.Rn!)}${offset ? `, #${offset}` : ""}]`;
    },
  }),
]);

export const loadStoreUnscaledImmediate = instructions("Load/store register (unscaled immediate), SIMD&FP", [
  define("LDUR/STUR (SIMD&FP)", "size:2 111100 opc:2 0 imm9 00 Rn Rt", {
    simd: true,
    where: sizeAllocated,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!), imm: immediate(signed9(f.imm9!)) }),
    derive,
    execute: (pe, { scale, load, sp }, { t, n, imm }) => {
      transfer(pe, load === 1, scale, pe.add(readBase(pe, sp, n), pe.immediate64(imm)), t);
    },
    assembly: (f) => {
      const offset = signed9(f.imm9!);
      return `${mnemonic(f, "ldur", "stur")}, [${spName(1, f.Rn!)}${offset ? `, #${offset}` : ""}]`;
    },
  }),
]);

export const loadStoreIndexed = instructions("Load/store register (immediate pre/post-indexed), SIMD&FP", [
  define("LDR/STR (immediate, SIMD&FP), pre/post-index", "size:2 111100 opc:2 0 imm9 pre 1 Rn Rt", {
    simd: true,
    statics: ["pre"],
    where: sizeAllocated,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!), imm: immediate(signed9(f.imm9!)) }),
    derive,
    execute: (pe, { pre, scale, load, sp }, { t, n, imm }) => {
      const base = pe.let(readBase(pe, sp, n));
      const next = pe.let(pe.add(base, pe.immediate64(imm)));
      transfer(pe, load === 1, scale, pre ? next : base, t, () => pe.write(64, n, next));
    },
    assembly: (f) => {
      const offset = `#${signed9(f.imm9!)}`;
      const base = spName(1, f.Rn!);
      return `${mnemonic(f, "ldr", "str")}, ${f.pre ? `[${base}, ${offset}]!` : `[${base}], ${offset}`}`;
    },
  }),
]);

/** Extends an index register as `option` says: UXTW, LSL, SXTW or SXTX. */
function extendIndex(pe: Builder, option: number, m: XOperand): Node {
  if (option & 1) return pe.read(64, m);
  return option === 2 ? pe.zeroExtend(pe.read(32, m)) : pe.signExtend(pe.read(32, m));
}

const extensions: { readonly [option: number]: string } = { 2: "uxtw", 3: "lsl", 6: "sxtw", 7: "sxtx" };

export const loadStoreRegisterOffset = instructions("Load/store register (register offset), SIMD&FP", [
  define("LDR/STR (register, SIMD&FP)", "size:2 111100 opc:2 1 Rm option S 10 Rn Rt", {
    simd: true,
    statics: ["option", "S"],
    where: (f) => sizeAllocated(f) && (f.option! & 2) !== 0,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!), m: sourceOrZero(f.Rm!) }),
    derive,
    execute: (pe, { option, S, scale, load, sp }, { t, n, m }) => {
      const base = readBase(pe, sp, n);
      const index = pe.shl(extendIndex(pe, option, m), pe.c64(S ? scale : 0));
      transfer(pe, load === 1, scale, pe.add(base, index), t);
    },
    assembly: (f) => {
      const index = registerName(f.option! & 1, f.Rm!);
      const amount = scaleOf(f);
      const extension =
        f.option === 3 ? (f.S ? `, lsl #${amount}` : "") : `, ${extensions[f.option!]!}${f.S ? ` #${amount}` : ""}`;
      return `${mnemonic(f, "ldr", "str")}, [${spName(1, f.Rn!)}, ${index}${extension}]`;
    },
  }),
]);

export const loadLiteral = instructions("Load register (literal), SIMD&FP", [
  define("LDR (literal, SIMD&FP)", "opc:2 011100 imm19 Rt", {
    simd: true,
    statics: ["opc"],
    where: (f) => f.opc !== 3,
    operands: (f) => ({ t: vector(f.Rt!), label: relative(((f.imm19! << 13) >> 13) * 4) }),
    execute: (pe, { opc }, { t, label }) => {
      transfer(pe, true, opc + 2, pe.pcRelative(label), t);
    },
    assembly: (f, address) => {
      const target = BigInt.asUintN(64, address + BigInt(((f.imm19! << 13) >> 13) * 4));
      return `ldr\t${scalarName(f.opc! + 2, f.Rt!)}, ${hex(target)}`;
    },
  }),
]);
