import type { ImmediateOperand, XOperand } from "../../ir/index.js";
import { type Builder, destinationOrZero, immediate, type Node, registerOrSp, sourceOrZero } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { registerName, spName } from "../text.js";
import {
  baseAddress,
  loadSigned32,
  loadSigned64,
  loadUnsigned,
  offsetText,
  signed,
  sizeSuffixes,
  storeLow,
  transferName,
} from "./memory-types.js";
import { prefetchName } from "./prefetch.js";
import { extendNames } from "./shift.js";

interface AddressOperands {
  readonly n: XOperand;
  /** Index register; the base again where there is none. */
  readonly m: XOperand;
  readonly offset: ImmediateOperand;
}

interface AddressStatics {
  /** 1 when the base is SP. */
  readonly sp: number;
  /** For a register offset: extension and shift of the index. */
  readonly extension: number;
  readonly shift: number;
}

/** One addressing mode of the "Load/store register" classes. */
interface Mode {
  /** In the names of definitions. */
  readonly name: string;
  /** Letters before the size suffix: LD"UR"B. */
  readonly letters: string;
  /** The word's bits 25..24, and those below bit 22 down to Rn. */
  readonly high: string;
  readonly low: string;
  readonly kind: "offset" | "pre" | "post" | "register";
  readonly unprivileged: boolean;
  readonly prefetch: string | undefined;
  readonly offset: (f: Fields) => number;
}

const imm9 = (f: Fields): number => signed(f.imm9!, 9);
const plain = { unprivileged: false, prefetch: undefined, offset: imm9 } as const;

const modes: readonly Mode[] = [
  {
    ...plain,
    name: "unsigned offset",
    letters: "r",
    high: "01",
    low: "imm12",
    kind: "offset",
    prefetch: "prfm",
    offset: (f) => f.imm12! << (f.size ?? 3),
  },
  { ...plain, name: "unscaled", letters: "ur", high: "00", low: "0 imm9 00", kind: "offset", prefetch: "prfum" },
  { ...plain, name: "post-index", letters: "r", high: "00", low: "0 imm9 01", kind: "post" },
  { ...plain, name: "unprivileged", letters: "tr", high: "00", low: "0 imm9 10", kind: "offset", unprivileged: true },
  { ...plain, name: "pre-index", letters: "r", high: "00", low: "0 imm9 11", kind: "pre" },
  {
    ...plain,
    name: "register",
    letters: "r",
    high: "00",
    low: "1 Rm option S 10",
    kind: "register",
    prefetch: "prfm",
    offset: () => 0,
  },
];

function addressOperands(mode: Mode, f: Fields): AddressOperands {
  const n = registerOrSp(f.Rn!);
  return { n, m: mode.kind === "register" ? sourceOrZero(f.Rm!) : n, offset: immediate(mode.offset(f)) };
}

function addressStatics(mode: Mode, f: Fields): AddressStatics {
  const register = mode.kind === "register";
  return {
    sp: +(f.Rn === 31),
    extension: register ? f.option! : 0,
    shift: register && f.S ? (f.size ?? 3) : 0,
  };
}

/** Options 010, 011, 110 and 111: an index is a word or a doubleword. */
const allocated = (mode: Mode, f: Fields): boolean => mode.kind !== "register" || (f.option! & 2) !== 0;

/** The address to access, and what the base becomes afterwards, if anything. */
function address(
  pe: Builder,
  mode: Mode,
  s: AddressStatics,
  o: AddressOperands,
): { at: Node; after: Node | undefined } {
  const base = baseAddress(pe, s.sp, o.n);
  if (mode.kind === "register") {
    const index =
      s.extension & 1
        ? pe.read(64, o.m)
        : s.extension & 4
          ? pe.signExtend(pe.read(32, o.m))
          : pe.zeroExtend(pe.read(32, o.m));
    return { at: pe.add(base, pe.shl(index, pe.c64(s.shift))), after: undefined };
  }
  const moved = pe.let(pe.add(base, pe.immediate64(o.offset)));
  if (mode.kind === "post") return { at: base, after: moved };
  return { at: moved, after: mode.kind === "pre" ? moved : undefined };
}

