import type { Type } from "./type.js";

/** A pure WebAssembly operation: its opcode bytes and its signature. */
export interface Operation {
  readonly name: string;
  /** Opcode: one byte, or the 0xfd (SIMD) or 0xfc prefix and the number after it. */
  readonly prefix: 0 | 0xfc | 0xfd;
  readonly code: number;
  readonly args: readonly Type[];
  readonly result: Type;
  /** Lanes selected by an immediate byte: the number of lanes, or 0. */
  readonly lanes: number;
}

const table = new Map<string, Operation>();

function add(prefix: 0 | 0xfc | 0xfd, code: number, name: string, args: Type[], result: Type, lanes = 0): void {
  table.set(name, { name, prefix, code, args, result, lanes });
}

/** Adds consecutive opcodes that share a signature; "-" leaves a code out. */
function run(prefix: 0 | 0xfc | 0xfd, first: number, group: string, names: string, args: Type[], result: Type): void {
  names.split(" ").forEach((name, i) => {
    if (name !== "-") add(prefix, first + i, `${group}.${name}`, args, result);
  });
}

const integerCompare = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const floatCompare = "eq ne lt gt le ge";
const integerBinary = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const floatUnary = "abs neg ceil floor trunc nearest sqrt";
const floatBinary = "add sub mul div min max copysign";
const v = "v128" as const;

// Scalar operations: WebAssembly core specification 2.0, section 5.4.7.
run(0, 0x45, "i32", "eqz", ["i32"], "i32");
run(0, 0x46, "i32", integerCompare, ["i32", "i32"], "i32");
run(0, 0x50, "i64", "eqz", ["i64"], "i32");
run(0, 0x51, "i64", integerCompare, ["i64", "i64"], "i32");
run(0, 0x5b, "f32", floatCompare, ["f32", "f32"], "i32");
run(0, 0x61, "f64", floatCompare, ["f64", "f64"], "i32");
run(0, 0x67, "i32", "clz ctz popcnt", ["i32"], "i32");
run(0, 0x6a, "i32", integerBinary, ["i32", "i32"], "i32");
run(0, 0x79, "i64", "clz ctz popcnt", ["i64"], "i64");
run(0, 0x7c, "i64", integerBinary, ["i64", "i64"], "i64");
run(0, 0x8b, "f32", floatUnary, ["f32"], "f32");
run(0, 0x92, "f32", floatBinary, ["f32", "f32"], "f32");
run(0, 0x99, "f64", floatUnary, ["f64"], "f64");
run(0, 0xa0, "f64", floatBinary, ["f64", "f64"], "f64");
add(0, 0xa7, "i32.wrap_i64", ["i64"], "i32");
add(0, 0xac, "i64.extend_i32_s", ["i32"], "i64");
add(0, 0xad, "i64.extend_i32_u", ["i32"], "i64");
add(0, 0xb2, "f32.convert_i32_s", ["i32"], "f32");
add(0, 0xb3, "f32.convert_i32_u", ["i32"], "f32");
add(0, 0xb4, "f32.convert_i64_s", ["i64"], "f32");
add(0, 0xb5, "f32.convert_i64_u", ["i64"], "f32");
add(0, 0xb6, "f32.demote_f64", ["f64"], "f32");
add(0, 0xb7, "f64.convert_i32_s", ["i32"], "f64");
add(0, 0xb8, "f64.convert_i32_u", ["i32"], "f64");
add(0, 0xb9, "f64.convert_i64_s", ["i64"], "f64");
add(0, 0xba, "f64.convert_i64_u", ["i64"], "f64");
add(0, 0xbb, "f64.promote_f32", ["f32"], "f64");
add(0, 0xbc, "i32.reinterpret_f32", ["f32"], "i32");
add(0, 0xbd, "i64.reinterpret_f64", ["f64"], "i64");
add(0, 0xbe, "f32.reinterpret_i32", ["i32"], "f32");
add(0, 0xbf, "f64.reinterpret_i64", ["i64"], "f64");
run(0, 0xc0, "i32", "extend8_s extend16_s", ["i32"], "i32");
run(0, 0xc2, "i64", "extend8_s extend16_s extend32_s", ["i64"], "i64");
add(0xfc, 0, "i32.trunc_sat_f32_s", ["f32"], "i32");
add(0xfc, 1, "i32.trunc_sat_f32_u", ["f32"], "i32");
add(0xfc, 2, "i32.trunc_sat_f64_s", ["f64"], "i32");
add(0xfc, 3, "i32.trunc_sat_f64_u", ["f64"], "i32");
add(0xfc, 4, "i64.trunc_sat_f32_s", ["f32"], "i64");
add(0xfc, 5, "i64.trunc_sat_f32_u", ["f32"], "i64");
add(0xfc, 6, "i64.trunc_sat_f64_s", ["f64"], "i64");
add(0xfc, 7, "i64.trunc_sat_f64_u", ["f64"], "i64");

