import { describe, expect, it } from "vitest";
import { LinearMemory } from "./linear-memory.js";
import { ContextKey, TlbContexts, tlbContextSize, virtualPage } from "./tlb-contexts.js";
import { jumpCacheOffset, jumpCacheSize, TlbEntry, tlbEntries } from "./tlb-layout.js";

const base = 4096;
const hostPage = 0x80_0000;

function make(count = 4) {
  const memory = new LinearMemory(new ArrayBuffer(base + count * tlbContextSize));
  const tlbs = new TlbContexts(memory, base, count, 0);
  const entry = (context: number, low: number) => tlbs.tlb(context) + ((low >>> 12) & (tlbEntries - 1)) * TlbEntry.size;
  return {
    memory,
    tlbs,
    /** Whether an access to an address would hit, as generated code compares tags. */
    hits(context: number, low: number, high: number, tag: number = TlbEntry.read): boolean {
      const at = (entry(context, low) + tag) >> 2;
      return memory.i32[at] === (low & ~4095) && memory.i32[at + 1] === high;
    },
    host: (context: number, low: number) => (low + memory.i32[(entry(context, low) + TlbEntry.addend) >> 2]!) >>> 0,
  };
}

const keyOf = (asid: number) => ContextKey.stage1 | (asid << ContextKey.asidShift);
const mask = ContextKey.regimeMask | ContextKey.secure;

