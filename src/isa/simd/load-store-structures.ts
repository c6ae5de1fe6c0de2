import {
  type Builder,
  type LoadName,
  type Node,
  registerOrSp,
  type StoreName,
  sourceOrZero,
  type VOperand,
  vector,
  type XOperand,
} from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { registerName, spName } from "../text.js";
import { readBase } from "./load-store-register.js";
import { elementListName, listName } from "./text.js";
import { elementBytes, laneOperation, unzip, upTo, vectorOf, zip } from "./vector.js";

/** `opcode` of multiple structures: elements of a structure, and registers transferred for each (LD1: up to 4). */
const multipleForms: { readonly [opcode: number]: { readonly structure: number; readonly registers: number } } = {
  0: { structure: 4, registers: 4 },
  2: { structure: 1, registers: 4 },
  4: { structure: 3, registers: 3 },
  6: { structure: 1, registers: 3 },
  7: { structure: 1, registers: 1 },
  8: { structure: 2, registers: 2 },
  10: { structure: 1, registers: 2 },
};

/**
 * Builds a vector of 16 bytes from bytes of several: byte i is byte `bytes[i]` of the concatenated `sources`; -1 is any
 * byte.
 */
function gather(pe: Builder, sources: readonly Node[], bytes: readonly number[]): Node {
  let result = sources[0]!;
  for (let s = 1; s < sources.length; s++) {
    const from = (b: number, i: number): number => {
      if (b >> 4 === s) return 16 + (b & 15);
      if (s === 1 && b >> 4 === 0) return b;
      return i;
    };
    result = pe.shuffle(result, sources[s]!, bytes.map(from));
  }
  return result;
}

/** Splits the memory image of structures of 2, 3 or 4 elements into one register for each. */
function deinterleave(pe: Builder, size: number, Q: number, image: readonly Node[], count: number): Node[] {
  if (count === 1) return [...image];
  if (count === 3) {
    const length = Q ? 16 : 8;
    return [0, 1, 2].map((r) => {
      const indices = upTo(length >> size).map((i) => 3 * i + r);
      const bytes = elementBytes(size, indices);
      return gather(pe, image, Q ? bytes : [...bytes, ...bytes]);
    });
  }
  const [a, b, c, d] = image;
  if (count === 2) {
    const second = b ?? a!;
    return [unzip(pe, size, 1, 0, a!, second), unzip(pe, size, 1, 1, a!, second)];
  }
  const split = (part: number): [Node, Node] => {
    const low = pe.let(unzip(pe, size, 1, part, a!, b!));
    const high = c ? pe.let(unzip(pe, size, 1, part, c, d!)) : low;
    return [unzip(pe, size, 1, 0, low, high), unzip(pe, size, 1, 1, low, high)];
  };
  const [first, third] = split(0);
  const [second, fourth] = split(1);
  return [first, second, third, fourth];
}

/** The inverse of {@link deinterleave}: the memory image, 16 bytes a node, of whole registers. */
function interleave(pe: Builder, size: number, Q: number, registers: readonly Node[]): Node[] {
  const count = registers.length;
  if (count === 1) return [...registers];
  if (count === 3) {
    const total = Q ? 48 : 24;
    const perRegister = 16 >> size;
    const bytes = elementBytes(
      size,
      upTo(total >> size).map((i) => (i % 3) * perRegister + Math.floor(i / 3)),
    );
    const blocks: Node[] = [];
    for (let i = 0; i < total; i += 16) {
      const block = bytes.slice(i, i + 16);
      blocks.push(gather(pe, registers, block.length < 16 ? [...block, ...block] : block));
    }
    return blocks;
  }
  const [a, b, c, d] = registers as [Node, Node, Node, Node];
  const parts = Q ? [0, 1] : [0];
  if (count === 2) return parts.map((part) => zip(pe, size, 1, part, a, b));
  return parts.flatMap((part) => {
    const even = pe.let(zip(pe, size, 1, part, a, c));
    const odd = pe.let(zip(pe, size, 1, part, b, d));
    return [zip(pe, size, 1, 0, even, odd), zip(pe, size, 1, 1, even, odd)];
  });
}

function loadMultiple(
  pe: Builder,
  { size, Q, structure, registers }: { size: number; Q: number; structure: number; registers: number },
  host: Node,
  t: VOperand,
): void {
  const step = Q ? 16 : 8;
  const total = registers * step;
  const image: Node[] = [];
  if (structure === 1) {
    for (let r = 0; r < registers; r++) image.push(pe.loadHost(Q ? "v128.load" : "v128.load64_zero", host, r * step));
    image.forEach((v, r) => {
      pe.writeV(t, v, r);
    });
    return;
  }
  for (let i = 0; i < total; i += 16)
    image.push(pe.loadHost(total - i >= 16 ? "v128.load" : "v128.load64_zero", host, i));
  deinterleave(pe, size, Q, image, structure).forEach((v, r) => {
    pe.writeV(t, vectorOf(pe, Q, v), r);
  });
}

