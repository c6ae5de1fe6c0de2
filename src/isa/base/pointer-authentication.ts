import { type Builder, destinationOrZero, immediate, type Node, registerOrSp, sourceOrZero } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { systemRegister } from "../system-registers/registry.js";
import { registerName, spName } from "../text.js";
import { baseAddress, signed } from "./memory-types.js";
import {
  addPac,
  authenticate,
  genericCode,
  mayTrap,
  pointerAuthenticationControl,
  strip,
} from "./pointer-authentication-code.js";

/** Keys IA, IB, DA, DB by data * 2 + B, and the SCTLR_ELx bits that enable them. */
const keys = ["APIAKey", "APIBKey", "APDAKey", "APDBKey"] as const;
const enables = [1 << 31, 1 << 30, 1 << 27, 1 << 13] as const;
const feature = "FEAT_PAuth";

function keyHalves(pe: Builder, name: string): [Node, Node] {
  const half = (which: string): Node => pe.readSystemSlot(systemRegister(`${name}${which}_EL1`).slot);
  return [half("Lo"), half("Hi")];
}

function trapIfTold(pe: Builder): void {
  pe.ifUnlikely(mayTrap(pe), () => pe.environment("pointerAuthentication", pe.c32(0)));
}

/** `pointer` (a let value) with its code added, or checked and removed; unchanged while the key is disabled. */
function transformed(pe: Builder, auth: number, key: number, pointer: Node, modifier: Node): Node {
  const result = pe.variable(pointer);
  pe.if(pe.and(pe.call(pointerAuthenticationControl), pe.c32(enables[key]!)), () => {
    trapIfTold(pe);
    const args = [pointer, modifier, ...keyHalves(pe, keys[key]!), pe.c32(key >> 1)];
    result.set(auth ? pe.call(authenticate, ...args, pe.c32(key & 1)) : pe.call(addPac, ...args));
  });
  return result.get();
}

const keyLetters = ["ia", "ib", "da", "db"] as const;

/** Forms among the hints: register 17 with 16 as modifier, or 30 with SP or zero. */
function hint(number: number, name: string, auth: number, key: number, modifier: "x16" | "sp" | "zero"): Definition {
  const register = modifier === "x16" ? 17 : 30;
  return define(name, `11010101000000110010 ${number.toString(2).padStart(7, "0")} 11111`, {
    feature,
    hint: true,
    operands: () => ({
      n: sourceOrZero(register),
      d: destinationOrZero(register),
      m: modifier === "sp" ? registerOrSp(31) : sourceOrZero(modifier === "x16" ? 16 : 31),
    }),
    execute: (pe, _, { n, d, m }) =>
      pe.write(64, d, transformed(pe, auth, key, pe.let(pe.read(64, n)), pe.read(64, m))),
    assembly: () => name.toLowerCase(),
  });
}

function hintForms(): Definition[] {
  return [0, 1].flatMap((auth) =>
    [0, 1].flatMap((B) => {
      const stem = (auth ? "AUTI" : "PACI") + "AB"[B];
      return [
        hint(8 + 4 * auth + 2 * B, `${stem}1716`, auth, B, "x16"),
        hint(24 + 4 * auth + 2 * B, `${stem}Z`, auth, B, "zero"),
        hint(25 + 4 * auth + 2 * B, `${stem}SP`, auth, B, "sp"),
      ];
    }),
  );
}

