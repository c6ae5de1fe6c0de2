import { Code, op } from "./code.js";
import { ModuleBuilder } from "./module.js";

let answer: boolean | undefined;

/**
 * Whether `f64x2.relaxed_madd` (WebAssembly core specification 3.0, "relaxed vector instructions") is there and, as the host
 * may choose, adds a product with one rounding. Hosts that have the instruction use it always or never.
 */
export function hasFusedMultiplyAdd(): boolean {
  answer ??= tryFusedMultiplyAdd();
  return answer;
}

function tryFusedMultiplyAdd(): boolean {
  const module = new ModuleBuilder();
  const f = module.declare({ parameters: ["f64", "f64", "f64"], results: ["f64"] });
  const code = new Code();
  for (const parameter of [0, 1, 2]) code.u8(op.localGet).u32(parameter).u8(0xfd).u32(20); // f64x2.splat
  code.u8(0xfd).u32(0x107); // f64x2.relaxed_madd
  code.u8(0xfd).u32(33).u8(0); // f64x2.extract_lane 0
  module.define(f, [], code.u8(op.end));
  module.exportFunction("f", f);
  const bytes = module.finish();
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { memory } });
  const multiplyAdd = exports["f"] as (a: number, b: number, addend: number) => number;
  // (1 + 2^-30)^2 = 1 + 2^-29 + 2^-60, the last of which rounding the product would lose.
  return multiplyAdd(1 + 2 ** -30, 1 + 2 ** -30, -1 - 2 ** -29) === 2 ** -60;
}