function addressText(mode: Mode, f: Fields): string {
  const base = spName(1, f.Rn!);
  const offset = mode.offset(f);
  if (mode.kind === "post") return `[${base}], #${offset}`;
  if (mode.kind === "pre") return `[${base}, #${offset}]!`;
  if (mode.kind === "offset") return offsetText(f, offset);
  const index = registerName(f.option! & 1, f.Rm!);
  const amount = f.S ? ` #${f.size ?? 3}` : "";
  if (f.option === 3) return `[${base}, ${index}${f.S ? `, lsl${amount}` : ""}]`;
  return `[${base}, ${index}, ${extendNames[f.option!]}${amount}]`;
}

function forMode(mode: Mode): readonly Definition[] {
  const { unprivileged } = mode;
  const letters = mode.letters.toUpperCase();
  const derive = (f: Fields) => addressStatics(mode, f);
  const where = (f: Fields): boolean => allocated(mode, f);
  const pattern = (size: string, opc: string): string => `${size} 111 0 ${mode.high} ${opc} ${mode.low} Rn Rt`;
  const definitions: Definition[] = [
    define(`ST${letters} (${mode.name})`, pattern("size:2", "00"), {
      statics: ["size"],
      where,
      operands: (f) => ({ ...addressOperands(mode, f), t: sourceOrZero(f.Rt!) }),
      derive,
      execute: (pe, s, o) => {
        const { at, after } = address(pe, mode, s, o);
        pe.store(storeLow[s.size]!, at, pe.read(64, o.t), { unprivileged });
        if (after) pe.write(64, o.n, after);
      },
      assembly: (f) =>
        `st${mode.letters}${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, ${addressText(mode, f)}`,
    }),
    define(`LD${letters} (${mode.name})`, pattern("size:2", "01"), {
      statics: ["size"],
      where,
      operands: (f) => ({ ...addressOperands(mode, f), t: destinationOrZero(f.Rt!) }),
      derive,
      execute: (pe, s, o) => {
        const { at, after } = address(pe, mode, s, o);
        pe.write(64, o.t, pe.load(loadUnsigned[s.size]!, at, { unprivileged }));
        if (after) pe.write(64, o.n, after);
      },
      assembly: (f) =>
        `ld${mode.letters}${sizeSuffixes[f.size!]}\t${transferName(f.size!, f.Rt!)}, ${addressText(mode, f)}`,
    }),
    define(`LD${letters}S (${mode.name})`, pattern("size:2!11", "1 W"), {
      statics: ["size", "W"],
      where: (f) => where(f) && !(f.W && f.size === 2),
      operands: (f) => ({ ...addressOperands(mode, f), t: destinationOrZero(f.Rt!) }),
      derive,
      execute: (pe, s, o) => {
        const { at, after } = address(pe, mode, s, o);
        if (s.W) pe.write(32, o.t, pe.load(loadSigned32[s.size]!, at, { unprivileged }));
        else pe.write(64, o.t, pe.load(loadSigned64[s.size]!, at, { unprivileged }));
        if (after) pe.write(64, o.n, after);
      },
      assembly: (f) =>
        `ld${mode.letters}s${["b", "h", "w"][f.size!]}\t${registerName(+!f.W, f.Rt!)}, ${addressText(mode, f)}`,
    }),
  ];
  const { prefetch } = mode;
  if (prefetch !== undefined) {
    definitions.push(
      define(`${prefetch.toUpperCase()} (${mode.name})`, pattern("11", "10"), {
        where,
        operands: () => ({}),
        // A hint: there is no cache to fill, and it never faults.
        execute: () => {},
        assembly: (f) => `${prefetch}\t${prefetchName(f.Rt!)}, ${addressText(mode, f)}`,
      }),
    );
  }
  return definitions;
}

export const loadStoreRegister = instructions("Load/store register", modes.flatMap(forMode));