function storeMultiple(
  pe: Builder,
  { size, Q, structure, registers }: { size: number; Q: number; structure: number; registers: number },
  host: Node,
  t: VOperand,
): void {
  const put = (v: Node, offset: number, bytes: number): void => {
    if (bytes === 16) pe.storeHost("v128.store", host, v, offset);
    else pe.storeHost("i64.store", host, pe.lane("i64x2.extract_lane", 0, v), offset);
  };
  const step = Q ? 16 : 8;
  if (structure === 1) {
    for (let r = 0; r < registers; r++) put(pe.readV(t, r), r * step, step);
    return;
  }
  const total = registers * step;
  const values = upTo(registers).map((r) => pe.let(pe.readV(t, r)));
  interleave(pe, size, Q, values).forEach((v, i) => {
    put(v, i * 16, Math.min(16, total - i * 16));
  });
}

const loadElement: readonly LoadName[] = ["i32.load8_u", "i32.load16_u", "i32.load", "i64.load"];
const storeElement: readonly StoreName[] = ["i32.store8", "i32.store16", "i32.store", "i64.store"];
const extractElement = ["extract_lane_u", "extract_lane_u", "extract_lane", "extract_lane"] as const;

function loadSingle(pe: Builder, size: number, lane: number, structure: number, host: Node, t: VOperand): void {
  const values = upTo(structure).map((r) => {
    const value = pe.loadHost(loadElement[size]!, host, r << size);
    return pe.let(pe.lane(laneOperation(size, "replace_lane"), lane, pe.readV(t, r), value));
  });
  values.forEach((v, r) => {
    pe.writeV(t, v, r);
  });
}

function storeSingle(pe: Builder, size: number, lane: number, structure: number, host: Node, t: VOperand): void {
  for (let r = 0; r < structure; r++) {
    const value = pe.lane(laneOperation(size, extractElement[size]!), lane, pe.readV(t, r));
    pe.storeHost(storeElement[size]!, host, value, r << size);
  }
}

const splatLoads: readonly LoadName[] = [
  "v128.load8_splat",
  "v128.load16_splat",
  "v128.load32_splat",
  "v128.load64_splat",
];

function loadReplicated(pe: Builder, size: number, Q: number, structure: number, host: Node, t: VOperand): void {
  const values = upTo(structure).map((r) => pe.loadHost(splatLoads[size]!, host, r << size));
  values.forEach((v, r) => {
    pe.writeV(t, vectorOf(pe, Q, v), r);
  });
}

/** Accesses `bytes` at the base register, does `body`, and for the post-indexed forms adds to the base. */
function atBase(
  pe: Builder,
  { sp, post, bytes, write, size }: { sp: number; post: number; bytes: number; write: boolean; size: number },
  n: XOperand,
  m: XOperand | undefined,
  body: (host: Node) => void,
): void {
  const base = post ? pe.let(readBase(pe, sp, n)) : readBase(pe, sp, n);
  const next = post ? pe.let(pe.add(base, post === byRegister && m ? pe.read(64, m) : pe.c64(bytes))) : base;
  // Alignment is checked by element (MemSingleNF of each).
  body(pe.access(bytes, base, write, { alignment: 1 << size }));
  if (post) pe.write(64, n, next);
}

/** Values of the derived static `post`: none, by the bytes transferred, or by a register. */
const byBytes = 1;
const byRegister = 2;

function addressText(f: Fields, bytes: number): string {
  const base = `[${spName(1, f.Rn!)}]`;
  if (f.Rm === undefined) return base;
  return `${base}, ${f.Rm === 31 ? `#${bytes}` : registerName(1, f.Rm)}`;
}

function multipleAllocated(f: Fields): boolean {
  const form = multipleForms[f.opcode!];
  return form !== undefined && (form.structure === 1 || f.size !== 3 || f.Q === 1);
}

function multipleText(f: Fields): string {
  const { structure, registers } = multipleForms[f.opcode!]!;
  const list = listName(f.size!, f.Q!, f.Rt!, registers);
  return `${f.L ? "ld" : "st"}${structure}\t${list}, ${addressText(f, registers * (f.Q ? 16 : 8))}`;
}

function executeMultiple(
  pe: Builder,
  s: { Q: number; L: number; opcode: number; size: number; sp: number },
  post: number,
  operands: { t: VOperand; n: XOperand; m?: XOperand },
): void {
  const shape = { size: s.size, Q: s.Q, ...multipleForms[s.opcode]! };
  const bytes = shape.registers * (s.Q ? 16 : 8);
  atBase(pe, { sp: s.sp, post, bytes, write: !s.L, size: s.size }, operands.n, operands.m, (host) => {
    if (s.L) loadMultiple(pe, shape, host, operands.t);
    else storeMultiple(pe, shape, host, operands.t);
  });
}

