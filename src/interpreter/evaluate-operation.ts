import { type Operation, operation } from "../ir/index.js";

/**
 * WebAssembly's pure operations on plain values, for the reference evaluator: i32 and i64 are unsigned bigints, f32 and
 * f64 are their bit patterns as unsigned bigints, v128 is an unsigned bigint with lane 0 lowest.
 */
export type Value = bigint;

const mask32 = 0xffff_ffffn;
const mask64 = 0xffff_ffff_ffff_ffffn;
const bits = new DataView(new ArrayBuffer(8));

export function toF64(v: Value): number {
  bits.setBigUint64(0, v);
  return bits.getFloat64(0);
}
export function fromF64(v: number): Value {
  bits.setFloat64(0, v);
  return bits.getBigUint64(0);
}
export function toF32(v: Value): number {
  bits.setUint32(0, Number(v));
  return bits.getFloat32(0);
}
export function fromF32(v: number): Value {
  bits.setFloat32(0, v);
  return BigInt(bits.getUint32(0));
}

function signed(v: Value, width: number): bigint {
  return BigInt.asIntN(width, v);
}
function unsigned(v: bigint, width: number): Value {
  return BigInt.asUintN(width, v);
}

function integer(op: string, w: number, a: Value, b: Value): Value {
  const bw = BigInt(w);
  const sa = (): bigint => signed(a, w);
  const sb = (): bigint => signed(b, w);
  const bool = (x: boolean): Value => (x ? 1n : 0n);
  switch (op) {
    case "eqz":
      return bool(a === 0n);
    case "eq":
      return bool(a === b);
    case "ne":
      return bool(a !== b);
    case "lt_s":
      return bool(sa() < sb());
    case "lt_u":
      return bool(a < b);
    case "gt_s":
      return bool(sa() > sb());
    case "gt_u":
      return bool(a > b);
    case "le_s":
      return bool(sa() <= sb());
    case "le_u":
      return bool(a <= b);
    case "ge_s":
      return bool(sa() >= sb());
    case "ge_u":
      return bool(a >= b);
    case "clz":
      return BigInt(w - (a === 0n ? 0 : a.toString(2).length));
    case "ctz": {
      if (a === 0n) return bw;
      let n = 0n;
      while (((a >> n) & 1n) === 0n) n++;
      return n;
    }
    case "popcnt":
      return BigInt(a.toString(2).replaceAll("0", "").length);
    case "add":
      return unsigned(a + b, w);
    case "sub":
      return unsigned(a - b, w);
    case "mul":
      return unsigned(a * b, w);
    case "div_s":
      return unsigned(sa() / sb(), w);
    case "div_u":
      return a / b;
    case "rem_s":
      return unsigned(sa() % sb(), w);
    case "rem_u":
      return a % b;
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shl":
      return unsigned(a << (b % bw), w);
    case "shr_s":
      return unsigned(sa() >> (b % bw), w);
    case "shr_u":
      return a >> (b % bw);
    case "rotl":
      return unsigned((a << (b % bw)) | (a >> ((bw - (b % bw)) % bw)), w);
    case "rotr":
      return b % bw === 0n ? a : unsigned((a >> (b % bw)) | (a << (bw - (b % bw))), w);
    case "extend8_s":
      return unsigned(signed(a, 8), w);
    case "extend16_s":
      return unsigned(signed(a, 16), w);
    case "extend32_s":
      return unsigned(signed(a, 32), w);
    case "abs":
      return unsigned(sa() < 0n ? -sa() : sa(), w);
    case "neg":
      return unsigned(-a, w);
    case "min_s":
      return sa() < sb() ? a : b;
    case "min_u":
      return a < b ? a : b;
    case "max_s":
      return sa() > sb() ? a : b;
    case "max_u":
      return a > b ? a : b;
    case "add_sat_s":
      return saturate(sa() + sb(), w, true);
    case "add_sat_u":
      return saturate(a + b, w, false);
    case "sub_sat_s":
      return saturate(sa() - sb(), w, true);
    case "sub_sat_u":
      return saturate(a - b, w, false);
    case "avgr_u":
      return (a + b + 1n) >> 1n;
    case "q15mulr_sat_s":
      return saturate((sa() * sb() + 0x4000n) >> 15n, w, true);
    default:
      throw new Error(`integer operation ${op}`);
  }
}

function saturate(v: bigint, w: number, isSigned: boolean): Value {
  const low = isSigned ? -(1n << BigInt(w - 1)) : 0n;
  const high = isSigned ? (1n << BigInt(w - 1)) - 1n : (1n << BigInt(w)) - 1n;
  return unsigned(v < low ? low : v > high ? high : v, w);
}

function roundToEven(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 4503599627370496) return x;
  const floor = Math.floor(x);
  const difference = x - floor;
  const even = floor % 2 === 0 ? floor : floor + 1;
  const r = difference < 0.5 ? floor : difference > 0.5 ? floor + 1 : even;
  return r === 0 && (x < 0 || Object.is(x, -0)) ? -0 : r;
}

