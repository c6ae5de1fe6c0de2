import { expect, test } from "vitest";
import { Exit } from "../interpreter/exit.js";
import { PeState } from "../ir/index.js";
import { a64 } from "../isa/a64.js";
import { RoutineLibrary } from "../wasm/routines.js";
import { compileRegions, planRegion } from "./region-compiler.js";

/** As an exception vector may be: one way through it accesses memory, the other doesn't. */
const vector = [
  0xb5000060, // cbnz x0, .+12
  0x91000421, // add x1, x1, #1
  0xd65f03c0, // ret
  0xf9400042, // ldr x2, [x2]
  0xd65f03c0, // ret
];

test("while every access must be aligned, a region without loops runs until it would make one", () => {
  const pages = 4;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const view = new DataView(memory.buffer);
  const pe = 0x1000;
  const leave = (): number => Exit.lookup;
  const plan = planRegion(
    (offset) => (vector[offset / 4] === undefined ? undefined : a64().decode(vector[offset / 4]!, new Set())),
    {
      blocks: 100,
      instructions: 1000,
    },
  );
  const [region] = compileRegions([plan!], {
    memory,
    routines: new RoutineLibrary(memory),
    dispatch: leave,
    resume: leave,
    landing: leave,
    environment: leave,
    regions: new WebAssembly.Table({ element: "anyfunc", initial: 1 }),
  }) as [(pe: number) => number];
  const run = (x0: bigint): number => {
    view.setBigUint64(pe + PeState.pc, 0x4000n, true);
    view.setInt32(pe + PeState.budget, 1000, true);
    view.setInt32(pe + PeState.alignmentCheck, -1, true);
    view.setBigUint64(pe + PeState.x, x0, true);
    return region(pe);
  };
  expect(run(0n)).toBe(Exit.lookup);
  expect(view.getBigUint64(pe + PeState.x + 8, true)).toBe(1n);
  expect(run(1n)).toBe(Exit.interpret);
  expect(view.getBigUint64(pe + PeState.pc, true)).toBe(0x400cn);
  expect(view.getInt32(pe + PeState.budget, true)).toBe(999);
});
