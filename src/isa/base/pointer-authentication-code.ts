import { type Builder, type Node, type Routine, routine } from "../../ir/index.js";
import { systemRegister } from "../system-registers/registry.js";

/**
 * Pointer authentication (Arm ARM D8.9; pseudocode AddPAC, Auth, Strip), without EnhancedPAC, PAuth2 and FPAC: a
 * pointer that fails is made non-canonical. The algorithm is IMPLEMENTATION DEFINED: XXH64 with seed 1 over pointer,
 * modifier and key, less its last step that counts the length. QEMU's "pauth-impdef" gives the same codes.
 */

const primes = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n] as const;
const seed = 1n;

/** ComputePAC: pointer, modifier, low and high half of the key. */
const computePac = routine(
  "ComputePAC",
  ["i64", "i64", "i64", "i64"],
  "i64",
  (pe, pointer, modifier, keyLow, keyHigh) => {
    const constant = (value: bigint): Node => pe.c64(BigInt.asIntN(64, value));
    const [p1, p2, p3, p4] = primes.map(constant) as [Node, Node, Node, Node];
    const rotate = (value: Node, amount: number): Node => pe.op("i64.rotl", value, pe.c64(amount));
    const round = (sum: Node, input: Node): Node => pe.mul(rotate(pe.add(sum, pe.mul(input, p2)), 31), p1);
    const starts = [seed + primes[0] + primes[1], seed + primes[1], seed, seed - primes[0]].map(constant);
    const lanes = [pointer, modifier, keyLow, keyHigh].map((input, i) => pe.let(round(starts[i]!, input)));
    const [first, second, third, fourth] = [1, 7, 12, 18].map((amount, i) => rotate(lanes[i]!, amount));
    let hash = pe.let(pe.add(pe.add(first!, second!), pe.add(third!, fourth!)));
    for (const lane of lanes) hash = pe.let(pe.add(pe.mul(pe.xor(hash, round(pe.c64(0), lane)), p1), p4));
    const fold = (value: Node, shift: number): Node => pe.xor(value, pe.shrU(value, pe.c64(shift)));
    hash = pe.let(pe.mul(fold(hash, 33), p2));
    hash = pe.let(pe.mul(fold(hash, 29), p3));
    pe.return(fold(hash, 32));
  },
);

const bit64 = (pe: Builder, value: Node, at: number): Node => pe.and(pe.low32(pe.shrU(value, pe.c64(at))), pe.c32(1));

const HCR_TGE = 27;
const HCR_E2H = 34;
const HCR_API = 41;
const SCR_API = 17;

/** The stage 1 regime that the current exception level's addresses belong to. */
function regime(pe: Builder): { el3: Node; el2: Node; twoRanges: Node } {
  const el = pe.let(pe.readState("el"));
  const hcr = pe.let(pe.readSystemSlot(systemRegister("HCR_EL2").slot));
  const e2h = pe.let(bit64(pe, hcr, HCR_E2H));
  const hosted = pe.and(pe.eqz(el), pe.and(e2h, bit64(pe, hcr, HCR_TGE)));
  const at2 = pe.eq(el, pe.c32(2));
  return {
    el3: pe.let(pe.eq(el, pe.c32(3))),
    el2: pe.let(pe.or(at2, hosted)),
    twoRanges: pe.let(pe.or(pe.ltU(el, pe.c32(2)), pe.and(at2, e2h))),
  };
}

function ofRegime(pe: Builder, r: ReturnType<typeof regime>, name: string): Node {
  const [one, two, three] = [1, 2, 3].map((el) => pe.readSystemSlot(systemRegister(`${name}_EL${el}`).slot));
  return pe.select(r.el3, three!, pe.select(r.el2, two!, one!));
}

/** SCTLR_ELx of the regime, its low word: EnIA, EnIB, EnDA and EnDB are there. */
export const pointerAuthenticationControl: Routine = routine("SCTLR of the regime", [], "i32", (pe) =>
  pe.return(pe.low32(ofRegime(pe, regime(pe), "SCTLR"))),
);

/** Whether an enabled instruction may be trapped: the machine then looks closer. */
export function mayTrap(pe: Builder): Node {
  const el = pe.let(pe.readState("el"));
  const hcr = pe.readSystemSlot(systemRegister("HCR_EL2").slot);
  const scr = pe.readSystemSlot(systemRegister("SCR_EL3").slot);
  const by2 = pe.and(pe.ltU(el, pe.c32(2)), pe.eqz(bit64(pe, hcr, HCR_API)));
  const by3 = pe.and(pe.ltU(el, pe.c32(3)), pe.eqz(bit64(pe, scr, SCR_API)));
  return pe.or(by2, by3);
}

interface Layout {
  /** Lowest bit of the code, for the lower and the upper range (i64). */
  readonly bottoms: readonly [Node, Node];
  /** Whether the top byte is ignored there (i32, 0 or 1). */
  readonly ignored: readonly [Node, Node];
}

/** CalculateBottomPACBit and EffectiveTBI for both ranges; `data` (i32) tells data from instruction addresses. */
function layout(pe: Builder, data: Node): Layout {
  const r = regime(pe);
  const tcr = pe.let(ofRegime(pe, r, "TCR"));
  const bottom = (at: number): Node => {
    const size = pe.let(pe.and(pe.shrU(tcr, pe.c64(at)), pe.c64(63)));
    const atLeast = pe.let(pe.select(pe.ltU(size, pe.c64(16)), pe.c64(16), size));
    return pe.sub(pe.c64(64), pe.select(pe.gtU(atLeast, pe.c64(48)), pe.c64(48), atLeast));
  };
  const ignore = (tbi: number, tbid: number): Node =>
    pe.and(bit64(pe, tcr, tbi), pe.or(data, pe.eqz(bit64(pe, tcr, tbid))));
  const low = pe.let(bottom(0));
  const lowIgnored = pe.let(pe.select(r.twoRanges, ignore(37, 51), ignore(20, 29)));
  return {
    bottoms: [low, pe.let(pe.select(r.twoRanges, bottom(16), low))],
    ignored: [lowIgnored, pe.let(pe.select(r.twoRanges, ignore(38, 52), lowIgnored))],
  };
}