// Vector operations: same section, "vector instructions".
add(0xfd, 14, "i8x16.swizzle", [v, v], v);
add(0xfd, 15, "i8x16.splat", ["i32"], v);
add(0xfd, 16, "i16x8.splat", ["i32"], v);
add(0xfd, 17, "i32x4.splat", ["i32"], v);
add(0xfd, 18, "i64x2.splat", ["i64"], v);
add(0xfd, 19, "f32x4.splat", ["f32"], v);
add(0xfd, 20, "f64x2.splat", ["f64"], v);
add(0xfd, 21, "i8x16.extract_lane_s", [v], "i32", 16);
add(0xfd, 22, "i8x16.extract_lane_u", [v], "i32", 16);
add(0xfd, 23, "i8x16.replace_lane", [v, "i32"], v, 16);
add(0xfd, 24, "i16x8.extract_lane_s", [v], "i32", 8);
add(0xfd, 25, "i16x8.extract_lane_u", [v], "i32", 8);
add(0xfd, 26, "i16x8.replace_lane", [v, "i32"], v, 8);
add(0xfd, 27, "i32x4.extract_lane", [v], "i32", 4);
add(0xfd, 28, "i32x4.replace_lane", [v, "i32"], v, 4);
add(0xfd, 29, "i64x2.extract_lane", [v], "i64", 2);
add(0xfd, 30, "i64x2.replace_lane", [v, "i64"], v, 2);
add(0xfd, 31, "f32x4.extract_lane", [v], "f32", 4);
add(0xfd, 32, "f32x4.replace_lane", [v, "f32"], v, 4);
add(0xfd, 33, "f64x2.extract_lane", [v], "f64", 2);
add(0xfd, 34, "f64x2.replace_lane", [v, "f64"], v, 2);
run(0xfd, 35, "i8x16", integerCompare, [v, v], v);
run(0xfd, 45, "i16x8", integerCompare, [v, v], v);
run(0xfd, 55, "i32x4", integerCompare, [v, v], v);
run(0xfd, 65, "f32x4", floatCompare, [v, v], v);
run(0xfd, 71, "f64x2", floatCompare, [v, v], v);
add(0xfd, 77, "v128.not", [v], v);
run(0xfd, 78, "v128", "and andnot or xor", [v, v], v);
add(0xfd, 82, "v128.bitselect", [v, v, v], v);
add(0xfd, 83, "v128.any_true", [v], "i32");
add(0xfd, 94, "f32x4.demote_f64x2_zero", [v], v);
add(0xfd, 95, "f64x2.promote_low_f32x4", [v], v);
run(0xfd, 96, "i8x16", "abs neg popcnt", [v], v);
add(0xfd, 99, "i8x16.all_true", [v], "i32");
add(0xfd, 100, "i8x16.bitmask", [v], "i32");
run(0xfd, 101, "i8x16", "narrow_i16x8_s narrow_i16x8_u", [v, v], v);
run(0xfd, 103, "f32x4", "ceil floor trunc nearest", [v], v);
run(0xfd, 107, "i8x16", "shl shr_s shr_u", [v, "i32"], v);
run(0xfd, 110, "i8x16", "add add_sat_s add_sat_u sub sub_sat_s sub_sat_u", [v, v], v);
run(0xfd, 116, "f64x2", "ceil floor", [v], v);
run(0xfd, 118, "i8x16", "min_s min_u max_s max_u", [v, v], v);
add(0xfd, 122, "f64x2.trunc", [v], v);
add(0xfd, 123, "i8x16.avgr_u", [v, v], v);
run(0xfd, 124, "i16x8", "extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u", [v], v);
run(0xfd, 126, "i32x4", "extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u", [v], v);
run(0xfd, 128, "i16x8", "abs neg", [v], v);
add(0xfd, 130, "i16x8.q15mulr_sat_s", [v, v], v);
add(0xfd, 131, "i16x8.all_true", [v], "i32");
add(0xfd, 132, "i16x8.bitmask", [v], "i32");
run(0xfd, 133, "i16x8", "narrow_i32x4_s narrow_i32x4_u", [v, v], v);
run(0xfd, 135, "i16x8", "extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u", [v], v);
run(0xfd, 139, "i16x8", "shl shr_s shr_u", [v, "i32"], v);
run(0xfd, 142, "i16x8", "add add_sat_s add_sat_u sub sub_sat_s sub_sat_u", [v, v], v);
add(0xfd, 148, "f64x2.nearest", [v], v);
run(0xfd, 149, "i16x8", "mul min_s min_u max_s max_u", [v, v], v);
add(0xfd, 155, "i16x8.avgr_u", [v, v], v);
run(0xfd, 156, "i16x8", "extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u", [v, v], v);
run(0xfd, 160, "i32x4", "abs neg", [v], v);
add(0xfd, 163, "i32x4.all_true", [v], "i32");
add(0xfd, 164, "i32x4.bitmask", [v], "i32");
run(0xfd, 167, "i32x4", "extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u", [v], v);
run(0xfd, 171, "i32x4", "shl shr_s shr_u", [v, "i32"], v);
run(0xfd, 174, "i32x4", "add - - sub - - - mul min_s min_u max_s max_u dot_i16x8_s", [v, v], v);
run(0xfd, 188, "i32x4", "extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u", [v, v], v);
run(0xfd, 192, "i64x2", "abs neg", [v], v);
add(0xfd, 195, "i64x2.all_true", [v], "i32");
add(0xfd, 196, "i64x2.bitmask", [v], "i32");
run(0xfd, 199, "i64x2", "extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u", [v], v);
run(0xfd, 203, "i64x2", "shl shr_s shr_u", [v, "i32"], v);
run(0xfd, 206, "i64x2", "add - - sub - - - mul", [v, v], v);
run(0xfd, 214, "i64x2", "eq ne lt_s gt_s le_s ge_s", [v, v], v);
run(0xfd, 220, "i64x2", "extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u", [v, v], v);
run(0xfd, 224, "f32x4", "abs neg - sqrt", [v], v);
run(0xfd, 228, "f32x4", "add sub mul div min max pmin pmax", [v, v], v);
run(0xfd, 236, "f64x2", "abs neg - sqrt", [v], v);
run(0xfd, 240, "f64x2", "add sub mul div min max pmin pmax", [v, v], v);
add(0xfd, 248, "i32x4.trunc_sat_f32x4_s", [v], v);
add(0xfd, 249, "i32x4.trunc_sat_f32x4_u", [v], v);
add(0xfd, 250, "f32x4.convert_i32x4_s", [v], v);
add(0xfd, 251, "f32x4.convert_i32x4_u", [v], v);
add(0xfd, 252, "i32x4.trunc_sat_f64x2_s_zero", [v], v);
add(0xfd, 253, "i32x4.trunc_sat_f64x2_u_zero", [v], v);
add(0xfd, 254, "f64x2.convert_low_i32x4_s", [v], v);
add(0xfd, 255, "f64x2.convert_low_i32x4_u", [v], v);
// A relaxed vector instruction of version 3.0: only in what Routine.fused gives.
add(0xfd, 0x107, "f64x2.relaxed_madd", [v, v, v], v);

