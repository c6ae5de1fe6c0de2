import { describe, expect, it } from "vitest";
import { a64 } from "../isa/a64.js";
import type { Instruction } from "../isa/template.js";
import { op, voidBlock } from "../wasm/code.js";
import { discover } from "./control-flow.js";
import { placeBlocks } from "./placement.js";
import { planRegion, regionModule } from "./region-compiler.js";

const limits = { blocks: 100, instructions: 1000 };

function fetchFrom(words: readonly number[]): (offset: number) => Instruction | undefined {
  return (offset) => {
    const word = words[offset / 4];
    return word === undefined ? undefined : a64().decode(word, new Set());
  };
}

/** A loop with a way out beside its end. */
const search = [
  0x38401403, // ldrb w3, [x0], #1
  0x340000a3, // cbz w3, .+20
  0x8b030021, // add x1, x1, x3
  0xeb05001f, // cmp x0, x5
  0x54ffff81, // b.ne .-16
  0xd65f03c0, // ret
  0xd2824686, // mov x6, #0x1234
  0xd65f03c0, // ret
];

/** Lengths of lines, and their sum: both loops begin at the load. */
const lines = [
  0x38401403, // ldrb w3, [x0], #1
  0x35ffffe3, // cbnz w3, .-4
  0x8b030021, // add x1, x1, x3
  0xd1000442, // sub x2, x2, #1
  0xb5ffff82, // cbnz x2, .-16
  0xd65f03c0, // ret
];

/** One loop, which goes back early when a byte is 0; what the rest changes besides (x3), it changes itself. */
const skipping = [
  0x38401403, // ldrb w3, [x0], #1
  0x34ffffe3, // cbz w3, .-4
  0x8b030021, // add x1, x1, x3
  0x91000463, // add x3, x3, #1
  0xb5ffff83, // cbnz x3, .-16
  0xd65f03c0, // ret
];

function bytesOf(words: readonly number[]): number[] {
  return [...regionModule([planRegion(fetchFrom(words), limits)!], "imported").module];
}

function find(bytes: readonly number[], ...pattern: number[]): number[] {
  return bytes.flatMap((_, i) => (pattern.every((b, k) => bytes[i + k] === b) ? [i] : []));
}

describe("blocks of a region", () => {
  it("that aren't part of a loop are behind it", () => {
    const flow = discover(fetchFrom(search), limits)!;
    const placement = placeBlocks(flow);
    const [loop] = placement.loopsAt(flow.blocks[0]!);
    expect(placement.behind(loop!).map((b) => b.start)).toEqual([20, 24]);
    expect(placement.hasLabel(flow.byStart.get(8)!)).toBe(false);

    const bytes = bytesOf(search);
    const [end] = find(bytes, op.end, op.unreachable);
    const [wayOut] = find(bytes, 0x42, 0xb4, 0x24); // i64.const 0x1234
    expect(find(bytes, op.loop, voidBlock, op.localGet)[0]).toBeLessThan(end!);
    expect(wayOut).toBeGreaterThan(end!);
  });

  it("are in a loop each where two nested loops have one header", () => {
    const flow = discover(fetchFrom(lines), limits)!;
    const placement = placeBlocks(flow);
    const loops = placement.loopsAt(flow.blocks[0]!);
    expect(loops.map(({ tails }) => [...tails].map((b) => b.start))).toEqual([[8], [0]]);
    expect(loops.map((loop) => placement.behind(loop).map((b) => b.start))).toEqual([[20], [8]]);
    expect(loops[1]!.outer).toBe(loops[0]);
    expect(find(bytesOf(lines), op.loop, voidBlock)).toHaveLength(2);
  });

  it("are in one loop where it goes back early", () => {
    const flow = discover(fetchFrom(skipping), limits)!;
    const loops = placeBlocks(flow).loopsAt(flow.blocks[0]!);
    expect(loops.map(({ tails }) => [...tails].map((b) => b.start))).toEqual([[0, 8]]);
    expect(find(bytesOf(skipping), op.loop, voidBlock)).toHaveLength(1);
  });
});
