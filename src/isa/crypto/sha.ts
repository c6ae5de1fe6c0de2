import { type Builder, type Node, type Routine, routine, type VOperand, vector } from "../../ir/index.js";
import { type Definition, define, type Feature, instructions } from "../definition.js";
import { elementBytes, fromScalar, lanes, upTo, zeros } from "../simd/vector.js";

function word(pe: Builder, v: Node, index: number): Node {
  return pe.let(pe.lane("i32x4.extract_lane", index, v));
}

function fromWords(pe: Builder, words: readonly Node[]): Node {
  const [first, ...others] = words;
  return others.reduce((v, w, i) => pe.lane("i32x4.replace_lane", i + 1, v, w), pe.op("i32x4.splat", first!));
}

/** Bits of y where x is set, else of z. */
export function choose(pe: Builder, x: Node, y: Node, z: Node): Node {
  return pe.xor(pe.and(pe.xor(y, z), x), z);
}
function parity(pe: Builder, x: Node, y: Node, z: Node): Node {
  return pe.xor(pe.xor(x, y), z);
}
export function majority(pe: Builder, x: Node, y: Node, z: Node): Node {
  return pe.or(pe.and(x, y), pe.and(pe.or(x, y), z));
}

function rotateLeft(pe: Builder, v: Node, by: number): Node {
  return pe.rotr(v, pe.c32(32 - by));
}

/** x rotated right by each of `amounts`, all of it added without carries. */
function rotations(pe: Builder, x: Node, amounts: readonly number[]): Node {
  return amounts.map((by) => pe.rotr(x, pe.c32(by))).reduce((a, b) => pe.xor(a, b));
}

/** Each element of `size` rotated right. */
export function rotateElements(pe: Builder, size: number, v: Node, by: number): Node {
  const right = lanes(pe, size, "shr_u", v, pe.c32(by));
  return pe.op("v128.or", right, lanes(pe, size, "shl", v, pe.c32((8 << size) - by)));
}

/** The σ functions of FIPS 180-4: two rotations and a shift of each element. */
export function smallSigma(pe: Builder, size: number, v: Node, first: number, second: number, shift: number): Node {
  const x = pe.let(v);
  const rotated = pe.op("v128.xor", rotateElements(pe, size, x, first), rotateElements(pe, size, x, second));
  return pe.op("v128.xor", rotated, lanes(pe, size, "shr_u", x, pe.c32(shift)));
}

/** Elements 1 to 3 of a, then element 0 of b. */
function nextWords(pe: Builder, a: Node, b: Node): Node {
  return pe.shuffle(a, b, upTo(16, 4));
}

/** Four rounds of SHA-1: `state` a..d, `e` in element 0, and the schedule's words with their constant added. */
function sha1Rounds(name: string, mix: (pe: Builder, x: Node, y: Node, z: Node) => Node): Routine {
  return routine(name, ["v128", "v128", "v128"], "v128", (pe, state, e, schedule) => {
    let [a, b, c, d] = [0, 1, 2, 3].map((i) => word(pe, state!, i)) as [Node, Node, Node, Node];
    let y = word(pe, e!, 0);
    for (let i = 0; i < 4; i++) {
      const mixed = pe.add(mix(pe, b, c, d), pe.add(y, word(pe, schedule!, i)));
      const sum = pe.let(pe.add(mixed, rotateLeft(pe, a, 5)));
      [a, b, c, d, y] = [sum, a, pe.let(rotateLeft(pe, b, 30)), c, d];
    }
    pe.return(fromWords(pe, [a, b, c, d]));
  });
}

/** Four rounds of SHA-256; the result is a..d (`part` 0) or e..h (`part` 1). */
function sha256Rounds(name: string, part: number): Routine {
  return routine(name, ["v128", "v128", "v128"], "v128", (pe, abcd, efgh, schedule) => {
    let [a, b, c, d] = [0, 1, 2, 3].map((i) => word(pe, abcd!, i)) as [Node, Node, Node, Node];
    let [e, f, g, h] = [0, 1, 2, 3].map((i) => word(pe, efgh!, i)) as [Node, Node, Node, Node];
    for (let i = 0; i < 4; i++) {
      const chosen = pe.add(choose(pe, e, f, g), pe.add(h, word(pe, schedule!, i)));
      const t = pe.let(pe.add(chosen, rotations(pe, e, [6, 11, 25])));
      const sum = pe.let(pe.add(pe.add(t, majority(pe, a, b, c)), rotations(pe, a, [2, 13, 22])));
      [a, b, c, d, e, f, g, h] = [sum, a, b, c, pe.let(pe.add(d, t)), e, f, g];
    }
    pe.return(fromWords(pe, part === 0 ? [a, b, c, d] : [e, f, g, h]));
  });
}

type Registers = { readonly d: VOperand; readonly n: VOperand; readonly m: VOperand };

/** How objdump writes the operands: Q and S registers, or vectors. */
type Style = "qsv" | "qqv" | "vvv";

