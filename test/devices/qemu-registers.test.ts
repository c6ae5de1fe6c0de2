import { describe, expect, it } from "vitest";
import {
  FwCfg,
  PL011,
  PL011_REGISTERS,
  PL031,
  PL031_REGISTERS,
  PL061,
  PL061_REGISTERS,
  type Register,
  SeededEntropy,
  VIRTIO_MMIO_REGISTERS,
  VirtioMmio,
  VirtioRng,
} from "../../src/devices/index.js";
import type { MmioDevice } from "../../src/ports/index.js";
import { RAM_BASE, RAM_BYTES, runOnModels, runOnQemu, Script } from "./script.js";
import { ManualClock, RecordingCharacters, RecordingIrq, RecordingLog, TestRam } from "./support.js";

const PL011_BASE = 0x09000000;
const PL031_BASE = 0x09010000;
const FW_CFG_BASE = 0x09020000;
const PL061_BASE = 0x09030000;
const EMPTY_SLOT = 0x0a000000;
const RNG_SLOT = 0x0a000200;
const QEMU_RNG = ["-global", "virtio-mmio.force-legacy=false", "-device", "virtio-rng-device,bus=virtio-mmio-bus.1"];

/**
 * QEMU offers further features, says 1024 for every queue whatever the device takes, and gives 0 as the base of a shared
 * memory region that does not exist, where virtio 1.2 section 4.2.2 wants all ones.
 */
const NOT_QEMUS = ["DeviceFeatures", "QueueNumMax", "SHMBaseLow", "SHMBaseHigh"];
/** RAM that nothing writes: waiting for it to change passes some time. */
const NEVER = 0x43003000;

function models(): { devices: Map<number, MmioDevice>; ram: TestRam } {
  const irq = new RecordingIrq();
  const log = new RecordingLog();
  const clock = new ManualClock();
  const ram = new TestRam(RAM_BASE, RAM_BYTES);
  const devices = new Map<number, MmioDevice>([
    [PL011_BASE, new PL011({ irq, clock, log, backend: new RecordingCharacters() })],
    [PL031_BASE, new PL031({ irq, clock, log, epoch: 0 })],
    [FW_CFG_BASE, new FwCfg({ dma: ram, log })],
    [PL061_BASE, new PL061({ irq, log })],
    [EMPTY_SLOT, new VirtioMmio({ irq, dma: ram, log })],
    [RNG_SLOT, new VirtioMmio({ irq, dma: ram, log, device: new VirtioRng(new SeededEntropy(1n)) })],
  ]);
  return { devices, ram };
}

function compare(script: Script): void {
  const { devices, ram } = models();
  const ours = runOnModels(script, devices, ram);
  const theirs = runOnQemu(script, QEMU_RNG);
  expect(theirs.length).toBe(ours.length);
  const reads = script.steps.filter(({ kind }) => kind === "read");
  const name = (i: number) => `0x${reads[i]!.address.toString(16)}/${reads[i]!.size}`;
  expect(ours.map((v, i) => `${name(i)} ${v.toString(16)}`)).toEqual(
    theirs.map((v, i) => `${name(i)} ${v.toString(16)}`),
  );
}

function readAll<D>(
  script: Script,
  base: number,
  registers: readonly Register<D>[],
  except: readonly string[] = [],
): void {
  for (const { offset, access, name, count } of registers) {
    if (access === "WO" || except.includes(name)) continue;
    for (let index = 0; index < (count ?? 1); index++) script.read(base + offset + 4 * index);
  }
}

