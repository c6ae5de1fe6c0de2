import { describe, expect, it } from "vitest";
import { silentLog } from "../ports/index.js";
import { createGic, type Gic, type IccContext, type IccRegisterName, nonSecureContext } from "./index.js";

const el1 = nonSecureContext(1);
const el3: IccContext = { el: 3, scrNs: false, scrFiq: false, scrIrq: false };
const el3Ns: IccContext = { ...el3, scrNs: true };
const secureEl1: IccContext = { ...el3, el: 1 };
/** As Trusted Firmware runs Non-secure software: FIQs go to EL3. */
const nonSecureEl1: IccContext = { el: 1, scrNs: true, scrFiq: true, scrIrq: false };

interface Pins {
  irq: boolean;
  fiq: boolean;
  wake: boolean;
}

function make(options: { security?: "single" | "two"; affinities?: number[]; spiCount?: number } = {}) {
  const affinities = options.affinities ?? [0];
  const pins: Pins[] = affinities.map(() => ({ irq: false, fiq: false, wake: false }));
  const messages: string[] = [];
  const execution = affinities.map(() => ({ el: 1, secure: false }));
  const gic = createGic({
    peAffinities: affinities,
    spiCount: options.spiCount ?? 64,
    security: options.security ?? "single",
    outputs: pins.map((pin) => ({
      irq: { set: (level) => (pin.irq = level) },
      fiq: { set: (level) => (pin.fiq = level) },
      wakeRequest: { set: (level) => (pin.wake = level) },
    })),
    execution,
    log: { enabled: () => true, write: (_channel, text) => messages.push(text) },
  });
  const frames = gic.secure;
  const read = (register: IccRegisterName, context: IccContext = el1, pe = 0) =>
    gic.cpuInterface(pe).read(register, context);
  const write = (register: IccRegisterName, value: number | bigint, context: IccContext = el1, pe = 0) =>
    gic.cpuInterface(pe).write(register, value, context);
  return { gic, pins, messages, read, write, frames, execution };
}

/** Wakes all PEs, enables all groups, masks no priority, and enables every interrupt in Group 1. */
function start(machine: ReturnType<typeof make>): ReturnType<typeof make> {
  const { frames, write } = machine;
  const { distributor, redistributors } = frames;
  distributor.write(0, 4, 7);
  for (let pe = 0; pe * 0x20000 < redistributors.size; pe++) {
    const base = pe * 0x20000;
    redistributors.write(base + 0x14, 4, 0);
    redistributors.write(base + 0x10080, 4, 0xffffffff);
    redistributors.write(base + 0x10100, 4, 0xffffffff);
    write("ICC_PMR_EL1", 0xff, el3, pe);
    write("ICC_IGRPEN0_EL1", 1, el3, pe);
    write("ICC_IGRPEN1_EL3", 3, el3, pe);
  }
  for (const word of [1, 2]) {
    distributor.write(0x80 + word * 4, 4, 0xffffffff);
    distributor.write(0x100 + word * 4, 4, 0xffffffff);
  }
  return machine;
}

const setPriority = (gic: Gic, intid: number, priority: number) =>
  intid < 32
    ? gic.secure.redistributors.write(0x10400 + intid, 1, priority)
    : gic.secure.distributor.write(0x400 + intid, 1, priority);
const setEdge = (gic: Gic, spi: number) => {
  const offset = 0xc00 + ((spi + 32) >> 4) * 4;
  const { distributor } = gic.secure;
  distributor.write(offset, 4, (distributor.read(offset, 4) | (2 << ((spi & 15) * 2))) >>> 0);
};

describe("options", () => {
  it("are checked", () => {
    expect(() => make({ spiCount: 33 })).toThrow("the GIC takes a multiple of 32 SPIs up to 960, not 33");
    expect(() => make({ affinities: [0, 0] })).toThrow("same affinity");
    const { gic } = make();
    expect(() => gic.spi(64)).toThrow("no SPI 64");
    expect(() => gic.ppi(0, 15)).toThrow("not 15");
    expect(() => gic.ppi(1, 16)).toThrow("no PE 1");
    const line = { set() {} };
    expect(() =>
      createGic({
        peAffinities: [0, 1],
        spiCount: 32,
        security: "single",
        outputs: [{ irq: line, fiq: line }],
        log: silentLog,
      }),
    ).toThrow("2 PE affinities and 1 sets of outputs");
  });
});

