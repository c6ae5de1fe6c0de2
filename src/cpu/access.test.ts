import { describe, expect, it } from "vitest";
import { Fixture, type FixtureOptions, ramBase } from "../../test/cpu/fixture.js";
import { AccessFlag } from "../ir/statement.js";
import { instructionSyndrome } from "./aborts.js";
import { access, commit, fetch } from "./access.js";
import { setPstate } from "./pstate.js";
import { PeState } from "./state-layout.js";
import { TlbEntry } from "./tlb-layout.js";
import { inspectTranslation } from "./translation/inspect.js";

const tables = ramBase + 0x10_0000;
const normal = 1n << 2n;
const af = 1n << 10n;
const el0 = 1n << 6n;
const readOnly = 1n << 7n;
const never = 3n << 53n;

/** A PE at EL1 with the MMU on: 4 KB pages at the given virtual pages, Device (index 0) or Normal (index 1). */
function mapped(pages: Readonly<Record<number, bigint>>, options: FixtureOptions = {}) {
  const fixture = new Fixture(options);
  const { pe } = fixture;
  fixture.poke(tables, BigInt(tables + 0x1000) | 3n);
  fixture.poke(tables + 0x1000, BigInt(tables + 0x2000) | 3n);
  fixture.poke(tables + 0x2000, BigInt(tables + 0x3000) | 3n);
  for (const [page, descriptor] of Object.entries(pages))
    fixture.poke(tables + 0x3000 + Number(page) * 8, descriptor | af | 3n);
  pe.writeSystemRegister("MAIR_EL1", 0xff00n);
  pe.writeSystemRegister("TCR_EL1", 16n | (16n << 16n) | (2n << 30n) | (2n << 32n));
  pe.writeSystemRegister("TTBR0_EL1", BigInt(tables));
  pe.writeSystemRegister("SCTLR_EL1", 1n);
  if (options.el2) pe.writeSystemRegister("HCR_EL2", 1n << 31n);
  setPstate(pe, 0x3c5);
  pe.alone = true;
  return {
    fixture,
    pe,
    access(address: number, descriptor: number): number {
      pe.setArgument(address, 0);
      return access(pe, descriptor);
    },
    tag: (page: number, kind: number) => pe.i32[(pe.state(PeState.tlb) + page * TlbEntry.size + kind) >> 2] !== -1,
    syndrome: () => pe.readSystemRegister("ESR_EL1"),
  };
}

const page = (n: number) => BigInt(ramBase + n * 4096);
const scratchOf = (pe: { base: number }) => pe.base + PeState.scratch;

