import fc from "fast-check";
import { expect, it } from "vitest";
import {
  MemoryBlockBackend,
  MemoryFileSystem,
  NetworkHub,
  PcieHost,
  SeededEntropy,
  Virtio9P,
  VirtioBlk,
  VirtioConsole,
  type VirtioDevice,
  VirtioNet,
  VirtioPci,
  VirtioRng,
} from "../../src/devices/index.js";
import { createGic, nonSecureContext } from "../../src/gic/index.js";
import type { MmioDevice } from "../../src/ports/index.js";
import { fuzz, ManualClock, RecordingCharacters, RecordingLog, TestRam } from "./support.js";

const RAM = 0x40000000;
const RAM_BYTES = 0x40000;
const MEMORY = 0x10000000;
const TRANSLATER = 0x08090040;
const DEVICES = 6;

/** Six devices on a bus, whose messages go to a GIC's ITS, on the addresses that a driver would give them. */
function world() {
  const ram = new TestRam(RAM, RAM_BYTES);
  const log = new RecordingLog();
  const clock = new ManualClock();
  const gic = createGic({
    peAffinities: [0, 1],
    spiCount: 32,
    security: "single",
    outputs: [0, 1].map(() => ({ irq: { set() {} }, fiq: { set() {} } })),
    log,
    dma: ram,
  });
  const its = gic.its!;
  const host = new PcieHost({
    ecamSize: 0x1000000,
    interrupts: [3, 4, 5, 6].map((number) => gic.spi(number)),
    dma: ram,
    msi: {
      write: (requester, address, data) => {
        if (address === TRANSLATER) its.signal(requester, data);
        return true;
      },
    },
    log,
  });
  const hub = new NetworkHub();
  const files = new MemoryFileSystem();
  const mac = (last: number) => Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, last);
  const devices: VirtioDevice[] = [
    new VirtioBlk({ backend: new MemoryBlockBackend(new Uint8Array(512 * 64)) }),
    new VirtioConsole(new RecordingCharacters()),
    new VirtioRng(new SeededEntropy(1n)),
    new Virtio9P({ files, mountTag: "fuzz" }),
    new VirtioNet({ backend: hub.port(), clock, mac: mac(1) }),
    new VirtioNet({ backend: hub.port(), clock, mac: mac(2) }),
  ];
  for (const [i, device] of devices.entries()) {
    host.add(i + 1, new VirtioPci({ device, log }));
    const at = (i + 1) * 0x8000;
    host.ecam.write(at + 0x10, 4, 0x1000 + i * 0x100);
    host.ecam.write(at + 0x14, 4, MEMORY + i * 0x10000);
    host.ecam.write(at + 0x20, 4, MEMORY + i * 0x10000 + 0x4000);
    host.ecam.write(at + 0x04, 2, 7);
    host.ecam.write(at + 0x9a, 2, 0x8000);
  }
  const frames: MmioDevice[] = [
    host.ecam,
    host.window("io", { space: "io", base: 0, size: 0x10000 }),
    host.window("memory", { space: "memory", base: MEMORY, size: 0x100000 }),
    its,
    gic.distributor,
    gic.redistributors,
  ];
  return { ram, clock, gic, host, frames };
}

/** Where something is: configuration headers and capabilities, legacy registers, MSI-X tables, version 1's registers, the ITS. */
const place = fc.oneof(
  fc.record({
    frame: fc.constant(0),
    offset: fc.tuple(fc.nat(DEVICES + 1), fc.nat(0xff)).map(([d, o]) => d * 0x8000 + o),
  }),
  fc.record({
    frame: fc.constant(1),
    offset: fc.tuple(fc.nat(DEVICES - 1), fc.nat(0x7f)).map(([d, o]) => 0x1000 + d * 0x100 + o),
  }),
  fc.record({
    frame: fc.constant(2),
    offset: fc
      .tuple(
        fc.nat(DEVICES - 1),
        fc.oneof(
          fc.nat(0x3f),
          fc.constantFrom(0x800, 0x804),
          fc.nat(0x3f).map((o) => 0x4000 + o),
          fc.nat(0x3f).map((o) => 0x6000 + o),
          fc.nat(0x1f).map((o) => 0x7000 + o),
        ),
      )
      .map(([d, o]) => d * 0x10000 + o),
  }),
  fc.record({
    frame: fc.constant(3),
    offset: fc.oneof(fc.constantFrom(0, 0x80, 0x84, 0x88, 0x90, 0x100, 0x104, 0x108, 0x10c, 0x10040), fc.nat(0x1ffff)),
  }),
  fc.record({ frame: fc.nat(5), offset: fc.nat(0xfffffff) }),
);
const value = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, 8, 0xb, 0xf, 0xff, 0x8000, 0xc000, 0xffff, 0xffffffff, 0x80000000),
  fc.constantFrom(RAM, RAM + 0x1000, RAM + 0x2000, RAM / 4096, TRANSLATER, MEMORY),
  fc.nat(0xffffffff),
);
const access = fc.record({ place, size: fc.constantFrom<1 | 2 | 4>(1, 2, 4), write: fc.boolean(), value });
const memory = fc.array(fc.tuple(fc.nat(RAM_BYTES / 4 - 1), value), { maxLength: 40 });

