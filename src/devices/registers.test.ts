import { describe, expect, it } from "vitest";
import { ManualClock, RecordingCharacters, RecordingIrq, RecordingLog, TestRam } from "../../test/devices/support.js";
import type { MmioDevice } from "../ports/index.js";
import { PL011, PL011_REGISTERS } from "./pl011.js";
import { PL031, PL031_REGISTERS } from "./pl031.js";
import { PL061, PL061_REGISTERS } from "./pl061.js";
import { describeRegisters, type Register, RegisterBlock } from "./registers.js";
import { VIRTIO_MMIO_REGISTERS, VirtioMmio } from "./virtio/virtio-mmio.js";

const irq = new RecordingIrq();
const log = new RecordingLog();
const make: Record<string, () => MmioDevice> = {
  pl011: () => new PL011({ irq, log, clock: new ManualClock(), backend: new RecordingCharacters() }),
  pl031: () => new PL031({ irq, log, clock: new ManualClock(), epoch: 0 }),
  pl061: () => new PL061({ irq, log }),
  "virtio-mmio": () => new VirtioMmio({ irq, log, dma: new TestRam(0, 0) }),
};
const tables: [string, readonly Register<never>[]][] = [
  ["pl011", PL011_REGISTERS],
  ["pl031", PL031_REGISTERS],
  ["pl061", PL061_REGISTERS],
  ["virtio-mmio", VIRTIO_MMIO_REGISTERS],
];

describe.each(tables)("registers of %s", (name, registers) => {
  const empty = name === "virtio-mmio";

  it.each(registers.filter(({ access }) => access !== "WO"))("$name has its reset value", ({ offset, reset }) => {
    // An empty virtio slot shows its identification only.
    expect(make[name]!().read(offset, 4)).toBe(empty && offset > 0xc ? 0 : reset);
  });

  it.each(registers.filter(({ access }) => access === "RW"))(
    "$name keeps its reserved bits zero",
    ({ offset, bits }) => {
      const device = make[name]!();
      device.write(offset, 4, 0xffffffff);
      expect(device.read(offset, 4) & ~bits).toBe(0);
    },
  );

  it("are documented under registers/", async () => {
    await expect(`# ${name}\n\n${describeRegisters(registers)}\n`).toMatchFileSnapshot(`registers/${name}.md`);
  });
});

describe("RegisterBlock", () => {
  const table: readonly Register<{ value: number }>[] = [
    {
      offset: 0,
      name: "A",
      access: "RW",
      reset: 0,
      bits: 0xffff00ff,
      purpose: "",
      read: (d) => d.value,
      write: (d, v) => void (d.value = v),
    },
    { offset: 4, name: "B", access: "WO", reset: 0, bits: 0xff, purpose: "" },
  ];

  it("decodes narrow accesses by byte and drops reserved bits", () => {
    const block = new RegisterBlock("test", table, new RecordingLog());
    const device = { value: 0 };
    block.write(device, 0, 4, 0xa1b2c3d4);
    expect(device.value).toBe(0xa1b200d4);
    expect([0, 1, 2, 3].map((offset) => block.read(device, offset, 1))).toEqual([0xd4, 0, 0xb2, 0xa1]);
    expect([0, 2].map((offset) => block.read(device, offset, 2))).toEqual([0xd4, 0xa1b2]);
    block.write(device, 2, 1, 0x5a);
    expect(device.value).toBe(0x5a0000);
  });

  it("says what a guest got wrong, and gives zero", () => {
    const guestLog = new RecordingLog();
    const block = new RegisterBlock("test", table, guestLog);
    expect(block.read({ value: 1 }, 4, 4)).toBe(0);
    expect(block.read({ value: 1 }, 8, 4)).toBe(0);
    expect(guestLog.lines).toEqual([
      "guest: test: read from WO register B at offset 0x4",
      "guest: test: read from no register at offset 0x8",
    ]);
  });

  it("refuses overlapping tables", () => {
    expect(() => new RegisterBlock("test", [table[0]!, { ...table[1]!, offset: 0 }], log)).toThrow("overlaps");
  });
});
