/** Types of values, WebAssembly's own. Booleans are i32, 0 or 1. */
export type Type = "i32" | "i64" | "f32" | "f64" | "v128";

/** Operand width of an A64 instruction: W or X registers. */
export type Width = 32 | 64;

/** The integer type that holds a value of `width` bits. */
export function integerType(width: Width): "i32" | "i64" {
  return width === 64 ? "i64" : "i32";
}
