import { expect, test } from "vitest";
import { enableHostFeatures } from "../../cli/host-features.js";
import { PeState, routine } from "../../ir/index.js";
import { hasFusedMultiplyAdd } from "../../wasm/fused.js";
import { RoutineLibrary } from "../../wasm/routines.js";
import { Fpsr } from "./fp-fast.js";
import { fusedDouble, fusedDoubles } from "./multiply-add.js";
import { double } from "./soft/format.js";
import { softMultiplyAdd } from "./soft/fused.js";

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const library = new RoutineLibrary(memory, false);
const state = new DataView(memory.buffer);
type Fused = (base: number, addend: number, a: number, b: number) => number;
const portable = library.function(fusedDouble) as Fused;
const soft = library.function(softMultiplyAdd.get(double)!) as (
  base: number,
  addend: bigint,
  a: bigint,
  b: bigint,
) => bigint;

const bits = new DataView(new ArrayBuffer(8));
function toBits(x: number): bigint {
  bits.setFloat64(0, x);
  return bits.getBigInt64(0);
}
function ofBits(x: bigint): number {
  bits.setBigInt64(0, BigInt.asIntN(64, x));
  return bits.getFloat64(0);
}

let seed = 1;
function word(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}

/** A number with few ones in its significand, or any: sums of their products are often half-way between two doubles. */
function number(exponent: number): number {
  let fraction = (BigInt(word()) << 20n) | BigInt(word() >>> 12);
  const kind = word() & 3;
  if (kind < 2) fraction &= -1n << BigInt(word() % 53);
  else if (kind === 2) fraction = 1n << BigInt(word() % 52);
  const sign = BigInt(word() & 1) << 63n;
  return ofBits(sign | (BigInt(exponent) << 52n) | fraction);
}

function differences(fast: Fused): string[] {
  const wrong: string[] = [];
  for (let i = 0; i < 200_000; i++) {
    const [e, f] = [1023 + (word() % 9) - 4, 1023 + (word() % 9) - 4];
    const [a, b] = [number(e), number(f)];
    // From far below the product to far above it; a third of the time close to minus the product.
    const addend =
      word() % 3 === 0 ? ofBits(toBits(-a * b) + BigInt((word() % 5) - 2)) : number(e + f - 1023 + (word() % 130) - 65);
    const fpFast = word() & 1;
    const run = (operation: () => bigint): string => {
      state.setInt32(PeState.fpsr, fpFast ? Fpsr.ixc : 0, true);
      state.setInt32(PeState.fpFast, fpFast, true);
      return `${BigInt.asUintN(64, operation()).toString(16)} ${state.getInt32(PeState.fpsr, true)}`;
    };
    const quick = run(() => toBits(fast(0, addend, a, b)));
    const right = run(() => soft(0, toBits(addend), toBits(a), toBits(b)));
    if (quick !== right) wrong.push(`${addend} + ${a} * ${b}: ${quick}, not ${right}`);
  }
  return wrong;
}

test("fused multiply-add by doubles agrees with integer arithmetic, flags included", () => {
  expect(differences(portable)).toEqual([]);
});

test("fused multiply-add by the host agrees with integer arithmetic, one element or two", () => {
  enableHostFeatures();
  // x86-64 without FMA3 may have none.
  if (!hasFusedMultiplyAdd()) return;
  const host = new RoutineLibrary(memory, true);
  expect(differences(host.function(fusedDouble) as Fused)).toEqual([]);
  const pair = routine("pair", ["f64", "f64", "f64"], "f64", (pe, ...args) => {
    const one = pe.op("f64x2.splat", pe.op("f64.reinterpret_i64", pe.c64(1023n << 52n)));
    const both = args.map((x) => pe.lane("f64x2.replace_lane", 1, one, x));
    pe.return(pe.lane("f64x2.extract_lane", 1, pe.call(fusedDoubles, ...both)));
  });
  expect(differences(host.function(pair) as Fused)).toEqual([]);
});
