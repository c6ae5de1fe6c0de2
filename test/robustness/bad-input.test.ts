/** What a user can give wrong: each mistake is one sentence on standard error and status 1, and never a stack trace. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { planMachineBoot } from "../../src/board/boot.js";
import { DeviceTreeError } from "../../src/board/device-tree/blob.js";
import { LoadError } from "../../src/board/loaders/image.js";
import { main } from "../../src/cli/main.js";
import { cores } from "../../src/cpu/cores/cores.js";
import { program } from "../support/program.js";

const demo = readFileSync("guest/images/demo.elf");
const directory = mkdtempSync(join(tmpdir(), "trapeze-bad-input-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let errors = "";
beforeEach(() => {
  errors = "";
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    errors += chunk.toString();
    return true;
  });
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const loop = program(0x14000000);

/** The program with some of its bytes replaced. */
function patched(at: number, ...values: number[]): Uint8Array {
  const bytes = loop.slice();
  bytes.set(values, at);
  return bytes;
}

/** An arm64 Image's header (Linux, Documentation/arch/arm64/booting.rst) and nothing after it. */
function image(flags: number, textOffset = 0, size = 64): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x14000000, true);
  view.setBigUint64(8, BigInt(textOffset), true);
  view.setBigUint64(16, BigInt(size), true);
  view.setBigUint64(24, BigInt(flags), true);
  view.setUint32(56, 0x644d5241, true);
  return bytes;
}

/** A device tree blob's header with these words over an otherwise plausible one. */
function blob(words: Readonly<Record<number, number>> = {}): Uint8Array {
  const bytes = new Uint8Array(0x80);
  const view = new DataView(bytes.buffer);
  const header = [0xd00dfeed, 0x80, 0x38, 0x70, 0x28, 17, 16, 0, 0x10, 0x38];
  for (const [i, word] of header.entries()) view.setUint32(i * 4, words[i] ?? word);
  // FDT_BEGIN_NODE "", FDT_END_NODE, FDT_END
  for (const [i, word] of [1, 0, 2, 9].entries()) view.setUint32(0x38 + i * 4, words[100 + i] ?? word);
  return bytes;
}

let files = 0;
function file(content: Uint8Array): string {
  const path = join(directory, `file-${files++}`);
  writeFileSync(path, content);
  return path;
}

const quiet = ["-serial", "null", "--max-instructions", "10"];

async function refusal(words: readonly string[]): Promise<string> {
  expect({ status: await main(words), errors }).toMatchObject({ status: 1 });
  expect(errors).toMatch(/^trapeze: [^\n]+\n$/);
  expect(errors).not.toMatch(/\.[jt]s:\d+|\bat \S+ \(|undefined|\[object|NaN/);
  return errors.slice("trapeze: ".length).trimEnd();
}

describe("a kernel", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(), /^the kernel file is empty$/],
    ["ELF, cut short in its header", loop.slice(0, 40), /^the .*ELF.*(short|end)/],
    ["ELF, cut short in its program headers", loop.slice(0, 80), /ELF.*(short|end|outside)/],
    ["ELF, cut short in its segment", loop.slice(0, 122), /(short|end|outside)/],
    ["32-bit ELF", patched(4, 1), /^the kernel is a 32-bit ELF file/],
    ["big-endian ELF", patched(5, 2), /^the kernel is a big-endian ELF file/],
    ["ELF for x86-64", patched(18, 62), /^the kernel is an ELF file for x86-64, not for AArch64$/],
    ["ELF for 32-bit Arm", patched(18, 40), /^the kernel is an ELF file for .*, not for AArch64$/],
    ["ELF for nobody knows what", patched(18, 0xee, 0xee), /^the kernel is an ELF file for .*, not for AArch64$/],
    ["relocatable ELF", patched(16, 1), /^the kernel is an ELF file of type 1, not an executable/],
    ["ELF without segments", patched(56, 0), /^the ELF kernel has nothing to load/],
    ["ELF that begins outside", patched(24, 0, 0, 0, 0x50), /^the ELF kernel's entry point 0x50000000 lies in none/],
    ["ELF below RAM", patched(88, 0, 0, 0, 0x10), /doesn't fit in RAM/],
    ["ELF above RAM", patched(88, 0, 0, 0, 0x70), /doesn't fit in RAM/],
    ["ELF at an address of 64 bits", patched(88, 0, 0, 0, 0, 0, 0, 0, 0xff), /impossible/],
    ["ELF larger than RAM", patched(104, 0, 0, 0, 0x40), /doesn't fit in RAM/],
    ["big-endian Image", image(1), /^the kernel is a big-endian arm64 Image/],
    ["Image larger than RAM", image(0, 0, 0x4000_0000), /doesn't fit in RAM/],
    ["Image with an impossible offset", image(0, 2 ** 60), /impossible text_offset/],
    ["damaged gzip", Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3), /compressed with gzip, and damaged or cut short/],
  ])("%s", async (_name, bytes, message) => {
    expect(await refusal(["run", "-kernel", file(bytes), ...quiet])).toMatch(message);
  });

  it("never gives more than one sentence, wherever its headers are damaged", () => {
    const core = cores.get("cortex-a57")!;
    const facts = { core, processors: 1, memory: 32 * 2 ** 20, hasEl2: false, conduit: "hvc" } as const;
    const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255));
    const damage = fc.array(fc.record({ at: fc.nat(0x13f), byte }), { maxLength: 6 });
    let refused = 0;
    fc.assert(
      fc.property(damage, fc.option(fc.nat(demo.length)), fc.constantFrom("elf", "dtb"), (list, length, what) => {
        const bytes = (what === "elf" ? demo : blob()).slice(0, length ?? undefined);
        for (const { at, byte } of list) if (at < bytes.length && (what === "dtb" || at >= 4)) bytes[at] = byte;
        try {
          planMachineBoot(what === "elf" ? { kernel: bytes } : { kernel: loop, deviceTree: bytes }, facts);
        } catch (error) {
          refused++;
          expect(error instanceof LoadError || error instanceof DeviceTreeError ? "" : error).toBe("");
          expect((error as Error).message).toMatch(/^[^\n]{10,300}$/);
        }
      }),
      { numRuns: 1500, seed: 1 },
    );
    expect(refused).toBeGreaterThan(300);
  });
});

