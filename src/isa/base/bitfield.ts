import { destinationOrZero, immediate, sourceOrZero, type Width } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { registerName } from "../text.js";

const width = (sf: number): Width => (sf ? 64 : 32);

const allocated = (f: Fields): boolean => f.N === f.sf && (f.sf === 1 || (f.immr! < 32 && f.imms! < 32));

/**
 * Every bitfield move is a shift left by `left`, which drops the bits above the field, and one right by `right`, which
 * puts it in place: towards bit 0 when imms >= immr (UBFX), else to bit width - immr (UBFIZ).
 */
function shifts(f: Fields): { left: number; right: number } {
  const left = width(f.sf!) - 1 - f.imms!;
  return { left, right: f.imms! >= f.immr! ? left + f.immr! : f.immr! - f.imms! - 1 };
}

/** Which of the two shifts happen, and whether the field is a byte (1), halfword (2) or word (3) at bit 0 both ways. */
function form(f: Fields): { left: number; right: number; extend: number } {
  const { left, right } = shifts(f);
  const sizes: { [imms: number]: number } = { 7: 1, 15: 2, 31: 3 };
  return { left: +(left !== 0), right: +(right !== 0), extend: (f.immr === 0 && left !== 0 && sizes[f.imms!]) || 0 };
}

function operands(f: Fields) {
  const { left, right } = shifts(f);
  return {
    d: destinationOrZero(f.Rd!),
    n: sourceOrZero(f.Rn!),
    left: immediate(left),
    right: immediate(right),
  };
}

function text(f: Fields, name: string, ...numbers: number[]): string {
  const list = numbers.map((n) => `, #${n}`).join("");
  return `${name}\t${registerName(f.sf!, f.Rd!)}, ${registerName(f.sf!, f.Rn!)}${list}`;
}

/** UBFIZ and UBFX with their signed forms and BFI, BFXIL: lsb and width in place of immr and imms. */
function fieldText(f: Fields, insert: string, extractName: string): string {
  if (f.imms! < f.immr!) return text(f, insert, width(f.sf!) - f.immr!, f.imms! + 1);
  return text(f, extractName, f.immr!, f.imms! - f.immr! + 1);
}

const extendSuffixes: { [imms: number]: string } = { 7: "b", 15: "h", 31: "w" };

export const bitfield = instructions("Bitfield", [
  define("SBFM", "sf 00 100110 N immr imms Rn Rd", {
    statics: ["sf"],
    where: allocated,
    operands,
    derive: form,
    execute: (pe, { sf, left, right, extend }, o) => {
      const w = width(sf);
      const n = pe.read(w, o.n);
      if (extend) return pe.write(w, o.d, pe.op(`i${w}.extend${4 << extend}_s`, n));
      const a = left ? pe.shl(n, pe.immediate(w, o.left)) : n;
      pe.write(w, o.d, right ? pe.shrS(a, pe.immediate(w, o.right)) : a);
    },
    assembly: (f) => {
      if (f.imms === width(f.sf!) - 1) return text(f, "asr", f.immr!);
      const suffix = extendSuffixes[f.imms!];
      if (f.immr === 0 && suffix) return `sxt${suffix}\t${registerName(f.sf!, f.Rd!)}, ${registerName(0, f.Rn!)}`;
      return fieldText(f, "sbfiz", "sbfx");
    },
  }),
  define("BFM", "sf 01 100110 N immr imms Rn Rd", {
    statics: ["sf"],
    where: allocated,
    operands: (f) => ({ ...operands(f), old: sourceOrZero(f.Rd!) }),
    execute: (pe, { sf }, o) => {
      const w = width(sf);
      const [left, right] = [pe.immediate(w, o.left), pe.immediate(w, o.right)];
      const bits = pe.shrU(pe.shl(pe.read(w, o.n), left), right);
      const mask = pe.shrU(pe.shl(pe.constant(w, -1), left), right);
      pe.write(w, o.d, pe.or(pe.and(pe.read(w, o.old), pe.not(mask)), bits));
    },
    assembly: (f) => {
      if (f.imms! < f.immr! && f.Rn === 31)
        return `bfc\t${registerName(f.sf!, f.Rd!)}, #${width(f.sf!) - f.immr!}, #${f.imms! + 1}`;
      return fieldText(f, "bfi", "bfxil");
    },
  }),
  define("UBFM", "sf 10 100110 N immr imms Rn Rd", {
    statics: ["sf"],
    where: allocated,
    operands,
    derive: form,
    execute: (pe, { sf, left, right, extend }, o) => {
      const w = width(sf);
      const n = pe.read(w, o.n);
      if (extend) return pe.write(w, o.d, pe.and(n, pe.constant(w, 2 ** (4 << extend) - 1)));
      const a = left ? pe.shl(n, pe.immediate(w, o.left)) : n;
      pe.write(w, o.d, right ? pe.shrU(a, pe.immediate(w, o.right)) : a);
    },
    assembly: (f) => {
      const w = width(f.sf!);
      if (f.imms === w - 1) return text(f, "lsr", f.immr!);
      if (f.imms! + 1 === f.immr) return text(f, "lsl", w - f.immr);
      const suffix = extendSuffixes[f.imms!];
      if (f.immr === 0 && suffix && !f.sf) return text(f, `uxt${suffix}`);
      return fieldText(f, "ubfiz", "ubfx");
    },
  }),
]);

export const extract = instructions("Extract", [
  define("EXTR", "sf 00 100111 N 0 Rm imms Rn Rd", {
    statics: ["sf"],
    where: (f) => f.N === f.sf && (f.sf === 1 || f.imms! < 32),
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      n: sourceOrZero(f.Rn!),
      m: sourceOrZero(f.Rm!),
      lsb: immediate(f.imms!),
      up: immediate(width(f.sf!) - f.imms!),
    }),
    derive: (f) => ({ same: +(f.Rn === f.Rm), whole: +(f.imms === 0) }),
    execute: (pe, { sf, same, whole }, { d, n, m, lsb, up }) => {
      const w = width(sf);
      const low = pe.read(w, m);
      if (whole) return pe.write(w, d, low);
      if (same) return pe.write(w, d, pe.rotr(low, pe.immediate(w, lsb)));
      pe.write(w, d, pe.or(pe.shrU(low, pe.immediate(w, lsb)), pe.shl(pe.read(w, n), pe.immediate(w, up))));
    },
    assembly: (f) => {
      const [d, n, m] = [f.Rd!, f.Rn!, f.Rm!].map((r) => registerName(f.sf!, r));
      return f.Rn === f.Rm ? `ror\t${d}, ${n}, #${f.imms}` : `extr\t${d}, ${n}, ${m}, #${f.imms}`;
    },
  }),
]);