function three(
  name: string,
  opcode: string,
  feature: Feature,
  style: Style,
  result: (pe: Builder, d: Node, n: Node, m: Node) => Node,
): Definition {
  const mnemonic = name.toLowerCase();
  return define(name, `01011110000 Rm 0 ${opcode} 00 Rn Rd`, {
    simd: true,
    feature,
    operands: (f): Registers => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector(f.Rm!) }),
    execute: (pe, _, { d, n, m }) => pe.writeV(d, result(pe, pe.readV(d), pe.readV(n), pe.readV(m))),
    assembly: (f) => {
      const text = (kind: string, r: number): string => (kind === "v" ? `v${r}.4s` : `${kind}${r}`);
      return `${mnemonic}\t${text(style[0]!, f.Rd!)}, ${text(style[1]!, f.Rn!)}, ${text(style[2]!, f.Rm!)}`;
    },
  });
}

const sha1Choose = sha1Rounds("SHA1C", choose);
const sha1Parity = sha1Rounds("SHA1P", parity);
const sha1Majority = sha1Rounds("SHA1M", majority);
const sha256First = sha256Rounds("SHA256H", 0);
const sha256Second = sha256Rounds("SHA256H2", 1);

export const threeRegisterSha = instructions("Cryptographic three-register SHA", [
  three("SHA1C", "000", "FEAT_SHA1", "qsv", (pe, d, n, m) => pe.call(sha1Choose, d, n, m)),
  three("SHA1P", "001", "FEAT_SHA1", "qsv", (pe, d, n, m) => pe.call(sha1Parity, d, n, m)),
  three("SHA1M", "010", "FEAT_SHA1", "qsv", (pe, d, n, m) => pe.call(sha1Majority, d, n, m)),
  three("SHA1SU0", "011", "FEAT_SHA1", "vvv", (pe, d, n, m) => {
    const middle = pe.shuffle(d, n, upTo(16, 8));
    return pe.op("v128.xor", pe.op("v128.xor", middle, d), m);
  }),
  three("SHA256H", "100", "FEAT_SHA256", "qqv", (pe, d, n, m) => pe.call(sha256First, d, n, m)),
  three("SHA256H2", "101", "FEAT_SHA256", "qqv", (pe, d, n, m) => pe.call(sha256Second, n, d, m)),
  three("SHA256SU1", "110", "FEAT_SHA256", "vvv", (pe, d, n, m) => {
    const base = pe.let(pe.op("i32x4.add", d, nextWords(pe, n, m)));
    const sigma = (v: Node): Node => smallSigma(pe, 2, v, 17, 19, 10);
    const last = pe.let(m);
    // The upper two words depend on the lower two.
    const lower = pe.let(pe.op("i32x4.add", base, sigma(pe.shuffle(last, last, [...upTo(8, 8), ...upTo(8)]))));
    const upper = pe.op("i32x4.add", base, sigma(pe.shuffle(lower, lower, [...upTo(8), ...upTo(8)])));
    return pe.shuffle(lower, upper, [...upTo(8), ...upTo(8, 24)]);
  }),
]);

function two(
  name: string,
  opcode: string,
  feature: Feature,
  scalar: boolean,
  result: (pe: Builder, d: Node, n: Node) => Node,
): Definition {
  const mnemonic = name.toLowerCase();
  return define(name, `0101111000 10100 ${opcode} 10 Rn Rd`, {
    simd: true,
    feature,
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!) }),
    execute: (pe, _, { d, n }) => pe.writeV(d, result(pe, pe.readV(d), pe.readV(n))),
    assembly: (f) => (scalar ? `${mnemonic}\ts${f.Rd}, s${f.Rn}` : `${mnemonic}\tv${f.Rd}.4s, v${f.Rn}.4s`),
  });
}

export const twoRegisterSha = instructions("Cryptographic two-register SHA", [
  two("SHA1H", "00000", "FEAT_SHA1", true, (pe, _, n) =>
    fromScalar(pe, rotateLeft(pe, pe.lane("i32x4.extract_lane", 0, n), 30)),
  ),
  two("SHA1SU1", "00001", "FEAT_SHA1", false, (pe, d, n) => {
    const sum = pe.let(pe.op("v128.xor", d, nextWords(pe, n, zeros(pe))));
    const rotated = pe.let(rotateElements(pe, 2, sum, 31));
    // The last word depends on the first: that is rotated once more and added.
    const first = pe.shuffle(zeros(pe), rotated, [...upTo(12), ...elementBytes(2, [4])]);
    return pe.op("v128.xor", rotated, rotateElements(pe, 2, pe.let(first), 31));
  }),
  two("SHA256SU0", "00010", "FEAT_SHA256", false, (pe, d, n) => {
    const old = pe.let(d);
    return pe.op("i32x4.add", old, smallSigma(pe, 2, nextWords(pe, old, n), 7, 18, 3));
  }),
]);
