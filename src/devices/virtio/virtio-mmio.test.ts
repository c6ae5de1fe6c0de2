import { beforeEach, describe, expect, it } from "vitest";
import { runOnModels, Script } from "../../../test/devices/script.js";
import { RecordingCharacters, RecordingIrq, RecordingLog, TestRam } from "../../../test/devices/support.js";
import { EVENT_INDEX, VERSION_1, VIRTIO_MMIO, VirtioDriver } from "../../../test/devices/virtio-driver.js";
import { MemoryBlockBackend } from "../memory-block-backend.js";
import { SeededEntropy } from "../seeded-entropy.js";
import { VirtioBlk } from "./virtio-blk.js";
import { VirtioConsole } from "./virtio-console.js";
import type { VirtioDevice } from "./virtio-device.js";
import { VirtioMmio } from "./virtio-mmio.js";
import { VirtioRng } from "./virtio-rng.js";
import { STATUS } from "./virtio-transport.js";

const SLOT = 0x0a000000;
const RAM = 0x40000000;
const AREA = RAM;
const AREA_2 = RAM + 0x4000;
const DATA = RAM + 0x8000;

let ram: TestRam;
let irq: RecordingIrq;
let log: RecordingLog;

beforeEach(() => {
  ram = new TestRam(RAM, 0x10000);
  irq = new RecordingIrq();
  log = new RecordingLog();
});

const plug = (device: VirtioDevice) => new VirtioMmio({ irq, dma: ram, log, device });
const run = (slot: VirtioMmio, build: (script: Script) => void) => {
  const script = new Script();
  build(script);
  return runOnModels(script, new Map([[SLOT, slot]]), ram).map(Number);
};
const rng = () => plug(new VirtioRng(new SeededEntropy(42n)));
const { status, interruptStatus, queueNotify } = VIRTIO_MMIO;

describe("virtio-mmio", () => {
  it("refuses features that it did not offer, and legacy drivers", () => {
    for (const features of [VERSION_1 | (1n << 40n), VERSION_1 | 1n, 0n]) {
      const slot = rng();
      run(slot, (script) => new VirtioDriver(script, SLOT, AREA).start(features));
      expect(slot.read(status, 4) & (STATUS.FEATURES_OK | STATUS.DRIVER_OK)).toBe(0);
    }
    expect(log.lines.join("\n")).toContain("VIRTIO_F_VERSION_1 not accepted");
  });

  it("raises its interrupt with used buffers and lowers it when acknowledged", () => {
    const slot = rng();
    run(slot, (script) => {
      new VirtioDriver(script, SLOT, AREA).start().submit([{ address: DATA, length: 64, writable: true }]);
    });
    expect([irq.level, slot.read(interruptStatus, 4)]).toEqual([true, 1]);
    slot.write(VIRTIO_MMIO.interruptAcknowledge, 4, 1);
    expect(irq.level).toBe(false);
    expect(ram.bytes.subarray(0x8000, 0x8040).some((byte) => byte !== 0)).toBe(true);
  });

  it("does not interrupt a driver that asked not to be", () => {
    const slot = rng();
    run(slot, (script) => {
      const driver = new VirtioDriver(script, SLOT, AREA).start();
      script.write(driver.available, 1, 2);
      driver.submit([{ address: DATA, length: 8, writable: true }]);
    });
    expect(irq.rises).toBe(0);
  });

  it("interrupts at used_event and asks for notifications at avail_event", () => {
    const slot = rng();
    const buffer = [{ address: DATA, length: 8, writable: true }];
    const levels: boolean[] = [];
    const script = new Script();
    const driver = new VirtioDriver(script, SLOT, AREA).start(VERSION_1 | EVENT_INDEX);
    driver.submit(buffer).readUsed();
    runOnModels(script, new Map([[SLOT, slot]]), ram);
    // The next interrupt is wanted when entry 2 is used, the third one.
    ram.view.setUint16(driver.available - RAM + 4 + 2 * 8, 2, true);
    for (let i = 0; i < 3; i++) {
      slot.write(VIRTIO_MMIO.interruptAcknowledge, 4, 1);
      script.steps.length = 0;
      driver.submit(buffer);
      runOnModels(script, new Map([[SLOT, slot]]), ram);
      levels.push(irq.level);
    }
    expect(levels).toEqual([false, true, false]);
    expect(ram.view.getUint16(driver.used - RAM + 4 + 8 * 8, true)).toBe(4);
  });

  it("needs a reset when a buffer or a ring is outside RAM, says why, and is well after it", () => {
    const slot = rng();
    const bad = (build: (driver: VirtioDriver, script: Script) => void) => {
      run(slot, (script) => build(new VirtioDriver(script, SLOT, AREA).start(), script));
      expect(slot.read(status, 4)).toBe(0xf | STATUS.NEEDS_RESET);
      expect(slot.read(interruptStatus, 4)).toBe(2);
    };
    bad((driver) => driver.submit([{ address: RAM - 4, length: 16, writable: true }]));
    bad((driver) => driver.submit([{ address: 2 ** 60, length: 16, writable: true }]));
    run(slot, (script) => new VirtioDriver(script, SLOT, RAM + 0x20000).start());
    slot.write(queueNotify, 4, 0);
    expect(slot.read(status, 4) & STATUS.NEEDS_RESET).toBe(STATUS.NEEDS_RESET);
    expect(log.lines.filter((line) => line.includes("needs a reset")).length).toBe(3);
    ram.bytes.fill(0);
    const used = run(slot, (script) => {
      new VirtioDriver(script, SLOT, AREA)
        .start()
        .submit([{ address: DATA, length: 8, writable: true }])
        .readUsed();
    });
    expect(used).toEqual([1, 0, 8]);
  });

  it("does not go on for ever when buffers lie over the available ring", () => {
    // Every sector read says that one more request is available.
    const disk = new Uint8Array(65536 * 512);
    for (let sector = 0; sector < 65536; sector++)
      new DataView(disk.buffer).setUint16(512 * sector, (sector + 2) & 0xffff, true);
    let reads = 0;
    const backend = new MemoryBlockBackend(disk);
    const counting = {
      size: backend.size,
      readOnly: false,
      flush() {},
      write() {},
      read(offset: number, target: Uint8Array) {
        backend.read(512 * (reads++ & 0xffff) + 0 * offset, target);
      },
    };
    const slot = plug(new VirtioBlk({ backend: counting }));
    run(slot, (script) => {
      const driver = new VirtioDriver(script, SLOT, AREA).start();
      driver.descriptor(AREA, { address: DATA, length: 16 }, 1, 1);
      driver.descriptor(AREA + 16, { address: driver.available + 2, length: 512 }, 3, 2);
      driver.descriptor(AREA + 32, { address: DATA + 16, length: 1 }, 2, 0).offer(0);
    });
    expect(reads).toBeLessThanOrEqual(8);
  });

  it("comes back from a snapshot in the middle of things", () => {
    const backend = new RecordingCharacters();
    const slot = plug(new VirtioConsole(backend));
    run(slot, (script) => new VirtioDriver(script, SLOT, AREA).start());
    backend.type("early");
    const saved = structuredClone(slot.save());
    const copy = plug(new VirtioConsole(new RecordingCharacters()));
    copy.restore(saved);
    run(copy, (script) => {
      new VirtioDriver(script, SLOT, AREA).submit([{ address: DATA, length: 16, writable: true }]);
    });
    expect(new TextDecoder().decode(ram.bytes.subarray(0x8000, 0x8005))).toBe("early");
  });
});

