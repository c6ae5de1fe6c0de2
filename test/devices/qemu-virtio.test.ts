import { expect, it } from "vitest";
import { MemoryBlockBackend, VirtioBlk, VirtioMmio } from "../../src/devices/index.js";
import { DATA_BASE, RAM_BASE, RAM_BYTES, runOnModels, runOnQemu, Script } from "./script.js";
import { RecordingIrq, RecordingLog, TestRam } from "./support.js";
import { EVENT_INDEX, INDIRECT, VERSION_1, VIRTIO_MMIO, VirtioDriver } from "./virtio-driver.js";

const SLOT = 0x0a000000;
const SECTORS = 64;
const HEADER = DATA_BASE + 0x10000;
const DATA = DATA_BASE + 0x11000;
const STATUS = DATA_BASE + 0x18000;
const TABLE = DATA_BASE + 0x19000;

function disk(): Uint8Array {
  return Uint8Array.from({ length: SECTORS * 512 }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
}

/**
 * One request: header, data of `length` bytes, status. The answer is read back. After a failure the used length is not:
 * QEMU counts the whole writable part, where section 2.7.8 wants what was written.
 */
function request(
  script: Script,
  driver: VirtioDriver,
  type: number,
  sector: number,
  length: number,
  toDevice: boolean,
  fails = false,
): void {
  script
    .write(HEADER, type)
    .write(HEADER + 4, 0)
    .write(HEADER + 8, sector)
    .write(HEADER + 12, 0)
    .write(STATUS, 0xee, 1);
  const data = length > 0 ? [{ address: DATA, length, writable: !toDevice }] : [];
  driver.submit([{ address: HEADER, length: 16 }, ...data, { address: STATUS, length: 1, writable: true }]);
  if (!fails) driver.readUsed();
  script
    .read(STATUS, 1)
    .read(SLOT + VIRTIO_MMIO.interruptStatus)
    .write(SLOT + VIRTIO_MMIO.interruptAcknowledge, 3);
}

function compare(script: Script, options: { readOnly?: boolean } = {}): void {
  const ram = new TestRam(RAM_BASE, RAM_BYTES);
  const log = new RecordingLog();
  const device = new VirtioBlk({ backend: new MemoryBlockBackend(disk(), options.readOnly), serial: "trapeze-disk" });
  const slot = new VirtioMmio({ irq: new RecordingIrq(), dma: ram, log, device });
  const ours = runOnModels(script, new Map([[SLOT, slot]]), ram);
  const drive = `file=disk.img,if=none,format=raw,id=d${options.readOnly ? ",readonly=on" : ""}`;
  const qemu = ["-global", "virtio-mmio.force-legacy=false", "-drive", drive];
  const front = "virtio-blk-device,drive=d,bus=virtio-mmio-bus.0,serial=trapeze-disk,queue-size=128";
  const theirs = runOnQemu(script, [...qemu, "-device", front], new Map([["disk.img", disk()]]));
  expect(ours.map((value) => value.toString(16))).toEqual(theirs.map((value) => value.toString(16)));
}

it.each([
  ["plain", VERSION_1],
  ["with event indices", VERSION_1 | EVENT_INDEX],
])("virtio-blk answers as QEMU's does (%s)", (_, features) => {
  const script = new Script();
  const driver = new VirtioDriver(script, SLOT, DATA_BASE).start(features);
  script
    .read(SLOT + 0x100)
    .read(SLOT + 0x104)
    .read(SLOT + 0x10c)
    .read(SLOT + 0x114);
  request(script, driver, 0, 3, 1024, false);
  script.load(DATA, 1024);
  script.store(
    DATA,
    Uint8Array.from({ length: 512 }, (_, i) => 255 - (i & 0xff)),
  );
  request(script, driver, 1, 5, 512, true);
  request(script, driver, 4, 0, 0, true);
  request(script, driver, 0, 4, 1536, false);
  script.load(DATA, 1536);
  // The last sector; beyond the end; not a whole sector; a sector number beyond 2^53.
  request(script, driver, 0, SECTORS - 1, 512, false);
  request(script, driver, 0, SECTORS, 512, false, true);
  request(script, driver, 1, SECTORS - 1, 1024, true, true);
  request(script, driver, 0, 0, 100, false, true);
  script.load(DATA, 16);
  // GET_ID, whose padding QEMU leaves out, and a type that does not exist.
  request(script, driver, 8, 0, 20, false);
  script.load(DATA, "trapeze-disk".length);
  request(script, driver, 99, 0, 512, false, true);
  script.read(SLOT + VIRTIO_MMIO.status);
  compare(script);
});

it("virtio-blk follows indirect descriptors as QEMU's does", () => {
  const script = new Script();
  const driver = new VirtioDriver(script, SLOT, DATA_BASE).start(VERSION_1 | INDIRECT);
  script.write(HEADER, 0).write(HEADER + 8, 2);
  driver.descriptor(TABLE, { address: HEADER, length: 8 }, 1, 2);
  driver.descriptor(TABLE + 32, { address: HEADER + 8, length: 8 }, 1, 1);
  driver.descriptor(TABLE + 16, { address: DATA, length: 300 }, 3, 3);
  driver.descriptor(TABLE + 48, { address: DATA + 0x1000, length: 213 }, 2, 0);
  driver.descriptor(driver.descriptors, { address: TABLE, length: 64 }, 4, 0).offer(0).readUsed();
  script.load(DATA, 300).load(DATA + 0x1000, 213);
  compare(script);
});

it("a read-only virtio-blk refuses writes as QEMU's does", () => {
  const script = new Script();
  const driver = new VirtioDriver(script, SLOT, DATA_BASE).start();
  request(script, driver, 1, 0, 512, true, true);
  request(script, driver, 0, 0, 512, false);
  script.load(DATA, 8);
  compare(script, { readOnly: true });
});

it.each<[string, (script: Script, driver: VirtioDriver) => void]>([
  ["a head beyond the table", (_, driver) => driver.offer(77)],
  ["a loop", (_, driver) => driver.descriptor(driver.descriptors, { address: HEADER, length: 16 }, 1, 0).offer(0)],
  [
    "a next index beyond the table",
    (_, driver) => driver.descriptor(driver.descriptors, { address: HEADER, length: 16 }, 1, 200).offer(0),
  ],
  ["a zero length", (_, driver) => driver.submit([{ address: HEADER, length: 0 }])],
  [
    "readable after writable",
    (_, driver) =>
      driver.submit([
        { address: HEADER, length: 16, writable: true },
        { address: DATA, length: 1 },
      ]),
  ],
  [
    "a nested indirect table",
    (_, driver) =>
      driver
        .descriptor(TABLE, { address: TABLE, length: 16 }, 4, 0)
        .descriptor(driver.descriptors, { address: TABLE, length: 16 }, 4, 0)
        .offer(0),
  ],
  [
    "an indirect table of odd length",
    (_, driver) => driver.descriptor(driver.descriptors, { address: TABLE, length: 24 }, 4, 0).offer(0),
  ],
  [
    "an available index too far ahead",
    (script, driver) => {
      script.write(driver.available + 2, 100, 2).write(SLOT + VIRTIO_MMIO.queueNotify, 0);
    },
  ],
])("%s makes the device need a reset, as in QEMU", (_, misbehave) => {
  const script = new Script();
  const driver = new VirtioDriver(script, SLOT, DATA_BASE).start(VERSION_1 | INDIRECT);
  script.write(HEADER, 0).write(HEADER + 8, 0);
  misbehave(script, driver);
  script.read(SLOT + VIRTIO_MMIO.status);
  // Broken until reset, then well again.
  driver.submit([
    { address: HEADER, length: 16 },
    { address: STATUS, length: 1, writable: true },
  ]);
  script
    .read(driver.used + 2, 2)
    .read(SLOT + VIRTIO_MMIO.status)
    .write(SLOT + VIRTIO_MMIO.status, 0)
    .read(SLOT + VIRTIO_MMIO.status);
  compare(script);
});
