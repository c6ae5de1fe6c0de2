import { expect, it } from "vitest";
import {
  MemoryBlockBackend,
  PcieHost,
  SeededEntropy,
  VirtioBlk,
  VirtioConsole,
  type VirtioDevice,
  VirtioNet,
  VirtioPci,
  VirtioRng,
} from "../../src/devices/index.js";
import type { MmioDevice } from "../../src/ports/index.js";
import { DATA_BASE, RAM_BASE, RAM_BYTES, runOnModels, runOnQemu, Script } from "./script.js";
import { ManualClock, RecordingCharacters, RecordingIrq, RecordingLog, TestRam } from "./support.js";

const ECAM = 0x40_1000_0000;
const IO = 0x3eff_0000;
const MEMORY = 0x1000_0000;
const slot = (device: number) => ECAM + device * 0x8000;
const SLOTS = { blk: slot(1), net: slot(2), rng: slot(3), console: slot(4) };

/** The same devices as {@link qemuDevices}. */
function world() {
  const ram = new TestRam(RAM_BASE, RAM_BYTES);
  const log = new RecordingLog();
  const messages: [requester: number, address: number, data: number][] = [];
  const host = new PcieHost({
    ecamSize: 0x1000_0000,
    interrupts: [0, 1, 2, 3].map(() => new RecordingIrq()),
    dma: ram,
    msi: {
      write: (...message) => {
        messages.push(message);
        const [, address, data] = message;
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setUint32(0, data, true);
        return ram.write(address, bytes);
      },
    },
    log,
  });
  const backend = { connect() {}, send() {} };
  const devices: VirtioDevice[] = [
    new VirtioBlk({ backend: new MemoryBlockBackend(disk()) }),
    new VirtioNet({ backend, clock: new ManualClock(), mac: Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56) }),
    new VirtioRng(new SeededEntropy(0n)),
    new VirtioConsole(new RecordingCharacters()),
  ];
  for (const [i, device] of devices.entries()) host.add(i + 1, new VirtioPci({ device, log }));
  const bus = new Map<number, MmioDevice>([
    [ECAM, host.ecam],
    [IO, host.window("io", { space: "io", base: 0, size: 0x1_0000 })],
    [MEMORY, host.window("memory", { space: "memory", base: MEMORY, size: 0x2eff_0000 })],
  ]);
  return { ram, bus, messages };
}

