import { describe, expect, it } from "vitest";
import { PeState } from "../ir/index.js";
import { a64 } from "../isa/a64.js";
import type { Instruction } from "../isa/template.js";
import { RoutineLibrary } from "../wasm/routines.js";
import { discover } from "./control-flow.js";
import { compileRegions, planRegion } from "./region-compiler.js";

const limits = { blocks: 100, instructions: 1000 };
const base = 0x1_0000_0000n;

function fetchFrom(words: readonly number[]): (offset: number) => Instruction | undefined {
  return (offset) => {
    const word = words[offset / 4];
    return word === undefined ? undefined : a64().decode(word, new Set());
  };
}

const ret = 0xd65f03c0;
/** x0 = 2 x0 + 1 by calls of two functions; then a RET, which X30 sends to the branch after the calls. */
const direct = [
  0x94000004, // bl .+16
  0x94000005, // bl .+20
  0x14000005, // b .+20
  0xd503201f, // nop
  0x8b000000, // add x0, x0, x0
  ret,
  0x91000400, // add x0, x0, #1
];
const indirect = [0xd63f0020, ...direct.slice(1)]; // blr x1

/** Runs a region that calls nothing; gives X0, X30, the pc and the budget used. */
function run(words: readonly number[], x1: bigint, callee?: (register: number) => number | undefined): unknown {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 });
  const view = new DataView(memory.buffer);
  const calls: string[] = [];
  const imported = (name: string) => (): number => {
    calls.push(name);
    return 0;
  };
  const plan = planRegion(fetchFrom(words), limits, undefined, callee)!;
  const [region] = compileRegions([plan], {
    memory,
    routines: new RoutineLibrary(memory),
    dispatch: imported("dispatch"),
    resume: imported("resume"),
    landing: imported("landing"),
    environment: imported("environment"),
    regions: new WebAssembly.Table({ element: "anyfunc", initial: 1 }),
  }) as [(pe: number) => number];
  view.setBigUint64(PeState.pc, base, true);
  view.setInt32(PeState.budget, 100, true);
  view.setBigUint64(PeState.x, 20n, true);
  view.setBigUint64(PeState.x + 8, x1, true);
  region(0);
  return {
    x0: view.getBigUint64(PeState.x, true),
    x30: view.getBigUint64(PeState.x + 240, true) - base,
    pc: view.getBigUint64(PeState.pc, true) - base,
    used: 100 - view.getInt32(PeState.budget, true),
    calls,
  };
}

describe("calls of small leaf functions", () => {
  const words = [...direct, ret];

  it("become jumps to blocks of their own, one for each call", () => {
    const { blocks } = discover(fetchFrom([...words.slice(0, 1), 0x94000003, ...words.slice(2)]), limits)!;
    const leaves = blocks.filter((b) => b.terminator.kind === "inlined return");
    expect(leaves.map((b) => b.start)).toEqual([16, 16]);
    expect(blocks.some((b) => b.terminator.kind === "call")).toBe(false);
  });

  it("run without a call, retire what they should, and leave X30 behind", () => {
    expect(run(words, 0n)).toEqual({ x0: 41n, x30: 8n, pc: 8n, used: 2 + 3 + 2 + 1, calls: [] });
  });

  it("are chosen by address where a register says what is called", () => {
    const callee = (register: number): number | undefined => (register === 1 ? 16 : undefined);
    const blr = [...indirect, ret];
    expect(run(blr, base + 16n, callee)).toEqual({ x0: 41n, x30: 8n, pc: 8n, used: 8, calls: [] });
    // Another function: an ordinary call, after which the region goes on. Here nothing is called.
    const calls = ["dispatch", "resume"];
    expect(run(blr, base + 24n, callee)).toEqual({ x0: 21n, x30: 8n, pc: 8n, used: 6, calls });
  });

  it("stay calls where the function branches, is too long, or loses X30", () => {
    const kinds = (callee: readonly number[]): string =>
      discover(fetchFrom([0x94000002, 0x14000040, ...callee]), limits)!.blocks[0]!.terminator.kind;
    expect(kinds([ret])).toBe("jump");
    expect(kinds([0xb4000040, ret])).toBe("call"); // cbz x0, .+8
    expect(kinds([0xaa0003fe, ret])).toBe("call"); // mov x30, x0
    expect(kinds([...new Array<number>(16).fill(0xd503201f), ret])).toBe("call");
  });
});
