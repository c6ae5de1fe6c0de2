import { immediate, registerOrSp, vector } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { spName } from "../text.js";
import { loadRegister, readBase, storeRegister } from "./load-store-register.js";
import { scalarName } from "./text.js";

function offsetOf(f: Fields): number {
  return ((f.imm7! << 25) >> 25) << (f.opc! + 2);
}

/** Values of the field that selects the addressing form. */
const noAllocate = 0;
const postIndex = 1;
const preIndex = 3;

export const loadStorePair = instructions("Load/store register pair, SIMD&FP", [
  define("LDP/STP/LDNP/STNP (SIMD&FP)", "opc:2 10110 form:2 L imm7 Rt2 Rn Rt", {
    simd: true,
    statics: ["opc", "form", "L"],
    where: (f) => f.opc !== 3,
    operands: (f) => ({
      t: vector(f.Rt!),
      t2: vector(f.Rt2!),
      n: registerOrSp(f.Rn!),
      imm: immediate(offsetOf(f)),
    }),
    derive: (f) => ({ sp: +(f.Rn === 31) }),
    execute: (pe, { opc, form, L, sp }, { t, t2, n, imm }) => {
      const scale = opc + 2;
      const bytes = 1 << scale;
      const base = readBase(pe, sp, n);
      const writeBack = form === postIndex || form === preIndex;
      const start = writeBack ? pe.let(base) : base;
      const next = writeBack ? pe.let(pe.add(start, pe.immediate64(imm))) : pe.add(start, pe.immediate64(imm));
      const host = pe.access(2 * bytes, form === postIndex ? start : next, !L, { pair: true });
      if (L) {
        const first = loadRegister(pe, scale, host);
        const second = loadRegister(pe, scale, host, bytes);
        pe.writeV(t, first);
        pe.writeV(t2, second);
      } else {
        storeRegister(pe, scale, host, t);
        storeRegister(pe, scale, host, t2, bytes);
      }
      if (writeBack) pe.write(64, n, next);
    },
    assembly: (f) => {
      const scale = f.opc! + 2;
      const mnemonic = `${f.L ? "ld" : "st"}${f.form === noAllocate ? "np" : "p"}`;
      const base = spName(1, f.Rn!);
      const offset = offsetOf(f);
      const address =
        f.form === postIndex
          ? `[${base}], #${offset}`
          : f.form === preIndex
            ? `[${base}, #${offset}]!`
            : `[${base}${offset ? `, #${offset}` : ""}]`;
      return `${mnemonic}\t${scalarName(scale, f.Rt!)}, ${scalarName(scale, f.Rt2!)}, ${address}`;
    },
  }),
]);