describe("access", () => {
  it("enters the tags that permissions allow", () => {
    const m = mapped({ 1: page(1) | normal, 2: page(2) | normal | readOnly });
    expect(m.access(0x1008, 8)).toBe(m.fixture.host(ramBase + 0x1008));
    expect([m.tag(1, TlbEntry.read), m.tag(1, TlbEntry.write)]).toEqual([true, true]);
    expect(m.access(0x2008, 8)).toBe(m.fixture.host(ramBase + 0x2008));
    expect([m.tag(2, TlbEntry.read), m.tag(2, TlbEntry.write)]).toEqual([true, false]);
    expect(m.access(0x2008, 8 | AccessFlag.write)).toBe(0);
    expect(m.syndrome()).toBe(0x9600_004fn);
    expect(m.pe.readSystemRegister("FAR_EL1")).toBe(0x2008n);
  });

  it("enters no tags for Device memory, pages of code to write, or alignment that nobody else checks", () => {
    const m = mapped({ 1: page(1), 2: page(2) | normal });
    m.access(0x1000, 4);
    expect(m.tag(1, TlbEntry.read)).toBe(false);
    m.fixture.codePageNumbers.add(Number(page(2)) / 4096);
    m.access(0x2004, 4 | AccessFlag.write);
    expect([m.tag(2, TlbEntry.read), m.tag(2, TlbEntry.write)]).toEqual([true, false]);
    expect(m.fixture.written).toEqual([{ address: ramBase + 0x2004, size: 4 }]);
    m.pe.writeSystemRegister("SCTLR_EL1", 3n);
    m.access(0x2004, 4);
    expect(m.tag(2, TlbEntry.read)).toBe(false);
  });

  it("takes write tags away when a page is executed", () => {
    const m = mapped({ 1: page(1) | normal, 2: page(1) | normal });
    for (const address of [0x1000, 0x2000]) m.access(address, 4 | AccessFlag.write);
    expect([m.tag(1, TlbEntry.write), m.tag(2, TlbEntry.write)]).toEqual([true, true]);
    m.pe.pc = 0x2000n;
    expect(fetch(m.pe)).toBe(ramBase + 0x1000);
    expect([m.tag(1, TlbEntry.write), m.tag(2, TlbEntry.write)]).toEqual([false, false]);
    expect(m.tag(2, TlbEntry.execute)).toBe(true);
  });

  it("joins two pages in scratch, and reports the second one's fault at its start", () => {
    const m = mapped({ 1: page(5) | normal, 2: page(3) | normal });
    m.fixture.poke(ramBase + 0x5ff8, 0x1122_3344_5566_7788n);
    m.fixture.poke(ramBase + 0x3000, 0x99aa_bbcc_ddee_ff00n);
    expect(m.access(0x1ffc, 8)).toBe(scratchOf(m.pe));
    expect(m.fixture.memory.view.getBigUint64(scratchOf(m.pe), true)).toBe(0xddee_ff00_1122_3344n);
    expect(m.access(0x1ffc, 8 | AccessFlag.write)).toBe(scratchOf(m.pe));
    m.fixture.memory.view.setBigUint64(scratchOf(m.pe), 0x0123_4567_89ab_cdefn, true);
    expect(commit(m.pe)).toBe(true);
    expect(m.fixture.peek(ramBase + 0x5ff8)).toBe(0x89ab_cdef_5566_7788n);
    expect(m.fixture.peek(ramBase + 0x3000)).toBe(0x99aa_bbcc_0123_4567n);
    expect(m.access(0x2ffc, 8)).toBe(0);
    expect(m.syndrome()).toBe(0x9600_0007n);
    expect(m.pe.readSystemRegister("FAR_EL1")).toBe(0x3000n);
  });

  it("goes to devices, in pieces that they take", () => {
    const m = mapped({ 1: 0x900_0000n });
    const seen: string[] = [];
    m.fixture.physical.addDevice(0x900_0000, {
      name: "probe",
      size: 0x1000,
      read: (offset, size) => {
        seen.push(`read ${offset} ${size}`);
        return 0xaabb_ccdd;
      },
      write: (offset, size, value) => {
        seen.push(`write ${offset} ${size} ${value.toString(16)}`);
      },
    });
    expect(m.access(0x1004, 4)).toBe(scratchOf(m.pe));
    expect(m.fixture.memory.view.getUint32(scratchOf(m.pe), true)).toBe(0xaabb_ccdd);
    expect(m.access(0x1008, 8 | AccessFlag.write)).toBe(scratchOf(m.pe));
    m.fixture.memory.view.setBigUint64(scratchOf(m.pe), 0x1_0000_0002n, true);
    commit(m.pe);
    expect(seen).toEqual(["read 4 4", "write 8 4 2", "write 12 4 1"]);
    expect(m.access(0x1002, 4)).toBe(0);
    expect(m.syndrome(), "unaligned Device").toBe(0x9600_0021n);
  });

  it("aborts where nothing is", () => {
    const m = mapped({ 1: 0x1000_0000n });
    expect(m.access(0x1000, 4)).toBe(0);
    expect(m.syndrome()).toBe(0x9600_0010n);
    expect(m.access(0x1000, 4 | AccessFlag.write)).toBe(0);
    expect(m.syndrome()).toBe(0x9600_0050n);
    m.pe.pc = 0x1000n;
    expect(fetch(m.pe)).toBe(-1);
    expect(m.syndrome()).toBe(0x8600_0010n);
  });

  it.each([
    ["exclusive", 8 | AccessFlag.exclusive, false],
    ["atomic", 8 | AccessFlag.atomic | AccessFlag.write, false],
    ["ordered", 8 | AccessFlag.ordered, false],
    ["plain", 8, true],
    ["pair of two", 16 | AccessFlag.pair, true],
    ["exclusive pair", 16 | AccessFlag.pair | AccessFlag.exclusive, false],
  ] as const)("%s access may be unaligned: only plain ones", (_name, descriptor, allowed) => {
    const m = mapped({ 1: page(1) | normal });
    expect(m.access(0x1004, descriptor) !== 0).toBe(allowed);
    if (!allowed) expect(m.syndrome() & 0x3fn).toBe(0x21n);
  });

  it("lets FEAT_LSE2 have unaligned atomics within 16 bytes", () => {
    const m = mapped({ 1: page(1) | normal }, { core: "max" });
    expect(m.access(0x1004, 8 | AccessFlag.ordered)).not.toBe(0);
    expect(m.access(0x100c, 8 | AccessFlag.ordered)).toBe(0);
  });

  it("says of an atomic that reads failed, or else that its write did", () => {
    const m = mapped({ 1: page(1) | normal | readOnly });
    expect(m.access(0x1000, 8 | AccessFlag.atomic | AccessFlag.write)).toBe(0);
    expect(m.syndrome()).toBe(0x9600_004fn);
    expect(m.access(0x5000, 8 | AccessFlag.atomic | AccessFlag.write)).toBe(0);
    expect(m.syndrome()).toBe(0x9600_0007n);
  });

  it("keeps privileged accesses out of user pages under PAN, and unprivileged ones in", () => {
    const m = mapped({ 1: page(1) | normal | el0, 2: page(2) | normal }, { core: "neoverse-n1" });
    m.pe.writeSystemRegister("PAN", 1n << 22n);
    expect(m.access(0x1000, 8 | AccessFlag.unprivileged)).not.toBe(0);
    expect(m.access(0x1000, 8)).toBe(0);
    expect(m.syndrome()).toBe(0x9600_000fn);
    setPstate(m.pe, 0x3c5);
    expect(m.access(0x2000, 8 | AccessFlag.unprivileged)).toBe(0);
    // Taking the exception has set PAN, SCTLR_EL1.SPAN being 0.
    expect(m.access(0x1000, 8)).toBe(0);
    setPstate(m.pe, 0x3c5);
    expect(m.access(0x1000, 8)).not.toBe(0);
  });

  it("doesn't execute what it mustn't", () => {
    const m = mapped({ 1: page(1) | normal | never });
    m.pe.pc = 0x1000n;
    expect(fetch(m.pe)).toBe(-1);
    expect(m.syndrome()).toBe(0x8600_000fn);
    m.pe.pc = 0x1002n;
    expect(fetch(m.pe)).toBe(-1);
    expect(m.syndrome()).toBe(0x8a00_0000n);
  });
});

