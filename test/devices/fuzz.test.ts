import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FwCfg,
  MemoryBlockBackend,
  MemoryFileSystem,
  PL011,
  PL031,
  PL061,
  SeededEntropy,
  Semihosting,
  Virtio9P,
  VirtioBlk,
  VirtioConsole,
  type VirtioDevice,
  VirtioMmio,
  VirtioRng,
} from "../../src/devices/index.js";
import type { MmioDevice } from "../../src/ports/index.js";
import { runOnModels, Script } from "./script.js";
import { fuzz, ManualClock, RecordingCharacters, RecordingIrq, RecordingLog, TestRam } from "./support.js";
import { EVENT_INDEX, INDIRECT, VERSION_1, VIRTIO_MMIO, VirtioDriver } from "./virtio-driver.js";

const RAM = 0x40000000;
const RAM_BYTES = 0x10000;
const SLOT = 0x0a000000;

interface World {
  readonly ram: TestRam;
  readonly clock: ManualClock;
  readonly log: RecordingLog;
  readonly characters: RecordingCharacters;
}

function world(): World {
  return {
    ram: new TestRam(RAM, RAM_BYTES),
    clock: new ManualClock(),
    log: new RecordingLog(),
    characters: new RecordingCharacters(),
  };
}

const virtioDevices: Record<string, (w: World) => VirtioDevice> = {
  blk: () => new VirtioBlk({ backend: new MemoryBlockBackend(new Uint8Array(512 * 64)) }),
  console: ({ characters }) => new VirtioConsole(characters),
  rng: () => new VirtioRng(new SeededEntropy(1n)),
  "9p": () => {
    const files = new MemoryFileSystem();
    files.addFile("dir/file", new TextEncoder().encode("contents"));
    return new Virtio9P({ files, mountTag: "fuzz" });
  },
};

const devices: Record<string, (w: World) => MmioDevice> = {
  pl011: ({ clock, log, characters }) => new PL011({ irq: new RecordingIrq(), clock, log, backend: characters }),
  pl031: ({ clock, log }) => new PL031({ irq: new RecordingIrq(), clock, log, epoch: 1e9 }),
  pl061: ({ log }) => new PL061({ irq: new RecordingIrq(), log }),
  fw_cfg: ({ ram, log }) => new FwCfg({ dma: ram, log, files: new Map([["a", new Uint8Array(100)]]) }),
  "empty slot": ({ ram, log }) => new VirtioMmio({ irq: new RecordingIrq(), dma: ram, log }),
  ...Object.fromEntries(
    Object.entries(virtioDevices).map(([name, make]) => [
      `virtio ${name}`,
      (w: World) => new VirtioMmio({ irq: new RecordingIrq(), dma: w.ram, log: w.log, device: make(w) }),
    ]),
  ),
};

const size = fc.constantFrom<1 | 2 | 4>(1, 2, 4);
const value = fc.oneof(fc.constantFrom(0, 1, 2, 3, 0xb, 0xf, 0xff, 0xffffffff, RAM, RAM + 0x1000), fc.nat(0xffffffff));
const access = fc.record({ write: fc.boolean(), offset: fc.nat(), size, value, wait: fc.nat(1_000_000) });

describe.each(Object.keys(devices))("any accesses to %s", (name) => {
  it("neither throw nor give what does not fit", () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 80 }), fc.uint8Array({ maxLength: 40 }), (accesses, input) => {
        const w = world();
        const device = devices[name]!(w);
        w.characters.type(String.fromCharCode(...input));
        for (const { write, offset, size, value, wait } of accesses) {
          const at = Math.floor((offset % device.size) / size) * size;
          const limit = 2 ** (8 * size);
          if (write) device.write(at, size, value % limit);
          else {
            const got = device.read(at, size);
            expect(Number.isInteger(got) && got >= 0 && got < limit).toBe(true);
          }
          w.clock.advance(wait);
        }
      }),
      fuzz(150),
    );
  });
});