function disk(): Uint8Array {
  return Uint8Array.from({ length: 64 * 512 }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
}

const qemuDevices = [
  ...["-nic", "none", "-drive", "file=disk.img,if=none,format=raw,id=d"],
  ...["-device", "virtio-blk-pci,drive=d,num-queues=1,queue-size=128"],
  ...["-netdev", "hubport,id=n,hubid=0", "-device", "virtio-net-pci,netdev=n,rombar=0,mac=52:54:00:12:34:56"],
  ...["-device", "virtio-rng-pci", "-device", "virtio-serial-pci,max_ports=1"],
];

function compare(script: Script): void {
  const { ram, bus } = world();
  const ours = runOnModels(script, bus, ram);
  const theirs = runOnQemu(script, qemuDevices, new Map([["disk.img", disk()]]));
  expect(ours.map((value) => value.toString(16))).toEqual(theirs.map((value) => value.toString(16)));
}

it("the root bus and its devices say the same of themselves as on QEMU", () => {
  const script = new Script();
  for (let device = 0; device < 7; device++)
    for (let offset = 0; offset < 0x140; offset += 4) script.read(slot(device) + offset);
  // Functions 1 to 7, other buses, and reads of all sizes.
  for (const at of [slot(1) + 0x1000, slot(0) + 0x7000, ECAM + 0x10_0000, ECAM + 0xfff_f000]) script.read(at);
  for (let offset = 0; offset < 0x40; offset++) script.read(slot(1) + offset, 1);
  for (let offset = 0; offset < 0x40; offset += 2) script.read(slot(1) + offset, 2);
  compare(script);
});

it("writes change the same bits as on QEMU", () => {
  const script = new Script();
  for (const device of [slot(0), ...Object.values(SLOTS)])
    for (const pattern of [0xffffffff, 0, 0xa5a5a5a5, 0x12345678]) {
      for (let offset = 0; offset < 0x40; offset += 4) {
        if (offset !== 0x04) script.write(device + offset, pattern);
        script.read(device + offset);
      }
      script.write(device + 0x04, pattern & 0xfbf8, 2).read(device + 0x04);
    }
  for (const device of Object.values(SLOTS))
    for (const pattern of [0xffff, 0x8000, 0x4000, 0])
      script
        .write(device + 0x9a, pattern, 2)
        .read(device + 0x98)
        .read(device + 0x9c);
  compare(script);
});

/** Gives a device's BARs addresses and lets it answer. */
function map(script: Script, device: number): void {
  script
    .write(device + 0x10, 0x1000)
    .write(device + 0x14, MEMORY)
    .write(device + 0x20, MEMORY + 0x10000)
    .write(device + 0x24, 0)
    .write(device + 0x04, 7, 2)
    .read(device + 0x04);
}
const MSIX = MEMORY;
const COMMON = MEMORY + 0x10000;
const ISR = COMMON + 0x1000;
const CONFIGURATION = COMMON + 0x2000;
const NOTIFY = COMMON + 0x3000;
const QUEUE = DATA_BASE;
const HEADER = DATA_BASE + 0x10000;
const DATA = DATA_BASE + 0x11000;
const STATUS = DATA_BASE + 0x18000;
const MESSAGE = DATA_BASE + 0x20000;

/** One read of sector 3 by a chain that begins at descriptor 0, `number` counted from 1. */
function readSector(script: Script, number: number, available: number, used: number, notify: () => void): void {
  const write = (at: number, address: number, length: number, flags: number, next: number) =>
    script
      .write(at, address)
      .write(at + 4, 0)
      .write(at + 8, length)
      .write(at + 12, flags, 2)
      .write(at + 14, next, 2);
  script
    .write(HEADER, 0)
    .write(HEADER + 4, 0)
    .write(HEADER + 8, 3)
    .write(HEADER + 12, 0);
  script.write(STATUS, 0xee, 1);
  write(QUEUE, HEADER, 16, 1, 1);
  write(QUEUE + 16, DATA, 512, 3, 2);
  write(QUEUE + 32, STATUS, 1, 2, 0);
  script.write(available + 4 + 2 * (number - 1), 0, 2).write(available + 2, number, 2);
  notify();
  script
    .wait(used + 2, number)
    .read(STATUS, 1)
    .load(DATA, 16);
}

/** Sets the device up by version 1's interface, with vectors 0 and 1. */
function start(script: Script, vectors: boolean): void {
  script.write(COMMON + 0x14, 0, 1).write(COMMON + 0x14, 3, 1);
  script.write(COMMON + 0x08, 1).write(COMMON + 0x0c, 1);
  script.write(COMMON + 0x14, 0xb, 1).read(COMMON + 0x14, 1);
  if (vectors) script.write(COMMON + 0x10, 0, 2).read(COMMON + 0x10, 2);
  script
    .write(COMMON + 0x16, 0, 2)
    .read(COMMON + 0x18, 2)
    .write(COMMON + 0x18, 8, 2)
    .read(COMMON + 0x18, 2);
  if (vectors) script.write(COMMON + 0x1a, 1, 2).read(COMMON + 0x1a, 2);
  script
    .write(COMMON + 0x20, QUEUE)
    .write(COMMON + 0x24, 0)
    .write(COMMON + 0x28, QUEUE + 0x1000)
    .write(COMMON + 0x2c, 0)
    .write(COMMON + 0x30, QUEUE + 0x2000)
    .write(COMMON + 0x34, 0)
    .write(COMMON + 0x1c, 1, 2)
    .read(COMMON + 0x1c, 2)
    .read(COMMON + 0x20)
    .read(COMMON + 0x28)
    .read(COMMON + 0x30)
    .write(COMMON + 0x14, 0xf, 1)
    .read(COMMON + 0x14, 1);
}

it("the common configuration answers as QEMU's", () => {
  const script = new Script();
  map(script, SLOTS.blk);
  for (const offset of [0x00, 0x08]) script.read(COMMON + offset);
  script
    .read(COMMON + 0x12, 2)
    .read(COMMON + 0x14, 1)
    .read(COMMON + 0x15, 1);
  for (const queue of [0, 1, 7]) {
    script.write(COMMON + 0x16, queue, 2).read(COMMON + 0x16, 2);
    for (const offset of [0x18, 0x1a, 0x1c, 0x1e]) script.read(COMMON + offset, 2);
  }
  script.write(COMMON + 0x16, 0, 2);
  // Vectors that exist, and that don't.
  for (const vector of [0, 1, 2, 7, 0xffff])
    for (const offset of [0x10, 0x1a]) script.write(COMMON + offset, vector, 2).read(COMMON + offset, 2);
  for (const select of [0, 1]) script.write(COMMON + 0x00, select).read(COMMON + 0x00);
  for (let offset = 0; offset < 8; offset += 4) script.read(CONFIGURATION + offset);
  compare(script);
});

it("a disk is read by messages as on QEMU", () => {
  const script = new Script();
  map(script, SLOTS.blk);
  for (let word = 0; word < 8; word++) script.read(MSIX + 4 * word);
  script
    .write(MSIX + 16, MESSAGE)
    .write(MSIX + 20, 0)
    .write(MSIX + 24, 0x1234)
    .write(MSIX + 28, 0)
    .read(MSIX + 16)
    .read(MSIX + 28)
    .write(SLOTS.blk + 0x9a, 0x8000, 2);
  start(script, true);
  const available = QUEUE + 0x1000;
  const used = QUEUE + 0x2000;
  const notify = () => void script.write(NOTIFY, 0, 2);
  readSector(script, 1, available, used, notify);
  script.wait(MESSAGE, 0x1234).read(MESSAGE).write(MESSAGE, 0);
  // Masked: pending until it no longer is. QEMU sets the pending bit some time after the used ring's index.
  script.write(MSIX + 28, 1);
  readSector(script, 2, available, used, notify);
  script
    .read(MESSAGE)
    .write(MSIX + 28, 0)
    .wait(MESSAGE, 0x1234)
    .read(MESSAGE)
    .read(MSIX + 0x800)
    .write(MESSAGE, 0);
  // The whole function masked.
  script.write(SLOTS.blk + 0x9a, 0xc000, 2);
  readSector(script, 3, available, used, notify);
  script
    .read(MESSAGE)
    .write(SLOTS.blk + 0x9a, 0x8000, 2)
    .wait(MESSAGE, 0x1234)
    .read(MESSAGE);
  compare(script);
});

it("a disk is read with the pin as on QEMU", () => {
  const script = new Script();
  map(script, SLOTS.blk);
  start(script, false);
  readSector(script, 1, QUEUE + 0x1000, QUEUE + 0x2000, () => void script.write(NOTIFY, 0, 2));
  script
    .wait(SLOTS.blk + 0x06, 0x18)
    .read(SLOTS.blk + 0x06, 2)
    .read(ISR, 1)
    .read(ISR, 1)
    .read(SLOTS.blk + 0x06, 2);
  // Through configuration space: the ISR status, and the number of queues.
  const access = SLOTS.blk + 0x84;
  script
    .write(access + 4, 4, 1)
    .write(access + 8, 0x12)
    .write(access + 12, 2)
    .read(access + 16, 2);
  compare(script);
});

it("a driver from before version 1 reads a disk as on QEMU", () => {
  const script = new Script();
  const device = SLOTS.blk;
  map(script, device);
  const legacy = IO + 0x1000;
  script
    .write(legacy + 18, 0, 1)
    .write(legacy + 18, 3, 1)
    .read(legacy + 18, 1);
  script.write(legacy + 4, 0).read(legacy + 4);
  script
    .write(legacy + 14, 0, 2)
    .read(legacy + 14, 2)
    .read(legacy + 12, 2)
    .read(legacy + 8);
  script.write(legacy + 8, QUEUE / 4096).read(legacy + 8);
  script.write(legacy + 18, 7, 1).read(legacy + 18, 1);
  readSector(script, 1, QUEUE + 16 * 128, QUEUE + 0x1000, () => void script.write(legacy + 16, 0, 2));
  script
    .wait(device + 0x06, 0x18)
    .read(legacy + 19, 1)
    .read(legacy + 19, 1);
  // The capacity, where it is without MSI-X and with it.
  script
    .read(legacy + 20)
    .write(device + 0x9a, 0x8000, 2)
    .read(legacy + 24);
  script
    .write(legacy + 20, 1, 2)
    .read(legacy + 20, 2)
    .write(legacy + 22, 9, 2)
    .read(legacy + 22, 2);
  script
    .write(legacy + 18, 0, 1)
    .read(legacy + 18, 1)
    .read(legacy + 8);
  compare(script);
});

it("devices that may not answer or access memory don't, as on QEMU", () => {
  const script = new Script();
  map(script, SLOTS.blk);
  script
    .write(SLOTS.blk + 0x04, 0, 2)
    .read(COMMON + 0x12, 2)
    .read(IO + 0x1000);
  script
    .write(SLOTS.blk + 0x04, 2, 2)
    .read(COMMON + 0x12, 2)
    .read(IO + 0x1000);
  script
    .write(SLOTS.blk + 0x04, 1, 2)
    .read(COMMON + 0x12, 2)
    .read(IO + 0x100c, 2);
  // Moved away, and nowhere.
  script.write(SLOTS.blk + 0x04, 7, 2).write(SLOTS.blk + 0x20, MEMORY + 0x20000);
  script.read(COMMON + 0x12, 2).read(COMMON + 0x10012, 2);
  script
    .write(SLOTS.blk + 0x20, 0)
    .read(COMMON + 0x12, 2)
    .read(COMMON + 0x10012, 2);
  compare(script);
});