/** Bits `from` (i64) to 63. */
const upwards = (pe: Builder, from: Node): Node => pe.shl(pe.c64(-1), from);
const selectBit = 1n << 55n;
const topByte = BigInt.asIntN(64, 0xffn << 56n);

/** Bits that hold the code: `bottom` to 54, and the top byte unless it is ignored. */
function codeMask(pe: Builder, bottom: Node, ignored: Node): Node {
  const kept = pe.select(ignored, pe.c64(topByte | selectBit), pe.c64(selectBit));
  return pe.and(upwards(pe, bottom), pe.not(kept));
}

/** `pointer` with bits `bottom` to 63, or to 55 under a tag, all equal to `sign` (0 or -1). */
function extend(pe: Builder, pointer: Node, sign: Node, bottom: Node, ignored: Node): Node {
  const mask = pe.let(pe.and(upwards(pe, bottom), pe.select(ignored, pe.c64(~topByte), pe.c64(-1))));
  return pe.or(pe.and(pointer, pe.not(mask)), pe.and(sign, mask));
}

/** AddPAC: pointer, modifier, low and high half of the key, and whether it is a data address. */
export const addPac: Routine = routine(
  "AddPAC",
  ["i64", "i64", "i64", "i64", "i32"],
  "i64",
  (pe, pointer, modifier, keyLow, keyHigh, data) => {
    const { bottoms, ignored } = layout(pe, data);
    const tagged = pe.let(pe.select(bit64(pe, pointer, 55), ignored[1], ignored[0]));
    const upper = pe.let(pe.select(pe.or(ignored[0], ignored[1]), bit64(pe, pointer, 55), bit64(pe, pointer, 63)));
    const bottom = pe.let(pe.select(upper, bottoms[1], bottoms[0]));
    const sign = pe.let(pe.sub(pe.c64(0), pe.zeroExtend(upper)));
    const extended = pe.let(extend(pe, pointer, sign, bottom, tagged));
    const code = pe.let(pe.call(computePac, extended, modifier, keyLow, keyHigh));
    // A pointer that wasn't canonical must not become one that authenticates: one bit of its code is turned over.
    const canonicalMask = pe.let(pe.and(upwards(pe, bottom), pe.select(tagged, pe.c64((1n << 56n) - 1n), pe.c64(-1))));
    const checked = pe.let(pe.and(pointer, canonicalMask));
    const bad = pe.and(pe.ne(checked, pe.c64(0)), pe.ne(checked, canonicalMask));
    const spoilt = pe.select(tagged, pe.c64(1n << 54n), pe.c64(1n << 62n));
    const mask = pe.let(codeMask(pe, bottom, tagged));
    const final = pe.xor(code, pe.select(bad, spoilt, pe.c64(0)));
    pe.return(pe.or(pe.and(final, mask), pe.and(extended, pe.not(mask))));
  },
);

/** Auth: as {@link addPac}, then which key it was (0 for A, 1 for B). */
export const authenticate: Routine = routine(
  "Auth",
  ["i64", "i64", "i64", "i64", "i32", "i32"],
  "i64",
  (pe, pointer, modifier, keyLow, keyHigh, data, keyNumber) => {
    const { bottoms, ignored } = layout(pe, data);
    const upper = pe.let(bit64(pe, pointer, 55));
    const tagged = pe.let(pe.select(upper, ignored[1], ignored[0]));
    const bottom = pe.let(pe.select(upper, bottoms[1], bottoms[0]));
    const sign = pe.sub(pe.c64(0), pe.zeroExtend(upper));
    const original = pe.let(extend(pe, pointer, sign, bottom, tagged));
    const code = pe.call(computePac, original, modifier, keyLow, keyHigh);
    const wrong = pe.and(pe.xor(code, pointer), codeMask(pe, bottom, tagged));
    pe.if(pe.eqz(wrong), () => pe.return(original));
    // An error code, keyNumber:NOT(keyNumber), at bits 54 and 53, or 62 and 61.
    const at = pe.let(pe.select(tagged, pe.c64(53), pe.c64(61)));
    const error = pe.select(keyNumber, pe.c64(2), pe.c64(1));
    pe.return(pe.or(pe.and(original, pe.not(pe.shl(pe.c64(3), at))), pe.shl(error, at)));
  },
);

/** Strip: pointer, and whether it is a data address. */
export const strip: Routine = routine("Strip", ["i64", "i32"], "i64", (pe, pointer, data) => {
  const { bottoms, ignored } = layout(pe, data);
  const upper = pe.let(bit64(pe, pointer, 55));
  const sign = pe.sub(pe.c64(0), pe.zeroExtend(upper));
  const tagged = pe.select(upper, ignored[1], ignored[0]);
  pe.return(extend(pe, pointer, sign, pe.select(upper, bottoms[1], bottoms[0]), tagged));
});

/** PACGA: the upper half of the code. */
export const genericCode: Routine = routine(
  "PACGA",
  ["i64", "i64", "i64", "i64"],
  "i64",
  (pe, value, modifier, low, high) =>
    pe.return(pe.and(pe.call(computePac, value, modifier, low, high), pe.c64(BigInt.asIntN(64, 0xffffffffn << 32n)))),
);