describe("TLB contexts", () => {
  it("are kept by key and reused in least recently used order", () => {
    const { tlbs } = make();
    const contexts = [1, 2, 3, 4].map((asid) => tlbs.find(keyOf(asid), 0, -1));
    expect(new Set(contexts).size).toBe(4);
    expect(tlbs.find(keyOf(1), 0, -1)).toBe(contexts[0]);
    expect(tlbs.find(keyOf(1), 7, -1), "another VMID").toBe(contexts[1]);
    expect(tlbs.find(keyOf(5), 0, contexts[2]!), "not the pinned one").toBe(contexts[3]);
  });

  it("enter the kinds of access that are allowed, at the right place", () => {
    const { tlbs, hits, host } = make();
    const context = tlbs.find(keyOf(1), 0, -1);
    tlbs.fill(context, 0x1234_5678, 0xffff, hostPage, true, false, 12, true);
    expect(hits(context, 0x1234_5678, 0xffff)).toBe(true);
    expect(hits(context, 0x1234_5678, 0xffff, TlbEntry.write)).toBe(false);
    expect(host(context, 0x1234_5678)).toBe(hostPage + 0x678);
    tlbs.fill(context, 0x1234_5000, 0xffff, hostPage, true, true, 12, true);
    expect(hits(context, 0x1234_5000, 0xffff, TlbEntry.write)).toBe(true);
  });

  it("drop all tags of an entry when its page is mapped elsewhere", () => {
    const { tlbs, hits } = make();
    const context = tlbs.find(keyOf(1), 0, -1);
    tlbs.fill(context, 0x5000, 0, hostPage, true, true, 12, false);
    tlbs.fill(context, 0x5000, 0, hostPage + 4096, true, false, 12, false);
    expect(hits(context, 0x5000, 0, TlbEntry.write)).toBe(false);
    expect(hits(context, 0x5000, 0)).toBe(true);
  });

  it("drop one page of one ASID, and global entries of all", () => {
    const { tlbs, hits } = make();
    const [one, two] = [tlbs.find(keyOf(1), 0, -1), tlbs.find(keyOf(2), 0, -1)];
    for (const context of [one, two]) {
      tlbs.fill(context, 0x5000, 0, hostPage, true, true, 12, false);
      tlbs.fill(context, 0x6000, 0, hostPage, true, true, 12, true);
      tlbs.fill(context, 0x7000, 0, hostPage, true, true, 12, false);
    }
    tlbs.invalidatePages(mask, 0, 0, 1, virtualPage(0x5000, 0), 1);
    tlbs.invalidatePages(mask, 0, 0, 1, virtualPage(0x6000, 0), 1);
    expect([one, two].map((context) => hits(context, 0x5000, 0))).toEqual([false, true]);
    expect([one, two].map((context) => hits(context, 0x6000, 0))).toEqual([false, false]);
    expect([one, two].map((context) => hits(context, 0x7000, 0))).toEqual([true, true]);
    tlbs.invalidatePages(mask, 0, 0, -1, virtualPage(0x7000, 0), 1);
    expect([one, two].map((context) => hits(context, 0x7000, 0))).toEqual([false, false]);
  });

  it("go from ASID to ASID with a kernel's global entries, and without others", () => {
    const { tlbs, hits, memory } = make();
    const kernel = (asid: number) => keyOf(asid) | ContextKey.privileged;
    const upper = -65536;
    const one = tlbs.find(kernel(1), 0, -1);
    tlbs.fill(one, 0x5000, upper, hostPage, true, true, 21, true);
    tlbs.fill(one, 0x6000, upper, hostPage, true, true, 12, false);
    tlbs.fill(one, 0x7000, 0, hostPage, true, true, 12, true);
    tlbs.fillExecute(one, 0x8000, 0, hostPage, 64, 12, false);
    const jump = tlbs.jumpCache(one) + jumpCacheOffset(0x8000);
    memory.u8[jump] = 1;
    const { epoch } = tlbs;
    expect(tlbs.find(kernel(2), 0, -1)).toBe(one);
    expect(tlbs.epoch, "levels must look again").not.toBe(epoch);
    expect(hits(one, 0x5000, upper)).toBe(true);
    expect(hits(one, 0x6000, upper), "not global").toBe(false);
    expect(hits(one, 0x7000, 0), "in the lower half").toBe(false);
    expect(memory.u8[jump]).toBe(0xff);
    expect(tlbs.find(kernel(3), 1, -1), "another VMID").not.toBe(one);
    expect(tlbs.find(kernel(3), 0, one), "pinned").not.toBe(one);
    expect(tlbs.find(keyOf(3), 0, -1), "not privileged").not.toBe(one);
  });

  it("stay with an ASID that has many entries of its own", () => {
    const { tlbs, hits } = make();
    const kernel = (asid: number) => keyOf(asid) | ContextKey.privileged;
    const one = tlbs.find(kernel(1), 0, -1);
    for (let page = 0; page < 40; page++) tlbs.fill(one, page << 12, -65536, hostPage, true, true, 12, false);
    expect(tlbs.find(kernel(2), 0, -1)).not.toBe(one);
    expect(tlbs.find(kernel(1), 0, -1)).toBe(one);
    expect(hits(one, 0x5000, -65536)).toBe(true);
  });

  it("keep global entries when an ASID goes that has few", () => {
    const { tlbs, hits } = make();
    const one = tlbs.find(keyOf(1), 0, -1);
    tlbs.fill(one, 0x5000, -65536, hostPage, true, true, 12, true);
    tlbs.fill(one, 0x6000, 0, hostPage, true, true, 12, false);
    tlbs.invalidateAsid(mask, 0, 0, 1);
    expect(tlbs.find(keyOf(1), 0, -1)).toBe(one);
    expect(hits(one, 0x5000, -65536)).toBe(true);
    expect(hits(one, 0x6000, 0)).toBe(false);
    // Made again as it was, and dropped again.
    tlbs.fill(one, 0x6000, 0, hostPage, true, true, 12, false);
    expect(hits(one, 0x6000, 0)).toBe(true);
    tlbs.invalidateAsid(mask, 0, 0, 1);
    expect(hits(one, 0x6000, 0)).toBe(false);
  });

  it("leave other VMIDs alone", () => {
    const { tlbs, hits } = make();
    const [one, two] = [tlbs.find(keyOf(1), 1, -1), tlbs.find(keyOf(1), 2, -1)];
    for (const context of [one, two]) tlbs.fill(context, 0x5000, 0, hostPage, true, true, 12, true);
    tlbs.invalidatePages(mask, 0, 1, -1, virtualPage(0x5000, 0), 1);
    expect([one, two].map((context) => hits(context, 0x5000, 0))).toEqual([false, true]);
  });

  it.each([14, 16, 21, 25, 29, 30, 36, 39, 42])("drop every page made from a block of 2^%i bytes", (shift) => {
    const { tlbs, hits } = make();
    const context = tlbs.find(keyOf(1), 0, -1);
    const high = -65536;
    const last = 2 ** Math.min(shift, 31) - 4096;
    for (const low of [0, last | 0]) tlbs.fill(context, low, high, hostPage, true, true, shift, true);
    tlbs.fill(context, 0x5000, 0, hostPage, true, true, 12, false);
    tlbs.invalidatePages(mask, 0, 0, -1, virtualPage(0x1000, high), 1);
    expect(hits(context, 0, high)).toBe(false);
    expect(hits(context, last | 0, high)).toBe(false);
    expect(hits(context, 0x5000, 0)).toBe(true);
  });

  it("find tagged pointers by their page", () => {
    const { tlbs, hits } = make();
    const context = tlbs.find(keyOf(1), 0, -1);
    const tagged = 0x5a00_0000;
    tlbs.fill(context, 0x5000, tagged, hostPage, true, true, 12, false);
    expect(hits(context, 0x5000, tagged)).toBe(true);
    tlbs.invalidatePages(mask, 0, 0, -1, virtualPage(0x5000, 0), 1);
    expect(hits(context, 0x5000, tagged)).toBe(false);
  });

  it("clear the jump cache when a page that was executed goes, even if its entry was replaced", () => {
    const { tlbs, memory } = make();
    const context = tlbs.find(keyOf(1), 0, -1);
    tlbs.fillExecute(context, 0x5000, 0, hostPage, 64, 12, false);
    tlbs.fillExecute(context, 0x5000 + tlbEntries * 4096, 0, hostPage, 64, 12, false);
    const entry = tlbs.jumpCache(context) + jumpCacheOffset(0x5000);
    memory.u8[entry] = 1;
    tlbs.invalidatePages(mask, 0, 0, -1, virtualPage(0x9000, 0), 1);
    expect(memory.u8[entry]).toBe(1);
    tlbs.invalidatePages(mask, 0, 0, -1, virtualPage(0x5000, 0), 1);
    expect(memory.u8[entry]).toBe(0xff);
  });

  it("clear the jump cache for other pages too: what starts there may lie in the page as well", () => {
    const { tlbs, memory } = make();
    const context = tlbs.find(keyOf(1), 0, -1);
    const cache = tlbs.jumpCache(context);
    tlbs.fillExecute(context, 0x5000, 0, hostPage, 64, 12, false);
    memory.u8.fill(0, cache, cache + jumpCacheSize);
    tlbs.invalidatePages(mask, 0, 0, -1, virtualPage(0x5000, 0), 1);
    expect(memory.u8.subarray(cache, cache + jumpCacheSize).every((byte) => byte === 0xff)).toBe(true);
  });

  it("drop write tags of a physical page wherever they are", () => {
    const { tlbs, hits } = make();
    const [one, two] = [tlbs.find(keyOf(1), 0, -1), tlbs.find(keyOf(2), 0, -1)];
    tlbs.fill(one, 0x5000, 0, hostPage, true, true, 12, false);
    tlbs.fill(two, 0x9000, 0, hostPage, true, true, 12, false);
    tlbs.fill(two, 0xa000, 0, hostPage + 4096, true, true, 12, false);
    tlbs.dropWriteTags(hostPage, -1);
    expect(hits(one, 0x5000, 0, TlbEntry.write)).toBe(false);
    expect(hits(two, 0x9000, 0, TlbEntry.write)).toBe(false);
    expect(hits(two, 0x9000, 0)).toBe(true);
    expect(hits(two, 0xa000, 0, TlbEntry.write)).toBe(true);
  });
});
