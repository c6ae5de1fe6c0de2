import type { Builder, Node, VOperand } from "../../ir/index.js";
import { double, type Format, half, pattern, single } from "./soft/format.js";

const zeroVector = new Uint8Array(16);

/** Element `lane` of a vector as an i64 pattern. */
export function laneBits(pe: Builder, f: Format, v: Node, lane: number): Node {
  if (f === double) return pe.lane("i64x2.extract_lane", lane, v);
  return pe.zeroExtend(pe.lane(f === single ? "i32x4.extract_lane" : "i16x8.extract_lane_u", lane, v));
}

/** `v` with element `lane` replaced by an i64 pattern, whose bits above the format's width don't count. */
export function withLaneBits(pe: Builder, f: Format, v: Node, lane: number, bits: Node): Node {
  if (f === double) return pe.lane("i64x2.replace_lane", lane, v, bits);
  return pe.lane(f === single ? "i32x4.replace_lane" : "i16x8.replace_lane", lane, v, pe.low32(bits));
}

/** The pattern of a scalar register as an i64. */
export function readBits(pe: Builder, f: Format, register: VOperand): Node {
  return laneBits(pe, f, pe.readV(register), 0);
}

/** Writes a scalar register from an i64 pattern; the rest of the V register becomes zero. */
export function writeBits(pe: Builder, f: Format, register: VOperand, bits: Node): void {
  pe.writeV(register, withLaneBits(pe, f, pe.c128(zeroVector), 0, bits));
}

/** Formats that WebAssembly computes in. */
export type HostFormat = Format & { readonly letter: "s" | "d" };

/** Prefix of WebAssembly's scalar operations on a format. */
export function host(f: Format): "f32" | "f64" {
  if (f === half) throw new Error("WebAssembly has no half precision");
  return f === double ? "f64" : "f32";
}

/** The number in a scalar register as an f32 or f64. */
export function readFloat(pe: Builder, f: Format, register: VOperand): Node {
  return pe.lane(f === double ? "f64x2.extract_lane" : "f32x4.extract_lane", 0, pe.readV(register));
}

/** Writes a scalar register from an f32 or f64; the rest of the V register becomes zero. */
export function writeFloat(pe: Builder, f: Format, register: VOperand, value: Node): void {
  pe.writeV(
    register,
    pe.lane(f === double ? "f64x2.replace_lane" : "f32x4.replace_lane", 0, pe.c128(zeroVector), value),
  );
}

/** The i64 pattern of an f32 or f64. */
export function bitsOf(pe: Builder, value: Node): Node {
  return value.type === "f64"
    ? pe.op("i64.reinterpret_f64", value)
    : pe.zeroExtend(pe.op("i32.reinterpret_f32", value));
}

/** The f32 or f64 of an i64 pattern. */
export function fromBits(pe: Builder, f: Format, bits: Node): Node {
  return f === double ? pe.op("f64.reinterpret_i64", bits) : pe.op("f32.reinterpret_i32", pe.low32(bits));
}

/** A constant f32 or f64, by its pattern. */
export function floatConstant(pe: Builder, f: Format, bits: bigint): Node {
  return fromBits(pe, f, f === double ? pattern(pe, bits) : pe.c64(bits));
}