/** Every pure WebAssembly operation that semantics may use, by its name in the specification. */
export const operations: ReadonlyMap<string, Operation> = table;

/** The operation called `name`; an unknown name is a mistake in the caller. */
export function operation(name: string): Operation {
  const found = table.get(name);
  if (found === undefined) throw new Error(`no WebAssembly operation is called ${name}`);
  return found;
}

/** Memory access operations, for {@link "./statement.js"} loads and stores: opcode, bytes, type on the stack. */
export interface MemoryOperation {
  readonly name: string;
  readonly prefix: 0 | 0xfd;
  readonly code: number;
  readonly bytes: number;
  readonly type: Type;
  readonly signed: boolean;
}

function memory(
  name: string,
  prefix: 0 | 0xfd,
  code: number,
  bytes: number,
  type: Type,
  signed = false,
): MemoryOperation {
  return { name, prefix, code, bytes, type, signed };
}

export const loads = {
  "i32.load": memory("i32.load", 0, 0x28, 4, "i32"),
  "i64.load": memory("i64.load", 0, 0x29, 8, "i64"),
  "f32.load": memory("f32.load", 0, 0x2a, 4, "f32"),
  "f64.load": memory("f64.load", 0, 0x2b, 8, "f64"),
  "i32.load8_s": memory("i32.load8_s", 0, 0x2c, 1, "i32", true),
  "i32.load8_u": memory("i32.load8_u", 0, 0x2d, 1, "i32"),
  "i32.load16_s": memory("i32.load16_s", 0, 0x2e, 2, "i32", true),
  "i32.load16_u": memory("i32.load16_u", 0, 0x2f, 2, "i32"),
  "i64.load8_s": memory("i64.load8_s", 0, 0x30, 1, "i64", true),
  "i64.load8_u": memory("i64.load8_u", 0, 0x31, 1, "i64"),
  "i64.load16_s": memory("i64.load16_s", 0, 0x32, 2, "i64", true),
  "i64.load16_u": memory("i64.load16_u", 0, 0x33, 2, "i64"),
  "i64.load32_s": memory("i64.load32_s", 0, 0x34, 4, "i64", true),
  "i64.load32_u": memory("i64.load32_u", 0, 0x35, 4, "i64"),
  "v128.load": memory("v128.load", 0xfd, 0, 16, "v128"),
  "v128.load8_splat": memory("v128.load8_splat", 0xfd, 7, 1, "v128"),
  "v128.load16_splat": memory("v128.load16_splat", 0xfd, 8, 2, "v128"),
  "v128.load32_splat": memory("v128.load32_splat", 0xfd, 9, 4, "v128"),
  "v128.load64_splat": memory("v128.load64_splat", 0xfd, 10, 8, "v128"),
  "v128.load32_zero": memory("v128.load32_zero", 0xfd, 92, 4, "v128"),
  "v128.load64_zero": memory("v128.load64_zero", 0xfd, 93, 8, "v128"),
} as const;
export type LoadName = keyof typeof loads;

export const stores = {
  "i32.store": memory("i32.store", 0, 0x36, 4, "i32"),
  "i64.store": memory("i64.store", 0, 0x37, 8, "i64"),
  "f32.store": memory("f32.store", 0, 0x38, 4, "f32"),
  "f64.store": memory("f64.store", 0, 0x39, 8, "f64"),
  "i32.store8": memory("i32.store8", 0, 0x3a, 1, "i32"),
  "i32.store16": memory("i32.store16", 0, 0x3b, 2, "i32"),
  "i64.store8": memory("i64.store8", 0, 0x3c, 1, "i64"),
  "i64.store16": memory("i64.store16", 0, 0x3d, 2, "i64"),
  "i64.store32": memory("i64.store32", 0, 0x3e, 4, "i64"),
  "v128.store": memory("v128.store", 0xfd, 11, 16, "v128"),
} as const;
export type StoreName = keyof typeof stores;
