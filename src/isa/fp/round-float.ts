import type { Builder, Node } from "../../ir/index.js";

const operations = ["nearest", "ceil", "floor", "trunc"] as const;

/**
 * An f32 or f64 (an expression that may be used twice) rounded to an integral one by mode: FPCR.RMode's numbers, and 4
 * for ties away from zero. The sign stays, also that of a zero; a NaN gives a NaN.
 */
export function roundFloat(pe: Builder, value: Node, mode: number): Node {
  const h = value.type;
  if (mode < 4) return pe.op(`${h}.${operations[mode]}`, value);
  const x = pe.let(value);
  const truncated = pe.let(pe.op(`${h}.trunc`, x));
  const rest = pe.op(`${h}.abs`, pe.op(`${h}.sub`, x, truncated));
  const [one, half, zero] = [1, 0.5, 0].map((c) =>
    h === "f64"
      ? pe.op("f64.reinterpret_i64", pe.c64([0, 0x3fe0000000000000n, 0x3ff0000000000000n][c * 2]!))
      : pe.op("f32.reinterpret_i32", pe.c32([0, 0x3f000000, 0x3f800000][c * 2]!)),
  );
  const step = pe.select(pe.op(`${h}.ge`, rest, half!), one!, zero!);
  return pe.op(`${h}.copysign`, pe.op(`${h}.add`, pe.op(`${h}.abs`, truncated), step), x);
}