export const pointerAuthentication = instructions("Pointer authentication", [
  define("PACIA/PACIB/PACDA/PACDB/AUTIA/AUTIB/AUTDA/AUTDB", "1 1 0 11010110 00001 00 Z A D B Rn Rd", {
    feature,
    statics: ["Z", "A", "D", "B"],
    where: (f) => !f.Z || f.Rn === 31,
    operands: (f) => ({
      d: destinationOrZero(f.Rd!),
      n: sourceOrZero(f.Rd!),
      m: f.Z ? sourceOrZero(31) : registerOrSp(f.Rn!),
    }),
    execute: (pe, { A, D, B }, { d, n, m }) =>
      pe.write(64, d, transformed(pe, A, D * 2 + B, pe.let(pe.read(64, n)), pe.read(64, m))),
    assembly: (f) => {
      const letters = keyLetters[f.D! * 2 + f.B!]!;
      const name = (f.A ? "aut" : "pac") + (f.Z ? `${letters[0]}z${letters[1]}` : letters);
      return `${name}\t${registerName(1, f.Rd!)}${f.Z ? "" : `, ${spName(1, f.Rn!)}`}`;
    },
  }),
  define("XPACI/XPACD", "1 1 0 11010110 00001 01000 D 11111 Rd", {
    feature,
    statics: ["D"],
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rd!) }),
    execute: (pe, { D }, { d, n }) => pe.write(64, d, pe.call(strip, pe.read(64, n), pe.c32(D))),
    assembly: (f) => `xpac${f.D ? "d" : "i"}\t${registerName(1, f.Rd!)}`,
  }),
  define("XPACLRI", "11010101000000110010 0000111 11111", {
    feature,
    hint: true,
    operands: () => ({ d: destinationOrZero(30), n: sourceOrZero(30) }),
    execute: (pe, _, { d, n }) => pe.write(64, d, pe.call(strip, pe.read(64, n), pe.c32(0))),
    assembly: () => "xpaclri",
  }),
  ...hintForms(),
  define("PACGA", "1 0 0 11010110 Rm 001100 Rn Rd", {
    feature,
    operands: (f) => ({ d: destinationOrZero(f.Rd!), n: sourceOrZero(f.Rn!), m: registerOrSp(f.Rm!) }),
    execute: (pe, _, { d, n, m }) => {
      trapIfTold(pe);
      pe.write(64, d, pe.call(genericCode, pe.read(64, n), pe.read(64, m), ...keyHalves(pe, "APGAKey")));
    },
    assembly: (f) => `pacga\t${registerName(1, f.Rd!)}, ${registerName(1, f.Rn!)}, ${spName(1, f.Rm!)}`,
  }),
  define("BRAA/BRAB/BRAAZ/BRABZ", "1101011 Z 000 11111 00001 M Rn Rm", {
    feature,
    statics: ["M"],
    where: (f) => f.Z === 1 || f.Rm === 31,
    operands: branchOperands,
    execute: (pe, { M }, { n, m }) =>
      pe.branchTo(transformed(pe, 1, M, pe.let(pe.read(64, n)), pe.read(64, m)), "jump"),
    assembly: (f) => branchText("bra", f),
  }),
  define("BLRAA/BLRAB/BLRAAZ/BLRABZ", "1101011 Z 001 11111 00001 M Rn Rm", {
    feature,
    statics: ["M"],
    where: (f) => f.Z === 1 || f.Rm === 31,
    operands: (f) => ({ ...branchOperands(f), link: destinationOrZero(30) }),
    execute: (pe, { M }, { n, m, link }) => {
      const to = pe.let(transformed(pe, 1, M, pe.let(pe.read(64, n)), pe.read(64, m)));
      pe.write(64, link, pe.pc(4));
      pe.branchTo(to, "call");
    },
    assembly: (f) => branchText("blra", f),
  }),
  define("RETAA/RETAB", "1101011 0 010 11111 00001 M 11111 11111", {
    feature,
    statics: ["M"],
    operands: () => ({ n: sourceOrZero(30), m: registerOrSp(31) }),
    execute: (pe, { M }, { n, m }) =>
      pe.branchTo(transformed(pe, 1, M, pe.let(pe.read(64, n)), pe.read(64, m)), "return"),
    assembly: (f) => `reta${f.M ? "b" : "a"}`,
  }),
  define("ERETAA/ERETAB", "1101011 0 100 11111 00001 M 11111 11111", {
    feature,
    statics: ["M"],
    operands: () => ({ m: registerOrSp(31) }),
    execute: (pe, { M }, { m }) => {
      const el = pe.let(pe.readState("el"));
      const [one, two, three] = [1, 2, 3].map((n) => pe.readSystemSlot(systemRegister(`ELR_EL${n}`).slot));
      const above = pe.select(pe.eq(el, pe.c32(2)), two!, three!);
      const elr = pe.let(pe.select(pe.eq(el, pe.c32(1)), one!, above));
      pe.environment("eret", pe.c32(2 + M), transformed(pe, 1, M, elr, pe.read(64, m)));
    },
    assembly: (f) => `ereta${f.M ? "b" : "a"}`,
  }),
  define("LDRAA/LDRAB", "11 111 0 00 M S 1 imm9 W 1 Rn Rt", {
    feature,
    statics: ["M", "W"],
    operands: (f) => ({
      n: registerOrSp(f.Rn!),
      zero: sourceOrZero(31),
      t: destinationOrZero(f.Rt!),
      offset: immediate(loadOffset(f)),
    }),
    derive: (f) => ({ sp: +(f.Rn === 31) }),
    execute: (pe, { M, W, sp }, { n, zero, t, offset }) => {
      const base = baseAddress(pe, sp, n);
      const pointer = transformed(pe, 1, 2 + M, base, pe.read(64, zero));
      const address = pe.let(pe.add(pointer, pe.immediate64(offset)));
      pe.write(64, t, pe.load("i64.load", address));
      if (W) pe.write(64, n, address);
    },
    assembly: (f) => {
      const offset = loadOffset(f);
      const inside = `[${spName(1, f.Rn!)}${offset || f.W ? `, #${offset}` : ""}]${f.W ? "!" : ""}`;
      return `ldra${f.M ? "b" : "a"}\t${registerName(1, f.Rt!)}, ${inside}`;
    },
  }),
]);

function loadOffset(f: Fields): number {
  return signed((f.S! << 9) | f.imm9!, 10) * 8;
}

function branchOperands(f: Fields) {
  return { n: sourceOrZero(f.Rn!), m: f.Z ? registerOrSp(f.Rm!) : sourceOrZero(31) };
}

function branchText(stem: string, f: Fields): string {
  const name = `${stem}${f.M ? "b" : "a"}${f.Z ? "" : "z"}`;
  return `${name}\t${registerName(1, f.Rn!)}${f.Z ? `, ${spName(1, f.Rm!)}` : ""}`;
}