describe("identification", () => {
  it("counts SPIs, and offers the range selector where affinities need it", () => {
    const { distributor } = make({ spiCount: 256 }).gic;
    expect(distributor.read(4, 4)).toBe(0x0178_0008);
    expect(make({ affinities: [0, 16] }).gic.distributor.read(4, 4) & (1 << 26)).not.toBe(0);
    expect(make({ security: "two" }).gic.distributor.read(4, 4) & (1 << 10)).not.toBe(0);
  });

  it("lays Redistributors out by PE, the last one marked", () => {
    const { redistributors } = make({ affinities: [0, 0x100, 0x0102_0304] }).gic;
    expect(redistributors.size).toBe(0x60000);
    const typer = [0, 1, 2].map((pe) => [8, 12].map((offset) => redistributors.read(pe * 0x20000 + offset, 4)));
    expect(typer).toEqual([
      [0x0100_0000, 0],
      [0x0100_0100, 0x100],
      [0x0100_0210, 0x0102_0304],
    ]);
  });

  it("names reserved offsets in the log", () => {
    const { gic, messages } = make();
    expect(gic.distributor.read(0x20, 4)).toBe(0);
    gic.redistributors.write(0x1000, 4, 1);
    gic.distributor.read(0x100, 1);
    expect(messages).toEqual([
      "gicv3_dist: read of 4 bytes at reserved offset 0x20",
      "gicv3_redist: write of 4 bytes at reserved offset 0x1000",
      "gicv3_dist: read of 1 bytes at reserved offset 0x100",
    ]);
  });
});

describe("wires", () => {
  it("make a level-sensitive interrupt pending while they are asserted", () => {
    const { gic, pins, read, write } = start(make());
    const line = gic.spi(1);
    line.set(true);
    expect(pins[0]!.irq).toBe(true);
    line.set(false);
    expect(pins[0]!.irq).toBe(false);
    expect(read("ICC_IAR1_EL1")).toBe(1023);
    line.set(true);
    expect(read("ICC_IAR1_EL1")).toBe(33);
    expect(gic.distributor.read(0x204, 4)).toBe(2);
    expect(pins[0]!.irq).toBe(false);
    write("ICC_EOIR1_EL1", 33);
    expect(pins[0]!.irq).toBe(true);
  });

  it("latch a rising edge once", () => {
    const { gic, pins, read, write } = start(make());
    setEdge(gic, 1);
    const line = gic.spi(1);
    line.set(true);
    line.set(true);
    line.set(false);
    expect(pins[0]!.irq).toBe(true);
    expect(read("ICC_IAR1_EL1")).toBe(33);
    line.set(true);
    write("ICC_EOIR1_EL1", 33);
    expect(read("ICC_IAR1_EL1")).toBe(33);
    write("ICC_EOIR1_EL1", 33);
    expect(read("ICC_IAR1_EL1")).toBe(1023);
  });

  it("of PPIs belong to their PE", () => {
    const { gic, pins } = start(make({ affinities: [0, 1] }));
    gic.ppi(1, 27).set(true);
    expect(pins.map((pin) => pin.irq)).toEqual([false, true]);
  });
});

