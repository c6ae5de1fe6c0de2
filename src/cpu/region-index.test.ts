import { describe, expect, it } from "vitest";
import { Fixture } from "../../test/cpu/fixture.js";
import { arrival, headsSize, linkPages, RegionLink } from "../interpreter/arrival.js";
import { Exit } from "../interpreter/exit.js";
import { jumpCacheOffset, jumpCacheSize, PeState, TlbEntry, tlbEntries, tlbSize } from "../ir/index.js";
import { ModuleBuilder } from "../wasm/module.js";
import { LinearMemory } from "./linear-memory.js";
import { RegionIndex } from "./region-index.js";

const tlb = 0x1_0000;
const jumpCache = tlb + tlbSize;
const records = jumpCache + jumpCacheSize;
const recordsSize = 0x1_0000;
const heads = records + recordsSize;
const links = heads + headsSize(recordsSize);
const layout = { heads: heads - records / 4, links, linkCount: 8 };
const recordsOfPage = (n: number): number => records + n * 0x4080;
const high = 0xffff_8000n << 32n;

function make() {
  const memory = new WebAssembly.Memory({ initial: 8, maximum: 8 });
  const linear = new LinearMemory(memory.buffer);
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 8 });
  const module = new ModuleBuilder();
  const regions = module.importTable("regions");
  const signature = { parameters: ["i32"], results: ["i32"] } as const;
  const tell = module.importFunction("tell", { parameters: ["i32"], results: ["i32"] });
  const index = module.declare({ parameters: [...signature.parameters], results: [...signature.results] });
  const { types, code } = arrival(regions, module.type({ parameters: ["i32"], results: ["i32"] }));
  module.define(index, types, code);
  module.exportFunction("arrive", index);
  module.exportFunction("tell", tell);
  const imports = { memory, regions: table, tell: () => 77 };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { m: imports });
  // A region that answers 77: any function of the right type.
  for (let slot = 1; slot < 8; slot++) table.set(slot, exports["tell"] as CallableFunction);
  linear.u8.fill(0xff, tlb, tlb + tlbSize + jumpCacheSize);
  linear.i32[PeState.tlb >> 2] = tlb;
  linear.i32[PeState.jumpCache >> 2] = jumpCache;
  linear.i32[PeState.regionHeads >> 2] = layout.heads;
  linear.i32[PeState.regionLinks >> 2] = layout.links;
  return {
    index: new RegionIndex(linear, layout),
    map(address: bigint, recordsAt: number): void {
      const entry = tlb + (Number(address >> 12n) & (tlbEntries - 1)) * TlbEntry.size;
      linear.view.setBigUint64(entry + TlbEntry.execute, address, true);
      linear.i32[(entry + TlbEntry.records) >> 2] = recordsAt;
    },
    /** The slot that the jump cache leads to afterwards, or the exit code. */
    arriveAt(pc: bigint): string {
      const cached = jumpCache + jumpCacheOffset(Number(pc & 0xffff_ffffn) | 0);
      linear.view.setBigUint64(cached, 0n, true);
      linear.view.setBigUint64(PeState.pc, pc, true);
      const exit = (exports["arrive"] as (pe: number) => number)(0);
      if (exit === Exit.hot) return "hot";
      expect(exit).toBe(77);
      expect(linear.view.getBigUint64(cached, true)).toBe(pc);
      return `slot ${linear.i32[(cached + 8) >> 2]}`;
    },
  };
}

it("stays where it is when a PE is reset", () => {
  const { pe } = new Fixture();
  pe.setState(PeState.regionHeads, 0x1000);
  pe.setState(PeState.regionLinks, 0x2000);
  pe.reset();
  expect([pe.state(PeState.regionHeads), pe.state(PeState.regionLinks)]).toEqual([0x1000, 0x2000]);
});

describe("arrival at compiled code that the jump cache doesn't know", () => {
  it("finds a region by its first instruction's record, under any mapping", () => {
    const { index, map, arriveAt } = make();
    map(high + 0x5000n, recordsOfPage(1));
    map(0x40_7000n, recordsOfPage(1));
    expect(arriveAt(high + 0x5010n)).toBe("hot");
    index.enter(3, recordsOfPage(1) + 0x10 * 4, []);
    expect(arriveAt(high + 0x5010n)).toBe("slot 3");
    expect(arriveAt(0x40_7010n)).toBe("slot 3");
    expect(arriveAt(0x40_7014n), "another instruction").toBe("hot");
    expect(arriveAt(0x40_8010n), "not mapped").toBe("hot");
    expect(arriveAt(0x40_7012n), "misaligned").toBe("hot");
    index.remove(3);
    expect(arriveAt(0x40_7010n)).toBe("hot");
  });

  it("takes the one whose pages are where it expects them", () => {
    const { index, map, arriveAt } = make();
    const first = recordsOfPage(1);
    index.enter(1, first, [{ distance: 1, records: recordsOfPage(2) }]);
    index.enter(2, first, [
      { distance: 1, records: recordsOfPage(2) },
      { distance: -1, records: recordsOfPage(0) },
    ]);
    map(high + 0x5000n, first);
    expect(arriveAt(high + 0x5000n)).toBe("hot");
    map(high + 0x6000n, recordsOfPage(2));
    expect(arriveAt(high + 0x5000n)).toBe("slot 1");
    map(high + 0x4000n, recordsOfPage(3));
    expect(arriveAt(high + 0x5000n)).toBe("slot 1");
    map(high + 0x4000n, recordsOfPage(0));
    expect(arriveAt(high + 0x5000n)).toBe("slot 2");
    index.remove(1);
    expect(arriveAt(high + 0x5000n)).toBe("slot 2");
    map(high + 0x4000n, recordsOfPage(3));
    expect(arriveAt(high + 0x5000n)).toBe("hot");
    index.clear();
    map(high + 0x4000n, recordsOfPage(0));
    expect(arriveAt(high + 0x5000n)).toBe("hot");
  });

  it("leaves regions with many pages, and slots without a link, to the machine", () => {
    const { index, map, arriveAt } = make();
    map(0x5000n, recordsOfPage(1));
    const pages = Array.from({ length: linkPages + 1 }, (_, i) => ({ distance: i + 1, records: recordsOfPage(2) }));
    index.enter(4, recordsOfPage(1), pages);
    index.enter(layout.linkCount, recordsOfPage(1), []);
    expect(arriveAt(0x5000n)).toBe("hot");
    index.remove(4);
    expect(RegionLink.page + linkPages * RegionLink.pageSize).toBeLessThanOrEqual(RegionLink.size);
  });
});
