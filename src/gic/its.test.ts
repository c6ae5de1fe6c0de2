import { describe, expect, it } from "vitest";
import type { Dma } from "../ports/index.js";
import { createGic, nonSecureContext } from "./index.js";

const el1 = nonSecureContext(1);
const ramSize = 0x100000;
const valid = 1n << 63n;

function make() {
  const ram = new Uint8Array(ramSize);
  const dma: Dma = {
    read(address, target) {
      if (address + target.length > ramSize) return false;
      target.set(ram.subarray(address, address + target.length));
      return true;
    },
    write(address, source) {
      if (address + source.length > ramSize) return false;
      ram.set(source, address);
      return true;
    },
  };
  const messages: string[] = [];
  const irq = [false, false];
  const gic = createGic({
    peAffinities: [0, 1],
    spiCount: 32,
    security: "single",
    outputs: irq.map((_, pe) => ({ irq: { set: (level) => (irq[pe] = level) }, fiq: { set() {} } })),
    log: { enabled: () => true, write: (_channel, text) => messages.push(text) },
    dma,
  });
  const its = gic.its!;
  let offset = 0;
  const command = (...fields: bigint[]) => {
    const view = new DataView(ram.buffer);
    for (let index = 0; index < 4; index++) view.setBigUint64(offset + index * 8, fields[index] ?? 0n, true);
    offset = (offset + 32) % 4096;
    its.write64(0x88, BigInt(offset));
  };
  return { ram, gic, its, command, messages, irq };
}

/** Queue at 0, ITT at 0x1000, tables at 0x10000 and 0x20000, configurations at 0x30000, pending at 0x40000 and 0x50000. */
function start(machine = make(), deviceTable = valid | 0x10000n) {
  const { gic, its, command, ram } = machine;
  gic.distributor.write(0, 4, 2);
  for (const pe of [0, 1]) {
    gic.redistributors.write(pe * 0x20000 + 0x14, 4, 0);
    gic.redistributors.write(pe * 0x20000 + 0x70, 4, 0x3000f);
    gic.redistributors.write(pe * 0x20000 + 0x78, 4, 0x40000 + pe * 0x10000);
    gic.redistributors.write(pe * 0x20000, 4, 1);
    gic.cpuInterface(pe).write("ICC_PMR_EL1", 0xff, el1);
    gic.cpuInterface(pe).write("ICC_IGRPEN1_EL1", 1, el1);
  }
  ram.fill(0xa1, 0x30000, 0x30100);
  its.write64(0x80, valid);
  its.write64(0x100, deviceTable);
  its.write64(0x108, valid | 0x20000n);
  its.write(0, 4, 1);
  command(9n, 0n, valid);
  command(9n, 0n, valid | (1n << 16n) | 1n);
  return machine;
}