it("any accesses to PCI and the ITS neither throw nor give what does not fit", () => {
  fc.assert(
    fc.property(fc.array(access, { maxLength: 120 }), memory, (accesses, words) => {
      const { ram, clock, gic, host, frames } = world();
      for (const [index, word] of words) ram.view.setUint32(4 * index, word, true);
      for (const { place, size, write, value } of accesses) {
        const device = frames[place.frame]!;
        const at = Math.floor((place.offset % device.size) / size) * size;
        const limit = 2 ** (8 * size);
        if (write) device.write(at, size, value % limit);
        else {
          const got = device.read(at, size);
          expect(Number.isInteger(got) && got >= 0 && got < limit).toBe(true);
        }
        clock.advance(1000);
      }
      gic.cpuInterface(0).read("ICC_IAR1_EL1", nonSecureContext(1));
      host.reset();
      gic.reset();
      for (let device = 1; device <= DEVICES; device++) expect(host.ecam.read(device * 0x8000 + 4, 4)).toBe(0x100000);
    }),
    fuzz(400),
  );
});

const command = fc.record({
  number: fc.oneof(fc.constantFrom(1, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15), fc.nat(255)),
  device: fc.oneof(
    fc.nat(7).map((d) => d * 8),
    fc.nat(0xffffffff),
  ),
  low: fc.oneof(fc.nat(31), fc.nat(0xffffffff)),
  high: fc.oneof(
    fc.nat(64).map((n) => 8192 + n),
    fc.nat(0xffffffff),
  ),
  valid: fc.boolean(),
  target: fc.oneof(fc.nat(3), fc.constantFrom(0x10000, RAM + 0x8000), fc.nat(0xffffffff)),
  last: fc.nat(0x1ffff),
});

it("any commands of the ITS end, with messages between them", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), fc.boolean(), (commands, indirect) => {
      const { ram, gic } = world();
      const its = gic.its!;
      for (const pe of [0, 1]) {
        gic.redistributors.write(pe * 0x20000 + 0x70, 4, RAM + 0x2000 + 15);
        gic.redistributors.write(pe * 0x20000 + 0x78, 4, RAM + 0x20000 + pe * 0x10000);
        gic.redistributors.write(pe * 0x20000, 4, 1);
      }
      const valid = 1n << 63n;
      its.write64(0x80, valid | BigInt(RAM));
      its.write64(0x100, valid | BigInt(RAM + 0x4000) | (indirect ? 1n << 62n : 0n));
      its.write64(0x108, valid | BigInt(RAM + 0x5000));
      its.write(0, 4, 1);
      let at = 0;
      for (const { number, device, low, high, valid: isValid, target, last } of commands) {
        const words = [number, device, low, high, target, isValid ? 0x80000000 : 0, last, 0];
        for (const [i, word] of words.entries()) ram.view.setUint32(at + 4 * i, word, true);
        at = (at + 32) % 4096;
        its.write(0x88, 4, at);
        expect(its.read(0x90, 4)).toBe(at);
        its.signal(device, low & 31);
        gic.cpuInterface(0).read("ICC_IAR1_EL1", nonSecureContext(1));
      }
      const saved = gic.save();
      gic.restore(JSON.parse(JSON.stringify(saved)));
      expect(gic.save()).toEqual(saved);
    }),
    fuzz(200),
  );
});