/** f32 and f64 alike: `w` says which. Single precision rounds double arithmetic once more, which is exact for these. */
function float(op: string, w: number, a: Value, b: Value): Value {
  const to = w === 64 ? toF64 : toF32;
  const from = w === 64 ? fromF64 : fromF32;
  const sign = 1n << BigInt(w - 1);
  const bool = (x: boolean): Value => (x ? 1n : 0n);
  switch (op) {
    case "abs":
      return a & (sign - 1n);
    case "neg":
      return a ^ sign;
    case "copysign":
      return (a & (sign - 1n)) | (b & sign);
  }
  const x = to(a);
  const y = to(b);
  switch (op) {
    case "eq":
      return bool(x === y);
    case "ne":
      return bool(x !== y);
    case "lt":
      return bool(x < y);
    case "gt":
      return bool(x > y);
    case "le":
      return bool(x <= y);
    case "ge":
      return bool(x >= y);
    case "ceil":
      return from(Math.ceil(x));
    case "floor":
      return from(Math.floor(x));
    case "trunc":
      return from(Math.trunc(x));
    case "nearest":
      return from(roundToEven(x));
    case "sqrt":
      return from(Math.sqrt(x));
    case "add":
      return from(x + y);
    case "sub":
      return from(x - y);
    case "mul":
      return from(x * y);
    case "div":
      return from(x / y);
    case "min":
      return from(Math.min(x, y));
    case "max":
      return from(Math.max(x, y));
    case "pmin":
      return y < x ? b : a;
    case "pmax":
      return x < y ? b : a;
    default:
      throw new Error(`float operation ${op}`);
  }
}

function truncateSaturate(x: number, w: number, isSigned: boolean): Value {
  if (Number.isNaN(x)) return 0n;
  if (!Number.isFinite(x)) return saturate(x > 0 ? 1n << 80n : -(1n << 80n), w, isSigned);
  return saturate(BigInt(Math.trunc(x)), w, isSigned);
}

/** Converts an integer to single precision with one rounding. */
function integerToF32(v: bigint): Value {
  const negative = v < 0n;
  let m = negative ? -v : v;
  const length = m === 0n ? 0 : m.toString(2).length;
  if (length > 53) {
    // Keep a sticky bit below double precision so that the second rounding sees it.
    const drop = BigInt(length - 53);
    const sticky = (m & ((1n << drop) - 1n)) !== 0n ? 1n : 0n;
    m = ((m >> drop) | sticky) << drop;
  }
  const f = Math.fround(Number(m));
  return fromF32(negative ? -f : f);
}

const shapes: {
  readonly [shape: string]: { readonly lanes: number; readonly width: number; readonly float: boolean };
} = {
  i8x16: { lanes: 16, width: 8, float: false },
  i16x8: { lanes: 8, width: 16, float: false },
  i32x4: { lanes: 4, width: 32, float: false },
  i64x2: { lanes: 2, width: 64, float: false },
  f32x4: { lanes: 4, width: 32, float: true },
  f64x2: { lanes: 2, width: 64, float: true },
};

export function extractLane(v: Value, lane: number, width: number): Value {
  return (v >> BigInt(lane * width)) & ((1n << BigInt(width)) - 1n);
}
export function replaceLane(v: Value, lane: number, width: number, x: Value): Value {
  const m = ((1n << BigInt(width)) - 1n) << BigInt(lane * width);
  return (v & ~m) | (unsigned(x, width) << BigInt(lane * width));
}
function fromLanes(width: number, count: number, lane: (i: number) => Value): Value {
  let r = 0n;
  for (let i = 0; i < count; i++) r |= unsigned(lane(i), width) << BigInt(i * width);
  return r;
}