describe("priorities", () => {
  it("have 5 bits, in the registers and in ICC_PMR_EL1", () => {
    const { gic, read, write } = make();
    gic.distributor.write(0x420, 4, 0xffffffff);
    expect(gic.distributor.read(0x420, 4)).toBe(0xf8f8f8f8);
    write("ICC_PMR_EL1", 0xff);
    expect(read("ICC_PMR_EL1")).toBe(0xf8);
  });

  it("order acknowledgement, then the lower INTID", () => {
    const { gic, read } = start(make());
    setPriority(gic, 33, 0x40);
    setPriority(gic, 34, 0x20);
    setPriority(gic, 30, 0x40);
    for (const spi of [1, 2]) gic.spi(spi).set(true);
    gic.ppi(0, 30).set(true);
    expect(read("ICC_IAR1_EL1")).toBe(34);
    expect(read("ICC_IAR1_EL1")).toBe(1023);
    expect(read("ICC_HPPIR1_EL1")).toBe(30);
    expect(read("ICC_RPR_EL1")).toBe(0x20);
  });

  it("preempt by group priority only", () => {
    const { gic, read, write, pins } = start(make());
    setPriority(gic, 33, 0x60);
    setPriority(gic, 34, 0x50);
    gic.spi(1).set(true);
    write("ICC_BPR1_EL1", 6);
    expect(read("ICC_IAR1_EL1")).toBe(33);
    expect(read("ICC_AP1R0_EL1")).toBe(1 << 8);
    gic.spi(2).set(true);
    // 0x50 and 0x60 share the group priority 0x40 of binary point 6.
    expect(pins[0]!.irq).toBe(false);
    write("ICC_BPR1_EL1", 0);
    expect(read("ICC_BPR1_EL1")).toBe(3);
    // The active priority was recorded as 0x40, which still outranks 0x50.
    expect(pins[0]!.irq).toBe(false);
    setPriority(gic, 34, 0x38);
    expect(pins[0]!.irq).toBe(true);
    expect(read("ICC_IAR1_EL1")).toBe(34);
    expect(read("ICC_RPR_EL1")).toBe(0x38);
    write("ICC_EOIR1_EL1", 34);
    expect(read("ICC_RPR_EL1")).toBe(0x40);
    write("ICC_EOIR1_EL1", 33);
    expect(read("ICC_RPR_EL1")).toBe(0xff);
  });

  it("are masked by ICC_PMR_EL1 from the mask's own value down", () => {
    const { gic, pins, write, read } = start(make());
    setPriority(gic, 33, 0x80);
    gic.spi(1).set(true);
    write("ICC_PMR_EL1", 0x80);
    expect(pins[0]!.irq).toBe(false);
    expect(read("ICC_IAR1_EL1")).toBe(1023);
    expect(read("ICC_HPPIR1_EL1")).toBe(33);
    write("ICC_PMR_EL1", 0x88);
    expect(pins[0]!.irq).toBe(true);
  });
});

describe("end of interrupt", () => {
  it("drops the priority only, with EOImode 1, and leaves deactivation to ICC_DIR_EL1", () => {
    const { gic, pins, read, write } = start(make());
    write("ICC_CTLR_EL1", 2);
    gic.spi(1).set(true);
    expect(read("ICC_IAR1_EL1")).toBe(33);
    write("ICC_EOIR1_EL1", 33);
    expect(read("ICC_RPR_EL1")).toBe(0xff);
    expect(gic.distributor.read(0x304, 4)).toBe(2);
    expect(pins[0]!.irq).toBe(false);
    write("ICC_DIR_EL1", 33);
    expect(gic.distributor.read(0x304, 4)).toBe(0);
    expect(pins[0]!.irq).toBe(true);
  });

  it("of the wrong group, of a special INTID, and ICC_DIR_EL1 with EOImode 0 do nothing", () => {
    const { gic, read, write } = start(make());
    gic.spi(1).set(true);
    read("ICC_IAR1_EL1");
    write("ICC_EOIR0_EL1", 33);
    write("ICC_EOIR1_EL1", 1023);
    write("ICC_DIR_EL1", 33);
    expect(read("ICC_RPR_EL1")).toBe(0);
    expect(gic.distributor.read(0x304, 4)).toBe(2);
  });
});