describe("the ITS", () => {
  it("turns a device's message into an LPI on the collection's PE", () => {
    const { gic, its, command, irq, messages } = start();
    command(8n | (7n << 32n), 3n, valid | 0x1000n);
    command(10n | (7n << 32n), (8200n << 32n) | 5n, 1n);
    its.signal(7, 5);
    expect(irq).toEqual([false, true]);
    const cpu = gic.cpuInterface(1);
    expect(cpu.read("ICC_IAR1_EL1", el1)).toBe(8200);
    expect(cpu.read("ICC_RPR_EL1", el1)).toBe(0xa0);
    expect(irq).toEqual([false, false]);
    its.signal(7, 5);
    cpu.write("ICC_EOIR1_EL1", 8200, el1);
    expect(irq).toEqual([false, true]);
    expect(messages).toEqual([]);
  });

  it("uses two-level device tables", () => {
    // 4 KB pages of 512 entries: DeviceID 1030 is entry 6 of the page that entry 2 names.
    const { its, command, irq, ram, messages } = start(make(), valid | (1n << 62n) | 0x10000n);
    command(8n | (1030n << 32n), 3n, valid | 0x1000n);
    expect(messages).toEqual(["gicv3_its: command MAPD ignored: DeviceID 1030 is outside the device table"]);
    new DataView(ram.buffer).setBigUint64(0x10010, valid | 0x60000n, true);
    command(8n | (1030n << 32n), 3n, valid | 0x1000n);
    command(10n | (1030n << 32n), (8200n << 32n) | 5n, 0n);
    its.signal(1030, 5);
    expect(irq).toEqual([true, false]);
    expect(ram.subarray(0x60030, 0x60038).some((byte) => byte !== 0)).toBe(true);
  });

  it("ignores commands that make no sense, and says which", () => {
    const { its, command, messages } = start();
    command(3n | (9n << 32n), 0n);
    command(8n | (1n << 32n), 1n, valid | 0x1000n);
    command(10n | (1n << 32n), (8200n << 32n) | 4n, 0n);
    command(10n | (1n << 32n), (100n << 32n) | 1n, 0n);
    command(12n | (1n << 32n), 1n);
    command(9n, 0n, valid | (5n << 16n));
    command(0x77n);
    expect(its.read64(0x90)).toBe(its.read64(0x88));
    expect(messages.map((message) => message.replace("gicv3_its: command ", ""))).toEqual([
      "INT ignored: DeviceID 9 is not mapped",
      "MAPTI ignored: DeviceID 1 has no EventID 4",
      "MAPTI ignored: INTID 100 is not an LPI",
      "INV ignored: EventID 1 of DeviceID 1 is not mapped",
      "MAPC ignored: there is no PE 5",
      "0x77 ignored: it is not a command of this ITS",
    ]);
  });

  it("stops at a queue outside memory", () => {
    const { its, messages } = make();
    its.write64(0x80, valid | 0x10_0000_0000n);
    its.write(0, 4, 1);
    its.write64(0x88, 32n);
    expect(its.read64(0x90)).toBe(0n);
    expect(messages).toEqual(["gicv3_its: the command queue at 0x1000000000 is not in RAM"]);
  });
});

describe("LPIs", () => {
  it("wait in the pending table while they are disabled", () => {
    const { gic, irq, ram } = start();
    gic.redistributors.write(0, 4, 0);
    ram[0x40000 + 8200 / 8] = 1 << (8200 % 8);
    gic.redistributors.write(0, 4, 1);
    expect(irq).toEqual([true, false]);
    ram.fill(0, 0x40000, 0x50000);
    gic.redistributors.write(0, 4, 0);
    expect(irq).toEqual([false, false]);
    expect(ram[0x40000 + 8200 / 8]).toBe(1 << (8200 % 8));
  });

  it("are masked by their configuration once it is invalidated", () => {
    const { its, command, irq, ram } = start();
    command(8n, 3n, valid | 0x1000n);
    command(10n, 8192n << 32n, 0n);
    its.signal(0, 0);
    ram[0x30000] = 0xa0;
    expect(irq).toEqual([true, false]);
    command(12n, 0n);
    expect(irq).toEqual([false, false]);
    ram[0x30000] = 0xa1;
    command(13n, 0n, 0n);
    expect(irq).toEqual([true, false]);
    command(14n, 0n, 0n, 1n << 16n);
    expect(irq).toEqual([false, true]);
  });

  it("survive saving and restoring", () => {
    const one = start();
    one.command(8n, 3n, valid | 0x1000n);
    one.command(10n, 8192n << 32n, 0n);
    one.its.signal(0, 0);
    const saved = JSON.parse(JSON.stringify(one.gic.save()));
    const two = make();
    two.ram.set(one.ram);
    two.gic.restore(saved);
    expect(two.gic.save()).toEqual(saved);
    expect(two.irq).toEqual([true, false]);
    two.gic.reset();
    expect(two.irq).toEqual([false, false]);
    expect(two.gic.save()).toEqual(make().gic.save());
    delete saved.its;
    expect(() => two.gic.restore(saved)).toThrow("without an ITS");
  });
});