describe("devices against QEMU", () => {
  it("have the same registers after reset", () => {
    const script = new Script();
    readAll(script, PL011_BASE, PL011_REGISTERS);
    // The time of day is the host's in QEMU.
    readAll(script, PL031_BASE, PL031_REGISTERS, ["RTCDR"]);
    readAll(script, PL061_BASE, PL061_REGISTERS);
    readAll(script, EMPTY_SLOT, VIRTIO_MMIO_REGISTERS);
    for (const select of [0, 1, 2]) {
      readAll(script.write(RNG_SLOT + 0x14, select), RNG_SLOT, VIRTIO_MMIO_REGISTERS, NOT_QEMUS);
    }
    script
      .read(RNG_SLOT + 0x100, 4)
      .read(RNG_SLOT + 0x101, 1)
      .read(RNG_SLOT + 0x102, 2);
    script.write(RNG_SLOT + 0x30, 5).read(RNG_SLOT + 0x44);
    compare(script);
  });

  it("PL011 keeps and masks what is written, and signals transmission", () => {
    const script = new Script();
    const registers = [0x20, 0x24, 0x28, 0x34, 0x38, 0x48];
    for (const offset of registers) script.write(PL011_BASE + offset, 0x5);
    readAll(script, PL011_BASE, PL011_REGISTERS);
    script
      .write(PL011_BASE + 0x2c, 0x70)
      .write(PL011_BASE + 0x30, 0x301)
      .write(PL011_BASE + 0x38, 0x7f0);
    script
      .read(PL011_BASE + 0x3c)
      .write(PL011_BASE, 0x41)
      .read(PL011_BASE + 0x3c)
      .read(PL011_BASE + 0x40);
    script
      .write(PL011_BASE, 0x42, 1)
      .read(PL011_BASE + 0x18)
      .read(PL011_BASE + 0x18, 1)
      .read(PL011_BASE + 0x18, 2);
    script
      .write(PL011_BASE + 0x44, 0x20)
      .read(PL011_BASE + 0x3c)
      .read(PL011_BASE + 0x40);
    script
      .write(PL011_BASE + 4, 0)
      .read(PL011_BASE + 4)
      .write(PL011_BASE + 0x38, 0)
      .read(PL011_BASE + 0x38);
    compare(script);
  });

  it("PL031 loads, matches and clears", () => {
    const at = (offset: number) => PL031_BASE + offset;
    const script = new Script();
    script
      .write(at(0x8), 0x12345678)
      .read(at(0x8))
      .read(at(0x0))
      .write(at(0x4), 0xffffff00)
      .read(at(0x4))
      .read(at(0x14));
    script.write(at(0x10), 1).read(at(0x10)).read(at(0x18));
    // Matching the present second raises at once.
    script.write(at(0x4), 0x12345678).read(at(0x14)).read(at(0x18)).write(at(0x10), 0).read(at(0x18));
    script.write(at(0x1c), 1).read(at(0x14)).write(at(0xc), 0).read(at(0xc)).write(at(0x10), 0xff).read(at(0x10));
    compare(script);
  });

  it("PL061 drives outputs and masks data by address", () => {
    const at = (offset: number) => PL061_BASE + offset;
    const script = new Script();
    script.write(at(0x400), 0xf0).write(at(0x3fc), 0xaa).read(at(0x3fc)).read(at(0x200)).read(at(0x0a0));
    script.write(at(0x040), 0xff).read(at(0x3fc)).write(at(0x3fc), 0).read(at(0x3fc));
    for (const offset of [0x404, 0x408, 0x410, 0x420]) script.write(at(offset), 0x1a5).read(at(offset));
    script.write(at(0x404), 0).write(at(0x41c), 0xff).read(at(0x414)).read(at(0x418));
    compare(script);
  });

  it("fw_cfg gives signature, id and DMA signature in every width", () => {
    const at = (offset: number) => FW_CFG_BASE + offset;
    const script = new Script();
    script.write(at(8), 0, 2).read(at(0), 1).read(at(0), 1).read(at(0), 2).read(at(0), 4);
    script
      .write(at(8), 0, 2)
      .read(at(0), 4)
      .write(at(8), 0x0100, 2)
      .read(at(0), 4)
      .write(at(8), 0x0100, 2)
      .read(at(0), 1);
    script.read(at(0x10), 4).read(at(0x14), 4).write(at(8), 0xff3f, 2).read(at(0), 4);
    // DMA: select the signature and read six bytes; an item ends in zeros.
    const DESCRIPTOR = 0x43000000;
    script.write(DESCRIPTOR, 0x0a000000).write(DESCRIPTOR + 4, 0x06000000);
    script
      .write(DESCRIPTOR + 8, 0)
      .write(DESCRIPTOR + 12, 0x00010043)
      .write(0x43000100, 0xffffffff)
      .write(0x43000104, 0xffffffff);
    script.write(at(0x10), 0).write(at(0x14), 0x00000043).read(DESCRIPTOR).load(0x43000100, 8);
    // A write to a read-only item is an error.
    script.write(DESCRIPTOR, 0x10000000).write(at(0x14), 0x00000043).read(DESCRIPTOR);
    compare(script);
  });

  it("virtio-mmio negotiates and sets up a queue alike", () => {
    const at = (offset: number) => RNG_SLOT + offset;
    const script = new Script();
    script.write(at(0x70), 1).read(at(0x70)).write(at(0x70), 3).read(at(0x70));
    script.write(at(0x24), 1).write(at(0x20), 1).write(at(0x70), 0xb).read(at(0x70));
    script.write(at(0x30), 0).write(at(0x38), 4).write(at(0x80), 0x43000000).write(at(0x90), 0x43001000);
    script
      .write(at(0xa0), 0x43002000)
      .read(at(0x44))
      .write(at(0x44), 1)
      .read(at(0x44))
      .write(at(0x70), 0xf)
      .read(at(0x70));
    // A request whose descriptor index is outside the table breaks the device.
    script.write(0x43001002, 1, 2).write(0x43001004, 99, 2).write(at(0x50), 0);
    // QEMU asks its entropy source first.
    script.wait(NEVER, 1).read(at(0x70)).read(0x43002002, 2);
    script.write(at(0x64), 3).read(at(0x60)).write(at(0x70), 0).read(at(0x70)).read(at(0x44)).read(at(0x60));
    compare(script);
  });
});