/** Addresses that matter: queue areas, buffers, the edges of RAM, and far away. */
const address = fc.oneof(
  fc.nat(0x4fff).map((offset) => RAM + offset),
  fc.constantFrom(RAM - 1, RAM + RAM_BYTES - 1, RAM + RAM_BYTES, 0, 2 ** 52, 2 ** 63),
);
const descriptor = fc.record({
  address,
  length: fc.oneof(fc.constantFrom(0, 1, 16, 17, 32, 512, 513, 0xffffffff), fc.nat(4096)),
  flags: fc.oneof(fc.nat(7), fc.nat(0xffff)),
  next: fc.oneof(fc.nat(8), fc.nat(0xffff)),
});
const rings = fc.record({
  descriptors: fc.array(descriptor, { minLength: 8, maxLength: 24 }),
  available: fc.array(fc.oneof(fc.nat(8), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }),
  ahead: fc.oneof(fc.nat(8), fc.nat(0xffff)),
  usedEvent: fc.nat(0xffff),
  headers: fc.uint8Array({ minLength: 256, maxLength: 256 }),
  features: fc.constantFrom(VERSION_1, VERSION_1 | INDIRECT, VERSION_1 | INDIRECT | EVENT_INDEX),
  queue: fc.nat(1),
});

describe.each(Object.keys(virtioDevices))("any queue contents for virtio %s", (name) => {
  it("end in answers or in DEVICE_NEEDS_RESET", () => {
    fc.assert(
      fc.property(rings, ({ descriptors, available, ahead, usedEvent, headers, features, queue }) => {
        const w = world();
        const slot = new VirtioMmio({
          irq: new RecordingIrq(),
          dma: w.ram,
          log: w.log,
          device: virtioDevices[name]!(w),
        });
        const script = new Script();
        const driver = new VirtioDriver(script, SLOT, RAM).start(features, name === "console" ? queue : 0);
        runOnModels(script, new Map([[SLOT, slot]]), w.ram);
        w.ram.bytes.set(headers, 0x3000);
        descriptors.forEach((d, i) => {
          // The queue's own eight, then the rest as an indirect table.
          const at = i < 8 ? 16 * i : 0x4000 + 16 * (i - 8);
          w.ram.view.setBigUint64(at, BigInt(d.address), true);
          w.ram.view.setUint32(at + 8, d.length, true);
          w.ram.view.setUint16(at + 12, d.flags, true);
          w.ram.view.setUint16(at + 14, d.next, true);
        });
        available.forEach((head, i) => {
          w.ram.view.setUint16(driver.available - RAM + 4 + 2 * i, head, true);
        });
        w.ram.view.setUint16(driver.available - RAM + 2, ahead, true);
        w.ram.view.setUint16(driver.available - RAM + 20, usedEvent, true);
        w.characters.type("some input for whoever wants it");
        slot.write(VIRTIO_MMIO.queueNotify, 4, name === "console" ? queue : 0);
        expect([0xf, 0x4f]).toContain(slot.read(VIRTIO_MMIO.status, 4));
      }),
      fuzz(400),
    );
  });
});

it("any semihosting call returns, blocks or ends", () => {
  const w = world();
  const call = fc.record({
    operation: fc.oneof(fc.nat(0x32), fc.nat(0xffffffff)),
    parameter: fc.nat(0x200).map((x) => BigInt(RAM + 8 * x)),
  });
  const field = fc.oneof(
    address.map(BigInt),
    fc.bigInt({ min: 0n, max: 300n }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  );
  fc.assert(
    fc.property(fc.array(call, { maxLength: 20 }), fc.array(field, { maxLength: 200 }), (calls, fields) => {
      w.ram.bytes.fill(0);
      fields.forEach((value, i) => {
        w.ram.view.setBigUint64(8 * i, value, true);
      });
      const host = { write() {}, read: () => 0, exit() {} };
      const semihosting = new Semihosting({ host, clock: w.clock, log: w.log, epoch: 0 });
      const memory = {
        read: (at: bigint, target: Uint8Array) => w.ram.read(Number(at), target),
        write: (at: bigint, source: Uint8Array) => w.ram.write(Number(at), source),
      };
      for (const { operation, parameter } of calls) semihosting.call(operation, parameter, memory);
    }),
    fuzz(300),
  );
});