describe("groups", () => {
  it("0 is signalled as FIQ, 1 as IRQ, with one Security state", () => {
    const { gic, pins, read } = start(make());
    gic.distributor.write(0x84, 4, 0xffffffff & ~2);
    gic.spi(1).set(true);
    expect(pins[0]).toEqual({ irq: false, fiq: true, wake: false });
    expect(read("ICC_IAR1_EL1")).toBe(1023);
    expect(read("ICC_IAR0_EL1")).toBe(33);
  });

  it("that the CPU interface disables are not forwarded, so that others are", () => {
    const { gic, read, write } = start(make());
    gic.distributor.write(0x84, 4, 0xffffffff & ~2);
    for (const spi of [1, 2]) gic.spi(spi).set(true);
    expect(read("ICC_HPPIR1_EL1")).toBe(1023);
    write("ICC_IGRPEN0_EL1", 0);
    expect(read("ICC_HPPIR1_EL1")).toBe(34);
    gic.distributor.write(0, 4, 0);
    expect(read("ICC_HPPIR1_EL1")).toBe(1023);
  });

  // IHI 0069, table 4-3.
  const signals: [string, number, number, 0 | 1 | 2 | 3, boolean, "irq" | "fiq"][] = [
    ["Group 0 at EL3", 0, 0, 3, true, "fiq"],
    ["Group 0 in Secure state", 0, 0, 1, true, "fiq"],
    ["Group 0 in Non-secure state", 0, 0, 1, false, "fiq"],
    ["Secure Group 1 at EL3", 0, 1, 3, true, "fiq"],
    ["Secure Group 1 in Secure state", 0, 1, 1, true, "irq"],
    ["Secure Group 1 in Non-secure state", 0, 1, 1, false, "fiq"],
    ["Non-secure Group 1 at EL3", 1, 0, 3, true, "fiq"],
    ["Non-secure Group 1 in Secure state", 1, 0, 1, true, "fiq"],
    ["Non-secure Group 1 in Non-secure state", 1, 0, 1, false, "irq"],
  ];
  it.each(signals)("%s is signalled as table 4-3 says", (_name, group, modifier, el, secure, signal) => {
    const expected = { irq: signal === "irq", fiq: signal === "fiq", wake: false };
    for (const moves of ["before", "afterwards"]) {
      const { gic, pins, execution } = start(make({ security: "two" }));
      gic.secure.distributor.write(0x84, 4, group * 2);
      gic.secure.distributor.write(0xd04, 4, modifier * 2);
      if (moves === "before") Object.assign(execution[0]!, { el, secure });
      gic.spi(1).set(true);
      Object.assign(execution[0]!, { el, secure });
      if (moves === "afterwards") gic.cpuInterface(0).executionStateChanged();
      expect(pins[0], moves).toEqual(expected);
    }
  });

  it("of the other Security state show as special INTIDs", () => {
    const { gic, read } = start(make({ security: "two" }));
    const { distributor } = gic.secure;
    gic.spi(1).set(true);
    expect(read("ICC_HPPIR0_EL1", el3)).toBe(1021);
    expect(read("ICC_IAR0_EL1", el3)).toBe(1021);
    expect(read("ICC_HPPIR1_EL1", secureEl1)).toBe(1023);
    expect(read("ICC_HPPIR1_EL1", nonSecureEl1)).toBe(33);
    distributor.write(0x84, 4, 0);
    distributor.write(0xd04, 4, 2);
    expect(read("ICC_HPPIR0_EL1", el3)).toBe(1020);
    expect(read("ICC_HPPIR1_EL1", nonSecureEl1)).toBe(1023);
    expect(read("ICC_HPPIR1_EL1", secureEl1)).toBe(33);
    expect(read("ICC_IAR1_EL1", el3)).toBe(33);
  });
});

describe("two Security states", () => {
  it("hide Secure interrupts from Non-secure software", () => {
    const { gic } = make({ security: "two" });
    const { distributor } = gic;
    distributor.write(0x84, 4, 0xffffffff);
    expect(gic.secure.distributor.read(0x84, 4)).toBe(0);
    gic.secure.distributor.write(0x84, 4, 2);
    distributor.write(0x104, 4, 0xffffffff);
    expect(gic.secure.distributor.read(0x104, 4)).toBe(2);
    distributor.write(0x420, 4, 0x4040_4040);
    expect(gic.secure.distributor.read(0x420, 4)).toBe(0xa000);
    expect(distributor.read(0x420, 4)).toBe(0x4000);
    expect(distributor.read(0x84, 4)).toBe(0);
    gic.redistributors.write(0x14, 4, 0);
    expect(gic.secure.redistributors.read(0x14, 4)).toBe(6);
    expect(gic.redistributors.read(0x14, 4)).toBe(0);
  });

  it("let NSACR open pending state to Non-secure software", () => {
    const { gic } = make({ security: "two" });
    gic.distributor.write(0x204, 4, 7);
    expect(gic.secure.distributor.read(0x204, 4)).toBe(0);
    gic.secure.distributor.write(0xe08, 4, 0b10_01_00);
    gic.distributor.write(0x204, 4, 7);
    expect(gic.secure.distributor.read(0x204, 4)).toBe(6);
    gic.distributor.write(0x284, 4, 7);
    expect(gic.secure.distributor.read(0x204, 4)).toBe(2);
  });

  it("end for good when software sets GICD_CTLR.DS", () => {
    const { gic } = make({ security: "two" });
    gic.secure.distributor.write(0, 4, 0x40);
    gic.secure.distributor.write(0, 4, 0);
    expect(gic.distributor.read(0, 4)).toBe(0x50);
    gic.distributor.write(0x84, 4, 5);
    expect(gic.distributor.read(0x84, 4)).toBe(5);
    gic.reset();
    expect(gic.secure.distributor.read(0, 4)).toBe(0x30);
  });

  it("give Non-secure software half of the priorities while FIQs go to EL3", () => {
    const { read, write } = make({ security: "two" });
    write("ICC_PMR_EL1", 0x70, el3);
    expect(read("ICC_PMR_EL1", nonSecureEl1)).toBe(0);
    write("ICC_PMR_EL1", 0xff, nonSecureEl1);
    expect(read("ICC_PMR_EL1", el3)).toBe(0x70);
    write("ICC_PMR_EL1", 0xff, el3);
    write("ICC_PMR_EL1", 0x40, nonSecureEl1);
    expect(read("ICC_PMR_EL1", el3)).toBe(0xa0);
    expect(read("ICC_PMR_EL1", nonSecureEl1)).toBe(0x40);
  });

  it("bank the Group 1 registers by SCR_EL3.NS", () => {
    const { read, write } = make({ security: "two" });
    write("ICC_IGRPEN1_EL1", 1, el3Ns);
    expect(read("ICC_IGRPEN1_EL1", el3)).toBe(0);
    expect(read("ICC_IGRPEN1_EL3", el3)).toBe(1);
    write("ICC_BPR1_EL1", 5, secureEl1);
    expect([read("ICC_BPR1_EL1", secureEl1), read("ICC_BPR1_EL1", nonSecureEl1)]).toEqual([5, 3]);
    write("ICC_AP1R0_EL1", 0xffffffff, nonSecureEl1);
    expect(read("ICC_AP1R0_EL1", el3Ns)).toBe(0xffff0000);
    expect(read("ICC_AP1R0_EL1", el3)).toBe(0);
  });
});