describe("stage 2", () => {
  /** Stage 2 of 40 bits from level 1, which maps the first 8 MB of RAM by 2 MB blocks, and nothing else. */
  function guest() {
    const m = mapped({ 1: page(1) | normal, 2: 0x900_0000n }, { el2: true });
    const root = ramBase + 0x20_0000;
    m.fixture.poke(root + 8, BigInt(root + 0x4000) | 3n);
    for (let n = 0; n < 4; n++)
      m.fixture.poke(root + 0x4000 + n * 8, BigInt(ramBase + n * 0x20_0000) | 0x400n | (3n << 6n) | (15n << 2n) | 1n);
    m.pe.writeSystemRegister("VTCR_EL2", 24n | (1n << 6n) | (2n << 16n));
    m.pe.writeSystemRegister("VTTBR_EL2", BigInt(root) | (7n << 48n));
    m.pe.writeSystemRegister("VBAR_EL2", BigInt(ramBase + 0x30_0000));
    m.pe.writeSystemRegister("HCR_EL2", (1n << 31n) | 1n);
    return m;
  }

  it("translates what stage 1 gave", () => {
    const m = guest();
    expect(m.access(0x1008, 8)).toBe(m.fixture.host(ramBase + 0x1008));
    const { descriptors, physicalAddress } = inspectTranslation(m.pe, 0x1008n);
    expect(physicalAddress).toBe(BigInt(ramBase + 0x1008));
    // Four stage 1 descriptors, each after two of stage 2, and two for the result.
    expect(descriptors.map(({ stage }) => stage).join("")).toBe("22122122122122");
  });

  it("reports faults to EL2 with the IPA and the instruction's syndrome", () => {
    const m = guest();
    m.pe.pc = 0x1000n;
    m.fixture.memory.view.setUint32(m.fixture.host(ramBase + 0x1000), 0xb900_0443, true);
    expect(m.access(0x2004, 4 | AccessFlag.write)).toBe(0);
    expect(m.pe.el).toBe(2);
    // STR W3, [X2, #4]: ISV, SAS word, SRT 3, 32 bits; a write; translation fault, level 1.
    expect(m.pe.readSystemRegister("ESR_EL2")).toBe(0x9383_0045n);
    expect(m.pe.readSystemRegister("HPFAR_EL2")).toBe(0x9_0000n);
    expect(m.pe.readSystemRegister("FAR_EL2")).toBe(0x2004n);
  });

  it("reports stage 1 tables that it doesn't map", () => {
    const m = guest();
    m.pe.writeSystemRegister("TTBR0_EL1", 0x1000_0000n);
    m.pe.tlbs.invalidateAll();
    expect(m.access(0x1008, 8)).toBe(0);
    expect(m.pe.readSystemRegister("ESR_EL2")).toBe(0x9200_0085n);
    expect(m.pe.readSystemRegister("HPFAR_EL2")).toBe(0x10_0000n);
  });

  it.each([
    ["ldr x5, [x1, #8]", 0xf940_0425, 0x1c5_8000],
    ["ldrsb w1, [x2]", 0x39c0_0041, 0x121_0000],
    ["ldrsw x1, [x2, x3]", 0xb8a3_6841, 0x1a1_8000],
    ["ldar w7, [x2]", 0x88df_fc47, 0x187_4000],
    ["ldr x5, [x1], #8", 0xf840_8425, 0],
    ["ldp x0, x1, [x2]", 0xa940_0440, 0],
    ["ldr q0, [x2]", 0x3dc0_0040, 0],
    ["ldxr x1, [x2]", 0xc85f_7c41, 0],
  ])("syndrome of %s", (_name, instruction, expected) => {
    expect(instructionSyndrome(instruction)).toBe(expected);
  });
});