function vector(o: Operation, lane: number, a: Value, b: Value, c: Value): Value {
  const [shape, op] = o.name.split(".") as [string, string];
  if (shape === "v128") {
    const all = (1n << 128n) - 1n;
    switch (op) {
      case "not":
        return a ^ all;
      case "and":
        return a & b;
      case "andnot":
        return a & (b ^ all);
      case "or":
        return a | b;
      case "xor":
        return a ^ b;
      case "bitselect":
        return (a & c) | (b & (c ^ all));
      case "any_true":
        return a !== 0n ? 1n : 0n;
    }
  }
  const s = shapes[shape]!;
  const { lanes, width } = s;
  const A = (i: number): Value => extractLane(a, i, width);
  const B = (i: number): Value => extractLane(b, i, width);
  const each = (f: (x: Value, y: Value) => Value): Value => fromLanes(width, lanes, (i) => f(A(i), B(i)));
  const ones = (1n << BigInt(width)) - 1n;
  const half = width / 2;
  const double = width * 2;
  let m: RegExpExecArray | null;
  switch (op) {
    case "splat":
      return fromLanes(width, lanes, () => a);
    case "swizzle":
      return each((_, y) => (y < 16n ? A(Number(y)) : 0n));
    case "extract_lane":
    case "extract_lane_u":
      return A(lane);
    case "extract_lane_s":
      return unsigned(signed(A(lane), width), 32);
    case "replace_lane":
      return replaceLane(a, lane, width, b);
    case "all_true": {
      for (let i = 0; i < lanes; i++) if (A(i) === 0n) return 0n;
      return 1n;
    }
    case "bitmask":
      return fromLanes(1, lanes, (i) => A(i) >> BigInt(width - 1));
    case "shl":
    case "shr_s":
    case "shr_u":
      return fromLanes(width, lanes, (i) => integer(op, width, A(i), b));
    case "demote_f64x2_zero":
      return fromLanes(32, 2, (i) => fromF32(toF64(extractLane(a, i, 64))));
    case "promote_low_f32x4":
      return fromLanes(64, 2, (i) => fromF64(toF32(extractLane(a, i, 32))));
    case "dot_i16x8_s":
      return fromLanes(32, 4, (i) => {
        const p = (k: number): bigint => signed(extractLane(a, k, 16), 16) * signed(extractLane(b, k, 16), 16);
        return p(2 * i) + p(2 * i + 1);
      });
    case "trunc_sat_f32x4_s":
    case "trunc_sat_f32x4_u":
      return each((x) => truncateSaturate(toF32(x), 32, op.endsWith("s")));
    case "trunc_sat_f64x2_s_zero":
    case "trunc_sat_f64x2_u_zero":
      return fromLanes(32, 2, (i) => truncateSaturate(toF64(extractLane(a, i, 64)), 32, op.includes("_s_")));
    case "convert_i32x4_s":
      return each((x) => integerToF32(signed(x, 32)));
    case "convert_i32x4_u":
      return each((x) => integerToF32(x));
    case "convert_low_i32x4_s":
      return fromLanes(64, 2, (i) => fromF64(Number(signed(extractLane(a, i, 32), 32))));
    case "convert_low_i32x4_u":
      return fromLanes(64, 2, (i) => fromF64(Number(extractLane(a, i, 32))));
  }
  if ((m = /^narrow_\w+_([su])$/.exec(op))) {
    const isSigned = m[1] === "s";
    return fromLanes(width, lanes, (i) => {
      const from = i < lanes / 2 ? a : b;
      return saturate(signed(extractLane(from, i % (lanes / 2), double), double), width, isSigned);
    });
  }
  if ((m = /^extend_(low|high)_\w+_([su])$/.exec(op))) {
    const base = m[1] === "high" ? lanes : 0;
    return fromLanes(width, lanes, (i) => {
      const x = extractLane(a, base + i, half);
      return m![2] === "s" ? signed(x, half) : x;
    });
  }
  if ((m = /^extmul_(low|high)_\w+_([su])$/.exec(op))) {
    const base = m[1] === "high" ? lanes : 0;
    const get = (v: Value, i: number): bigint =>
      m![2] === "s" ? signed(extractLane(v, base + i, half), half) : extractLane(v, base + i, half);
    return fromLanes(width, lanes, (i) => get(a, i) * get(b, i));
  }
  if ((m = /^extadd_pairwise_\w+_([su])$/.exec(op))) {
    const get = (i: number): bigint =>
      m![1] === "s" ? signed(extractLane(a, i, half), half) : extractLane(a, i, half);
    return fromLanes(width, lanes, (i) => get(2 * i) + get(2 * i + 1));
  }
  if (s.float) {
    const compare = /^(eq|ne|lt|gt|le|ge)$/.test(op);
    return each((x, y) => (compare ? (float(op, width, x, y) === 1n ? ones : 0n) : float(op, width, x, y)));
  }
  const compare = /^(eq|ne|lt|gt|le|ge)(_[su])?$/.test(op);
  return each((x, y) => (compare ? (integer(op, width, x, y) === 1n ? ones : 0n) : integer(op, width, x, y)));
}

/** Applies operation `name` (with lane number `lane`, where it has one). */
export function evaluateOperation(name: string, lane: number, a: Value, b: Value, c: Value): Value {
  const o = operation(name);
  if (o.prefix === 0xfd) return vector(o, lane, a, b, c);
  const [group, op] = name.split(".") as [string, string];
  const source = o.args[0]!;
  switch (name) {
    case "i32.wrap_i64":
      return a & mask32;
    case "i64.extend_i32_s":
      return unsigned(signed(a, 32), 64);
    case "i64.extend_i32_u":
      return a;
    case "f32.demote_f64":
      return fromF32(toF64(a));
    case "f64.promote_f32":
      return fromF64(toF32(a));
    case "i32.reinterpret_f32":
    case "f32.reinterpret_i32":
    case "i64.reinterpret_f64":
    case "f64.reinterpret_i64":
      return a;
  }
  if (op.startsWith("convert_")) {
    const width = op.includes("i32") ? 32 : 64;
    const x = op.endsWith("_s") ? signed(a, width) : a;
    return group === "f64" ? fromF64(Number(x)) : integerToF32(x);
  }
  if (op.startsWith("trunc_sat_")) {
    return truncateSaturate(source === "f64" ? toF64(a) : toF32(a), group === "i64" ? 64 : 32, op.endsWith("_s"));
  }
  const width = source === "i64" || source === "f64" ? 64 : 32;
  if (source === "f32" || source === "f64") return float(op, width, a, b);
  return integer(op, width, a, b) & mask64;
}