export const loadStoreMultipleStructures = instructions("Advanced SIMD load/store multiple structures", [
  define("LD1-LD4/ST1-ST4 (multiple structures), no offset", "0 Q 0011000 L 000000 opcode:4 size:2 Rn Rt", {
    simd: true,
    statics: ["Q", "L", "opcode", "size"],
    where: multipleAllocated,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: (f) => ({ sp: +(f.Rn === 31) }),
    execute: (pe, s, operands) => executeMultiple(pe, s, 0, operands),
    assembly: multipleText,
  }),
  define("LD1-LD4/ST1-ST4 (multiple structures), post-index", "0 Q 0011001 L 0 Rm opcode:4 size:2 Rn Rt", {
    simd: true,
    statics: ["Q", "L", "opcode", "size"],
    where: multipleAllocated,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!), m: sourceOrZero(f.Rm!) }),
    derive: (f) => ({ sp: +(f.Rn === 31), post: f.Rm === 31 ? byBytes : byRegister }),
    execute: (pe, s, operands) => executeMultiple(pe, s, s.post, operands),
    assembly: multipleText,
  }),
]);

/** Element size and lane of a single-structure form; lane -1 replicates; undefined is unallocated. */
function singleForm(f: Fields): { size: number; lane: number; structure: number } | undefined {
  const structure = ((f.opcode! & 1) << 1) + f.R! + 1;
  const { Q, S, size } = f as { Q: number; S: number; size: number };
  switch (f.opcode! >> 1) {
    case 0:
      return { size: 0, lane: (Q << 3) | (S << 2) | size, structure };
    case 1:
      return size & 1 ? undefined : { size: 1, lane: (Q << 2) | (S << 1) | (size >> 1), structure };
    case 2:
      if (size & 2 || (size & 1 && S)) return undefined;
      return size & 1 ? { size: 3, lane: Q, structure } : { size: 2, lane: (Q << 1) | S, structure };
    default:
      return f.L && !S ? { size, lane: -1, structure } : undefined;
  }
}

const singleAllocated = (f: Fields): boolean => singleForm(f) !== undefined;

function deriveSingle(f: Fields): { size: number; lane: number; structure: number; replicate: number; sp: number } {
  const { size, lane, structure } = singleForm(f)!;
  return { size, lane: Math.max(lane, 0), structure, replicate: +(lane < 0), sp: +(f.Rn === 31) };
}

function singleText(f: Fields): string {
  const { size, lane, structure } = singleForm(f)!;
  const list = lane < 0 ? listName(size, f.Q!, f.Rt!, structure) : elementListName(size, f.Rt!, structure, lane);
  return `${f.L ? "ld" : "st"}${structure}${lane < 0 ? "r" : ""}\t${list}, ${addressText(f, structure << size)}`;
}

function executeSingle(
  pe: Builder,
  s: { Q: number; L: number; size: number; lane: number; structure: number; replicate: number; sp: number },
  post: number,
  { t, n, m }: { t: VOperand; n: XOperand; m?: XOperand },
): void {
  atBase(pe, { sp: s.sp, post, bytes: s.structure << s.size, write: !s.L, size: s.size }, n, m, (host) => {
    if (s.replicate) loadReplicated(pe, s.size, s.Q, s.structure, host, t);
    else if (s.L) loadSingle(pe, s.size, s.lane, s.structure, host, t);
    else storeSingle(pe, s.size, s.lane, s.structure, host, t);
  });
}

export const loadStoreSingleStructure = instructions("Advanced SIMD load/store single structure", [
  define("LD1-LD4/ST1-ST4 (single structure), no offset", "0 Q 0011010 L R:1 00000 opcode:3 S size:2 Rn Rt", {
    simd: true,
    statics: ["Q", "L"],
    where: singleAllocated,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!) }),
    derive: deriveSingle,
    execute: (pe, s, operands) => executeSingle(pe, s, 0, operands),
    assembly: singleText,
  }),
  define("LD1-LD4/ST1-ST4 (single structure), post-index", "0 Q 0011011 L R:1 Rm opcode:3 S size:2 Rn Rt", {
    simd: true,
    statics: ["Q", "L"],
    where: singleAllocated,
    operands: (f) => ({ t: vector(f.Rt!), n: registerOrSp(f.Rn!), m: sourceOrZero(f.Rm!) }),
    derive: (f) => ({ ...deriveSingle(f), post: f.Rm === 31 ? byBytes : byRegister }),
    execute: (pe, s, operands) => executeSingle(pe, s, s.post, operands),
    assembly: singleText,
  }),
]);