describe("SGIs", () => {
  const pendingSgis = (gic: Gic) =>
    Array.from({ length: gic.redistributors.size / 0x20000 }, (_, pe) =>
      gic.secure.redistributors.read(pe * 0x20000 + 0x10200, 4),
    );

  it("reach the target list of a cluster", () => {
    const { gic, write } = start(make({ affinities: [0, 1, 0x100, 0x0200_0100] }));
    write("ICC_SGI1R_EL1", (3n << 24n) | 0b10n);
    expect(pendingSgis(gic)).toEqual([0, 8, 0, 0]);
    write("ICC_SGI1R_EL1", (4n << 24n) | (1n << 16n) | 1n);
    expect(pendingSgis(gic)).toEqual([0, 8, 16, 0]);
    write("ICC_SGI1R_EL1", (2n << 48n) | (5n << 24n) | (1n << 16n) | 1n);
    expect(pendingSgis(gic)).toEqual([0, 8, 16, 32]);
  });

  it("reach Aff0 above 15 by the range selector, and all others by IRM", () => {
    const { gic, write, pins, read } = start(make({ affinities: [0, 17, 33] }));
    write("ICC_SGI1R_EL1", (1n << 44n) | (1n << 24n) | 0b10n);
    expect(pendingSgis(gic)).toEqual([0, 2, 0]);
    write("ICC_SGI1R_EL1", (1n << 40n) | (2n << 24n), el1, 1);
    expect(pendingSgis(gic)).toEqual([4, 2, 4]);
    expect(pins.map((pin) => pin.irq)).toEqual([true, true, true]);
    expect(read("ICC_IAR1_EL1", el1, 2)).toBe(2);
    expect(pendingSgis(gic)).toEqual([4, 2, 0]);
  });

  it("are taken by interrupts of the group that is asked for", () => {
    const { gic, write } = start(make());
    write("ICC_SGI0R_EL1", 1n);
    expect(pendingSgis(gic)).toEqual([0]);
    gic.redistributors.write(0x10080, 4, 0);
    write("ICC_SGI1R_EL1", 1n);
    expect(pendingSgis(gic)).toEqual([0]);
    write("ICC_SGI0R_EL1", 1n);
    expect(pendingSgis(gic)).toEqual([1]);
  });

  it("of Secure groups need NSACR when Non-secure software asks", () => {
    const { gic, write } = start(make({ security: "two" }));
    const { redistributors } = gic.secure;
    redistributors.write(0x10080, 4, 0);
    redistributors.write(0x10d00, 4, 2);
    const askAll = () => {
      for (const intid of [0n, 1n]) {
        write("ICC_SGI0R_EL1", (intid << 24n) | 1n, nonSecureEl1);
        write("ICC_ASGI1R_EL1", (intid << 24n) | 1n, nonSecureEl1);
      }
    };
    askAll();
    expect(pendingSgis(gic)).toEqual([0]);
    redistributors.write(0x10e00, 4, 0b0101);
    askAll();
    expect(pendingSgis(gic)).toEqual([1]);
    redistributors.write(0x10e00, 4, 0b1001);
    askAll();
    expect(pendingSgis(gic)).toEqual([3]);
  });
});

