import { describe, expect, it } from "vitest";
import { PeState, TlbEntry, tlbEntries, tlbSize } from "../ir/index.js";
import { a64 } from "../isa/a64.js";
import type { Instruction } from "../isa/template.js";
import { RoutineLibrary } from "../wasm/routines.js";
import { discover } from "./control-flow.js";
import { planPageCaches } from "./page-caches.js";
import { compileRegions, planRegion, regionModule } from "./region-compiler.js";

const limits = { blocks: 100, instructions: 1000 };

function fetchFrom(words: readonly number[]): (offset: number) => Instruction | undefined {
  return (offset) => {
    const word = words[offset / 4];
    return word === undefined ? undefined : a64().decode(word, new Set());
  };
}

/** The inner loop of a CRC by table: what the second load gives, the next round's address is made of. */
const crc = [
  0x38401461, // ldrb w1, [x3], #1
  0x4a020021, // eor w1, w1, w2
  0x92401c21, // and x1, x1, #0xff
  0xb86178a1, // ldr w1, [x5, x1, lsl #2]
  0x4a422022, // eor w2, w1, w2, lsr #8
  0xeb03009f, // cmp x4, x3
  0x54ffff41, // b.ne .-24
];

/** A walk along a list: two accesses off a copy of the register that the first one changes. */
const list = [
  0xaa0203e4, // mov x4, x2
  0xf9400042, // ldr x2, [x2]
  0xf9400481, // ldr x1, [x4, #8]
  0x8b010063, // add x3, x3, x1
  0xca030021, // eor x1, x1, x3
  0xf9000481, // str x1, [x4, #8]
  0xb5ffff42, // cbnz x2, .-24
];

function uses(words: readonly number[]): unknown[] {
  const flow = discover(fetchFrom(words), limits)!;
  const { use } = planPageCaches(flow);
  return flow.blocks[0]!.instructions.map((_, position) => use(flow.blocks[0]!, position)?.mode);
}

function count(bytes: Uint8Array, pattern: readonly number[]): number {
  let found = 0;
  for (let i = 0; i + pattern.length <= bytes.length; i++) {
    if (pattern.every((b, k) => bytes[i + k] === b)) found++;
  }
  return found;
}

/** i64.load of a read tag, or a write tag. */
const loadsReadTag = [0x29, 3, TlbEntry.read];
const loadsWriteTag = [0x29, 3, TlbEntry.write];

const pe = 0x1000;
const tlb = 0x4000;
/** Where pages are in linear memory. */
const host = 0x30000;

/** A region of a loop, in a memory with a TLB that `enter` puts pages into. */
function regionOf(words: readonly number[]) {
  const pages = 8;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const view = new DataView(memory.buffer);
  new Uint8Array(memory.buffer, tlb, tlbSize).fill(0xff);
  view.setInt32(pe + PeState.tlb, tlb, true);
  const enter = (virtual: number, to: number): void => {
    const entry = tlb + ((virtual >>> 12) & (tlbEntries - 1)) * TlbEntry.size;
    view.setBigUint64(entry + TlbEntry.read, BigInt(virtual), true);
    view.setBigUint64(entry + TlbEntry.write, BigInt(virtual), true);
    view.setInt32(entry + TlbEntry.addend, to - virtual, true);
  };
  const leave = (): number => 0;
  const [region] = compileRegions([planRegion(fetchFrom(words), limits)!], {
    memory,
    routines: new RoutineLibrary(memory),
    dispatch: leave,
    resume: leave,
    landing: leave,
    environment: leave,
    regions: new WebAssembly.Table({ element: "anyfunc", initial: 1 }),
  }) as [(pe: number) => number];
  return { view, enter, region };
}

describe("page caches", () => {
  it("serve loads at an index into a table that the loop doesn't move", () => {
    expect(uses(crc)).toEqual([undefined, undefined, undefined, "check", undefined, undefined, undefined]);
  });

  it("serve what follows the first access off a register, or off a copy of it", () => {
    expect(uses(list)).toEqual([undefined, "fill", "check", undefined, undefined, "check", undefined]);
  });

  it("aren't used where every round may empty them, or outside of loops", () => {
    const withIsb = crc.with(1, 0xd5033fdf);
    expect(uses(withIsb).every((u) => u === undefined)).toBe(true);
    expect(uses(crc.slice(0, -1)).every((u) => u === undefined)).toBe(true);
  });

  it("fill both tags that are asked for at once", () => {
    const plan = planRegion(fetchFrom(list), limits)!;
    const { module } = regionModule([plan], "imported");
    // Each of three look-ups compares one tag and, where the page is another one, keeps both.
    expect(count(module, loadsReadTag)).toBe(2 + 2 + 1);
    expect(count(module, loadsWriteTag)).toBe(1 + 3);
  });

  it("follow a list through pages, and notice other translations at the next entry", () => {
    const { view, enter, region } = regionOf(list);
    const [a, b] = [0x5000, 0x9000];
    enter(a, host);
    enter(b, host + 0x1000);
    // Nodes by turns in either page: next and value.
    const nodes = [a + 0x10, b + 0x20, b + 0x40, a + 0x60, a + 0x80, b + 0x60];
    const at = (virtual: number, swapped: boolean): number =>
      host + (virtual < 0x9000 === swapped ? 0x1000 : 0) + (virtual & 0xfff);
    for (const swapped of [false, true]) {
      enter(a, swapped ? host + 0x1000 : host);
      enter(b, swapped ? host : host + 0x1000);
      nodes.forEach((n, i) => {
        view.setBigUint64(at(n, swapped), BigInt(nodes[i + 1] ?? 0), true);
        view.setBigUint64(at(n, swapped) + 8, BigInt(i + 1), true);
      });
      view.setInt32(pe + PeState.budget, 1000, true);
      view.setBigUint64(pe + PeState.x + 16, BigInt(nodes[0]!), true);
      view.setBigUint64(pe + PeState.x + 24, 0n, true);
      region(pe);
      expect(view.getBigUint64(pe + PeState.x + 24, true)).toBe(21n);
      expect(view.getInt32(pe + PeState.budget, true)).toBe(1000 - 7 * nodes.length);
      let sum = 0;
      nodes.forEach((n, i) => {
        sum += i + 1;
        expect(view.getBigUint64(at(n, swapped) + 8, true)).toBe(BigInt((i + 1) ^ sum));
      });
    }
  });

  it("leave accesses that begin on the page before to the TLB", () => {
    const { view, enter, region } = regionOf(crc);
    const [bytes, before, table] = [0x5000, 0x8000, 0x9000];
    enter(bytes, host);
    enter(table, host + 0x1000);
    enter(before, host + 0x2000);
    // The first round loads from 2 bytes into the table's page, the second from 2 bytes before it.
    view.setUint16(host, 0x0101, true);
    view.setUint32(host + 0x1002, 1, true);
    view.setInt32(pe + PeState.budget, 1000, true);
    for (const [register, value] of [
      [2, 0],
      [3, bytes],
      [4, bytes + 2],
      [5, table - 2],
    ] as const)
      view.setBigUint64(pe + PeState.x + 8 * register, BigInt(value), true);
    region(pe);
    expect(view.getInt32(pe + PeState.budget, true)).toBe(1000 - crc.length - 3);
    expect(view.getBigUint64(pe + PeState.x + 16, true)).toBe(1n);
  });
});
