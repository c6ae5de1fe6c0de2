import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { planBoot } from "./boot-plan.js";
import { LoadError } from "./image.js";
import { loadKernel, unpackKernel } from "./kernel.js";

const ramBase = 0x4000_0000;
const MB = 2 ** 20;
const ram = { base: ramBase, size: 64 * MB };

function linuxImage(options: { textOffset?: number; imageSize?: number; flags?: number; length?: number } = {}) {
  const bytes = new Uint8Array(options.length ?? 4096).fill(0x55);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(8, BigInt(options.textOffset ?? 0), true);
  view.setBigUint64(16, BigInt(options.imageSize ?? 8192), true);
  view.setUint32(24, options.flags ?? 0xa, true);
  view.setUint32(56, 0x644d5241, true);
  return bytes;
}

interface ElfSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size?: number;
  readonly virtual?: number;
}

function elf(segments: readonly ElfSegment[], changes: { entry?: number; machine?: number } = {}): Uint8Array {
  const length = 64 + segments.length * 56 + segments.reduce((sum, s) => sum + s.bytes.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, changes.machine ?? 183, true);
  view.setBigUint64(24, BigInt(changes.entry ?? segments[0]?.virtual ?? segments[0]?.address ?? 0), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  let at = 64 + segments.length * 56;
  segments.forEach((segment, i) => {
    const header = 64 + i * 56;
    view.setUint32(header, 1, true);
    view.setBigUint64(header + 8, BigInt(at), true);
    view.setBigUint64(header + 16, BigInt(segment.virtual ?? segment.address), true);
    view.setBigUint64(header + 24, BigInt(segment.address), true);
    view.setBigUint64(header + 32, BigInt(segment.bytes.length), true);
    view.setBigUint64(header + 40, BigInt(segment.size ?? segment.bytes.length), true);
    bytes.set(segment.bytes, at);
    at += segment.bytes.length;
  });
  return bytes;
}

const tree = new Uint8Array(1000);
const plan = (kernel: Uint8Array, initrd?: Uint8Array, size = 64 * MB) =>
  planBoot({ kernel, ...(initrd ? { initrd } : {}), deviceTree: () => tree }, size);

describe("an arm64 Image", () => {
  it("goes where its header says, 2 MB up when that is the first page", () => {
    expect(loadKernel(linuxImage(), ram).entry).toBe(ramBase + 2 * MB);
    expect(loadKernel(linuxImage({ textOffset: 0x8_0000 }), ram).entry).toBe(ramBase + 0x8_0000);
    expect(loadKernel(linuxImage({ textOffset: 0x1234_0000, imageSize: 0 }), ram).entry).toBe(ramBase + 0x8_0000);
  });

  it("covers image_size, not only the file", () => {
    expect(loadKernel(linuxImage({ imageSize: 5 * MB }), ram).segments).toMatchObject([{ size: 5 * MB }]);
  });

  it("may be compressed with gzip", async () => {
    const image = linuxImage({ length: 100_000 });
    expect(await unpackKernel(gzipSync(image))).toEqual(image);
    expect(await unpackKernel(image)).toBe(image);
  });

  it("is refused when it is compressed and damaged, or holds something else", async () => {
    const packed = gzipSync(linuxImage({ length: 100_000 }));
    await expect(unpackKernel(packed.subarray(0, packed.length / 2))).rejects.toThrow("damaged or cut short");
    await expect(unpackKernel(gzipSync(new Uint8Array(100)))).rejects.toThrow("holds no arm64 Image");
  });

  it("is refused when big-endian, empty or of another kind", () => {
    const bzImage = new Uint8Array(0x300);
    bzImage.set([0x48, 0x64, 0x72, 0x53], 0x202);
    for (const [bytes, says] of [
      [linuxImage({ flags: 0xb }), "big-endian arm64 Image"],
      [bzImage, "x86 Linux bzImage"],
      [new Uint8Array(0), "is empty"],
    ] as const)
      expect(() => loadKernel(bytes, ram)).toThrow(says);
  });
});

describe("an ELF executable", () => {
  const code = new Uint8Array([1, 2, 3, 4]);

  it("is loaded at physical addresses and entered at its entry's", () => {
    const virtual = 0x7f_0000_0000;
    const loaded = loadKernel(
      elf([{ address: ramBase + MB, virtual, bytes: code, size: 64 }], { entry: virtual + 8 }),
      ram,
    );
    expect(loaded).toMatchObject({
      protocol: "elf",
      entry: ramBase + MB + 8,
      segments: [{ address: ramBase + MB, bytes: code, size: 64 }],
    });
  });

  it("may be linked high and name its physical entry point", () => {
    const segment = { address: ramBase + MB, virtual: 0x7f_0000_0000, bytes: code, size: 64 };
    expect(loadKernel(elf([segment], { entry: ramBase + MB + 4 }), ram)).toMatchObject({ entry: ramBase + MB + 4 });
  });

  it("is refused with its fault named", () => {
    const good = elf([{ address: ramBase, bytes: code }]);
    const changed = (offset: number, value: number) => good.map((byte, i) => (i === offset ? value : byte));
    for (const [bytes, says] of [
      [elf([{ address: ramBase, bytes: code }], { machine: 62 }), "ELF file for x86-64"],
      [elf([{ address: ramBase, bytes: code }], { machine: 4711 }), "machine 4711"],
      [changed(4, 1), "32-bit ELF"],
      [changed(5, 2), "big-endian ELF"],
      [changed(16, 1), "must be linked"],
      [good.subarray(0, 50), "cut short"],
      [good.subarray(0, 100), "cut short: the program headers"],
      [good.subarray(0, good.length - 1), "cut short: segment 0"],
      [changed(64 + 40, 1), "larger in the file (4) than in memory (1)"],
      [elf([]), "nothing to load"],
      [elf([{ address: ramBase, bytes: code }], { entry: 4 }), "lies in none of its segments"],
    ] as const)
      expect(() => loadKernel(bytes, ram)).toThrow(says);
  });
});

describe("places", () => {
  it("are QEMU's for Linux: initrd 128 MB up or half-way, the tree in the next 2 MB block", () => {
    const small = plan(linuxImage(), new Uint8Array(3 * MB));
    expect(small.pieces.map(({ what, address }) => [what, address - ramBase])).toEqual([
      ["the kernel", 2 * MB],
      ["the initrd", 32 * MB],
      ["the device tree", 36 * MB],
    ]);
    expect(small.x0).toBe(ramBase + 36 * MB);
    const large = plan(linuxImage(), new Uint8Array(1), 1024 * MB);
    expect(large.pieces[1]?.address).toBe(ramBase + 128 * MB);
  });

  it("put the initrd behind a kernel that reaches past the middle", () => {
    const placed = plan(linuxImage({ imageSize: 40 * MB }), new Uint8Array(100));
    expect(placed.pieces[1]?.address).toBe(ramBase + 42 * MB);
  });

  it("put an ELF executable's tree at the start of RAM when it fits below, else nowhere", () => {
    const high = plan(elf([{ address: ramBase + MB, bytes: new Uint8Array(8) }]));
    expect(high.pieces.map(({ what, address }) => [what, address])).toContainEqual(["the device tree", ramBase]);
    expect(high.x0).toBe(0);
    const low = plan(elf([{ address: ramBase, bytes: new Uint8Array(8) }]));
    expect(low.pieces.map(({ what }) => what)).toEqual(["the kernel"]);
  });

  it("outside RAM are refused, and so are overlaps", () => {
    const two = (first: number, second: number) =>
      elf([
        { address: first, bytes: new Uint8Array(0x100) },
        { address: second, bytes: new Uint8Array(0x100) },
      ]);
    for (const [make, says] of [
      [() => plan(linuxImage({ imageSize: 64 * MB })), /^the kernel \(0x40200000-0x441fffff.*doesn't fit in RAM/],
      [() => plan(linuxImage(), new Uint8Array(33 * MB)), /^the initrd .*doesn't fit in RAM/],
      [() => plan(two(0, ramBase)), /^loadable segment 0 of the kernel .*doesn't fit in RAM/],
      [() => plan(linuxImage(), new Uint8Array(31 * MB + 1)), /^the device tree .*doesn't fit in RAM/],
      [() => plan(two(ramBase + 0x80, ramBase)), /^loadable segment 1 .* and loadable segment 0 .* overlap$/],
    ] as const) {
      expect(make).toThrow(LoadError);
      expect(make).toThrow(says);
    }
  });
});