describe("routing", () => {
  it("follows GICD_IROUTER, and holds what has no target", () => {
    const { gic, pins } = start(make({ affinities: [0, 0x0100_0001] }));
    gic.spi(1).set(true);
    expect(pins.map((pin) => pin.irq)).toEqual([true, false]);
    gic.distributor.write(0x6000 + 33 * 8, 4, 1);
    expect(pins.map((pin) => pin.irq)).toEqual([false, false]);
    gic.distributor.write(0x6004 + 33 * 8, 4, 1);
    expect(pins.map((pin) => pin.irq)).toEqual([false, true]);
    expect(gic.distributor.read(0x6004 + 33 * 8, 4)).toBe(1);
  });

  it("1 of N chooses the lowest-numbered PE that participates", () => {
    const { gic, pins, write } = start(make({ affinities: [0, 1, 2] }));
    const irqs = () => pins.map((pin) => pin.irq);
    gic.distributor.write(0x6000 + 33 * 8, 4, 0x8000_0000);
    expect(gic.distributor.read(0x6000 + 33 * 8, 4)).toBe(0x8000_0000);
    gic.spi(1).set(true);
    expect(irqs()).toEqual([true, false, false]);
    write("ICC_IGRPEN1_EL1", 0, el1, 0);
    expect(irqs()).toEqual([false, true, false]);
    gic.redistributors.write(0x20014, 4, 2);
    expect(irqs()).toEqual([false, false, true]);
    gic.redistributors.write(0x40014, 4, 2);
    expect(irqs()).toEqual([false, false, false]);
    write("ICC_IGRPEN1_EL1", 1, el1, 0);
    expect(irqs()).toEqual([true, false, false]);
  });

  it("keeps interrupts from a sleeping PE, and asks to wake it", () => {
    const { gic, pins, write } = start(make());
    gic.redistributors.write(0x14, 4, 2);
    expect(gic.redistributors.read(0x14, 4)).toBe(6);
    write("ICC_IGRPEN1_EL1", 0);
    gic.spi(1).set(true);
    expect(pins[0]).toEqual({ irq: false, fiq: false, wake: true });
    gic.redistributors.write(0x14, 4, 0);
    write("ICC_IGRPEN1_EL1", 1);
    expect(pins[0]).toEqual({ irq: true, fiq: false, wake: false });
  });
});

describe("a saved state", () => {
  it("survives JSON, and drives the outputs of the GIC that takes it", () => {
    const one = start(make({ affinities: [0, 1] }));
    one.gic.distributor.write(0x6000 + 34 * 8, 4, 1);
    for (const spi of [1, 2]) one.gic.spi(spi).set(true);
    expect(one.read("ICC_IAR1_EL1")).toBe(33);
    const saved = JSON.parse(JSON.stringify(one.gic.save()));
    const two = make({ affinities: [0, 1] });
    two.gic.restore(saved);
    expect(two.gic.save()).toEqual(saved);
    expect(two.pins).toEqual(one.pins);
    expect(two.read("ICC_RPR_EL1")).toBe(0);
    expect(two.read("ICC_IAR1_EL1", el1, 1)).toBe(34);
    expect(() => make({ spiCount: 32, affinities: [0, 1] }).gic.restore(saved)).toThrow("words of 'enabled'");
    expect(() => make().gic.restore(saved)).toThrow("for 2 PEs, not 1");
  });

  it("is nothing after a reset, but for the wires", () => {
    const machine = start(make());
    machine.gic.spi(1).set(true);
    machine.gic.reset();
    const fresh = make();
    fresh.gic.spi(1).set(true);
    expect(machine.gic.save()).toEqual(fresh.gic.save());
    expect(machine.pins).toEqual(fresh.pins);
  });
});