describe("a device tree", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(), /^not a device tree blob/],
    ["of another format", new TextEncoder().encode("/dts-v1/; / { };"), /^not a device tree blob/],
    ["cut short", blob().slice(0, 0x60), /device tree blob/],
    ["of a version to come", blob({ 5: 99, 6: 99 }), /device tree blob.*version/],
    ["that points outside itself", blob({ 2: 0x7000_0000 }), /points outside the blob/],
    ["with a token of no meaning", blob({ 101: 7, 102: 7 }), /unknown/],
    ["without an end", blob({ 9: 0x10, 102: 4, 103: 4 }), /ends in the middle of a node/],
  ])("%s", async (_name, bytes, message) => {
    expect(await refusal(["run", "-kernel", file(loop), "-dtb", file(bytes), ...quiet])).toMatch(message);
  });
});

describe("an initrd", () => {
  it("larger than RAM", async () => {
    const initrd = file(new Uint8Array(40 * 2 ** 20));
    expect(await refusal(["run", "-kernel", file(image(0)), "-m", "32", "-initrd", initrd, ...quiet])).toMatch(
      /initrd.*(fit|overlap)/,
    );
  });

  it("where the program is", async () => {
    const low = loop.slice();
    // In memory the segment takes all of RAM but its last page.
    new DataView(low.buffer).setBigUint64(104, 0x1ff_f000n, true);
    const words = ["run", "-kernel", file(low), "-m", "32", "-initrd", file(new Uint8Array(2 ** 20)), ...quiet];
    expect(await refusal(words)).toMatch(/overlap|doesn't fit|no room/);
  });
});

describe("options", () => {
  it.each<[string[], RegExp]>([
    [["--no-such-option"], /^unknown option --no-such-option$/],
    [["-kernal", "x"], /-kernal.*did you mean -kernel\?/],
    [["-kernel"], /^-kernel.*(needs|wants|argument|value)/],
    [["-m"], /^-m.*(needs|wants|argument|value)/],
    [["-m", "lots"], /^-m.*lots/],
    [["-m", "-5"], /^-m.*-5/],
    [["-m", "0"], /^-m: RAM must be at least 1M/],
    [["-m", "1e99"], /^-m.*1e99/],
    [["-smp", "0"], /^-smp.*0/],
    [["-smp", "9"], /^-smp.*9/],
    [["-smp", "two"], /^-smp.*two/],
    [["-smp", "4,dies=2"], /^-smp.*dies/],
    [["-cpu", "cortex-a5"], /^unknown core 'cortex-a5'/],
    [["-cpu", "__proto__"], /^unknown core '__proto__'/],
    [["-M", "raspi3b"], /^-M: unknown machine 'raspi3b'; there is virt$/],
    [["-M", "virt,gic-version=2"], /gic-version: '2' isn't offered; 3 is/],
    [["-M", "virt,highmemm=on"], /highmemm/],
    [["-M", "virt,virtualization=perhaps"], /virtualization.*perhaps/],
    [["-device", "virtio-net-device"], /virtio-net-device/],
    [["-device", "constructor"], /constructor/],
    [["-device", "virtio-rng-device,sped=1"], /sped/],
    [["-device", "virtio-blk-device"], /drive/],
    [["-drive", "file"], /file/],
    [["-drive", "if=none,id=x"], /file/],
    [["-fsdev", "local,id=f"], /path/],
    [["-virtfs", "local,path=."], /mount_tag/],
    [["-chardev", "socket,id=c"], /path|host|port/],
    [["-chardev", "stdio"], /id/],
    [["-serial", "lpt"], /lpt/],
    [["-serial", "tcp:nowhere"], /tcp|port/],
    [["-serial", "tcp:localhost:99999"], /99999/],
    [["-rtc", "base=yesterday"], /^-rtc: 'yesterday' is neither utc nor a date$/],
    [["-d", "everything"], /^-d: 'everything' can't be logged/],
    [["-net", "user"], /^-net: 'user' isn't offered/],
    [["--max-instructions", "many"], /^--max-instructions.*many/],
    [["--max-instructions", "0"], /^--max-instructions.*0/],
    [["--seed", "0x"], /^--seed.*0x/],
    [["--stats", "/nonexistent/x"], /^statistics to \/nonexistent\/x: no such file/],
  ])("%j", async (words, message) => {
    const serial = words.includes("-serial") ? [] : ["-serial", "null"];
    const rest = words.includes("--max-instructions") ? [] : ["--max-instructions", "10"];
    const kernel = words.includes("-kernel") ? [] : ["-kernel", file(loop)];
    errors = "";
    const status = await main(["run", ...kernel, ...serial, ...rest, ...words]);
    // Statistics are written after the run, whose own end has been told by then.
    expect({ status, lines: errors.split("\n").length - 1 }).toEqual({ status: 1, lines: 1 });
    expect(errors).toMatch(/^trapeze: [^\n]+\n$/);
    expect(errors).not.toMatch(/\.[jt]s:\d+|undefined|\[object|NaN/);
    expect(errors.slice("trapeze: ".length).trimEnd()).toMatch(message);
  });
});
