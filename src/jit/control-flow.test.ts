import { describe, expect, it } from "vitest";
import { a64 } from "../isa/a64.js";
import type { Instruction } from "../isa/template.js";
import { discover } from "./control-flow.js";
import { regionFacts } from "./region-facts.js";

const limits = { blocks: 100, instructions: 1000 };

function fetchFrom(words: readonly number[]): (offset: number) => Instruction | undefined {
  return (offset) => {
    const word = words[offset / 4];
    return word === undefined ? undefined : a64().decode(word, new Set());
  };
}

describe("a region's control flow", () => {
  const table = [
    0x8b238923, // add x3, x9, w3, sxtb #2
    0xd61f0060, // br x3
    0x91000400, // add x0, x0, #1
    0x17fffffd, // b .-12
    0xd1000400, // sub x0, x0, #1
    0x17fffffb, // b .-20
  ];

  it("goes on where a BR through a table arrived before", () => {
    const flow = discover(fetchFrom(table), limits, () => [8, 16])!;
    const entry = flow.byStart.get(0)!;
    expect(entry.successors.map((s) => s.start)).toEqual([8, 16]);
    expect(entry.loopHeader).toBe(true);
    expect(flow.byStart.get(8)!.merge).toBe(true);
  });

  it("doesn't look for targets of a BR whose register no ADD makes", () => {
    const flow = discover(fetchFrom([0xf9400043, ...table.slice(1)]), limits, () => [8, 16])!; // ldr x3, [x2]
    expect(flow.byStart.get(0)!.successors).toEqual([]);
  });
});

describe("a region's registers", () => {
  it("are loaded after a call only when they are read before they are written", () => {
    const flow = discover(
      fetchFrom([
        0x8b020020, // add x0, x1, x2
        0x94000100, // bl .+1024
        0x8b000263, // add x3, x19, x0
        0xaa0403e1, // mov x1, x4
        0xd65f03c0, // ret
      ]),
      limits,
    )!;
    const facts = regionFacts(flow);
    expect(facts.neededIn.get(flow.byStart.get(0)!)!.x).toBe((1 << 1) | (1 << 2));
    expect(facts.neededIn.get(flow.byStart.get(8)!)!.x).toBe((1 << 0) | (1 << 4) | (1 << 19) | (1 << 30));
  });

  it("that one path changes are in their locals on the other path too", () => {
    const flow = discover(
      fetchFrom([
        0xb4000040, // cbz x0, .+8
        0xd2800025, // mov x5, #1
        0xd65f03c0, // ret
      ]),
      limits,
    )!;
    const facts = regionFacts(flow);
    expect(facts.neededIn.get(flow.byStart.get(0)!)!.x).toBe((1 << 0) | (1 << 5) | (1 << 30));
  });
});