describe("virtio-console", () => {
  it("carries bytes both ways", () => {
    const backend = new RecordingCharacters();
    const slot = plug(new VirtioConsole(backend));
    ram.bytes.set(new TextEncoder().encode("out"), 0x9000);
    run(slot, (script) => {
      const receive = new VirtioDriver(script, SLOT, AREA).start();
      receive.submit([{ address: DATA, length: 4, writable: true }], 0);
      // The second queue, set up before DRIVER_OK would be usual; the device does not mind.
      script.write(SLOT + VIRTIO_MMIO.queueSelect, 1).write(SLOT + VIRTIO_MMIO.queueSize, 8);
      script.write(SLOT + VIRTIO_MMIO.descriptors, AREA_2).write(SLOT + VIRTIO_MMIO.driverArea, AREA_2 + 0x1000);
      script.write(SLOT + VIRTIO_MMIO.deviceArea, AREA_2 + 0x2000).write(SLOT + VIRTIO_MMIO.queueReady, 1);
      new VirtioDriver(script, SLOT, AREA_2).submit([{ address: RAM + 0x9000, length: 3 }], 1);
    });
    expect(backend.text).toBe("out");
    // Four bytes fit the buffer that waits; the rest waits for the next one.
    backend.type("input");
    expect(new TextDecoder().decode(ram.bytes.subarray(0x8000, 0x8004))).toBe("inpu");
    expect(ram.view.getUint32(AREA + 0x2000 - RAM + 8, true)).toBe(4);
  });

  it("writes in an emergency without a queue", () => {
    const backend = new RecordingCharacters();
    plug(new VirtioConsole(backend)).write(0x108, 4, 0x21);
    expect(backend.text).toBe("!");
  });
});

describe("virtio-blk", () => {
  it("writes zeroes, and answers a failing backend with an I/O error", () => {
    const disk = new Uint8Array(8 * 512).fill(7);
    const slot = plug(new VirtioBlk({ backend: new MemoryBlockBackend(disk) }));
    const zero = (sector: number, count: number) =>
      run(slot, (script) => {
        script
          .write(DATA, 13)
          .write(DATA + 8, 0)
          .write(DATA + 12, 0);
        script
          .write(DATA + 16, sector)
          .write(DATA + 20, 0)
          .write(DATA + 24, count)
          .write(DATA + 28, 0);
        const driver = new VirtioDriver(script, SLOT, AREA).start();
        script.write(driver.available + 2, 0, 2).write(driver.used + 2, 0, 2);
        driver.submit([
          { address: DATA, length: 32 },
          { address: DATA + 64, length: 1, writable: true },
        ]);
        script.read(DATA + 64, 1);
      });
    expect(zero(2, 3)).toEqual([0]);
    expect(disk.indexOf(0)).toBe(1024);
    expect(disk.lastIndexOf(0)).toBe(5 * 512 - 1);
    expect(zero(7, 2)).toEqual([1]);
    const failing = {
      size: 4096,
      readOnly: false,
      read() {
        throw new Error("the disk is on fire");
      },
      write() {},
      flush() {},
    };
    const broken = plug(new VirtioBlk({ backend: failing }));
    ram.bytes.fill(0);
    const answer = run(broken, (script) => {
      const driver = new VirtioDriver(script, SLOT, AREA).start();
      driver.submit([
        { address: DATA, length: 16 },
        { address: DATA + 512, length: 513, writable: true },
      ]);
      driver.readUsed();
      script.read(DATA + 1024, 1);
    });
    expect(answer).toEqual([1, 0, 1, 1]);
    expect(log.lines.at(-1)).toContain("the disk is on fire");
  });
});
