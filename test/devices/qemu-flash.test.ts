import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flashGeometry } from "../../src/board/memory-map.js";
import { CfiFlash, MemoryBlockBackend } from "../../src/devices/index.js";
import { RAM_BASE, RAM_BYTES, runOnModels, runOnQemu, Script } from "./script.js";
import { fuzz, RecordingLog, TestRam } from "./support.js";

/** The second bank: the first one would be QEMU's firmware. */
const BASE = 0x0400_0000;
const SIZE = flashGeometry.size;
/** What the image holds at its start; the rest is zeros. */
const CONTENT = Uint8Array.from({ length: 0x2_0000 }, (_, i) => (i * 7) ^ (i >> 8));

interface Results {
  readonly reads: readonly string[];
  /** The image afterwards: all that scripts here touch. */
  readonly image: Buffer;
}

function ours(script: Script, readOnly: boolean): Results {
  const image = new Uint8Array(SIZE);
  image.set(CONTENT);
  const flash = new CfiFlash("flash1", {
    geometry: flashGeometry,
    array: image.slice(),
    backend: new MemoryBlockBackend(image, readOnly),
    log: new RecordingLog(),
    onArrayMode: () => {},
    onChange: () => {},
  });
  const reads = runOnModels(script, new Map([[BASE, flash]]), new TestRam(RAM_BASE, RAM_BYTES));
  return { reads: describeReads(script, reads), image: Buffer.from(image.subarray(0, TOUCHED)) };
}

const TOUCHED = 0x8_0000;

function theirs(script: Script, readOnly: boolean): Results {
  const folder = mkdtempSync(join(tmpdir(), "trapeze-flash-"));
  try {
    const file = join(folder, "bank");
    writeFileSync(file, CONTENT);
    truncateSync(file, SIZE);
    const drive = `if=pflash,format=raw,unit=1,file=${file},readonly=${readOnly ? "on" : "off"}`;
    const reads = runOnQemu(script, ["-drive", drive]);
    return { reads: describeReads(script, reads), image: readFileSync(file).subarray(0, TOUCHED) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function describeReads(script: Script, values: readonly bigint[]): string[] {
  const reads = script.steps.filter(({ kind }) => kind === "read");
  return values.map((value, i) => `0x${reads[i]!.address.toString(16)}/${reads[i]!.size} ${value.toString(16)}`);
}

function compare(script: Script, readOnly = false): void {
  const expected = theirs(script, readOnly);
  const found = ours(script, readOnly);
  expect(found.reads).toEqual(expected.reads);
  expect(found.image.equals(expected.image), "the image differs").toBe(true);
}

const at = (offset: number): number => BASE + offset;

describe("CFI flash against QEMU's", () => {
  it("answers the query and the identifiers in every width", () => {
    const script = new Script().read(at(0x100)).write(at(0x154), 0x98);
    for (let address = 0; address < 0x60; address++) script.read(at(address * 4));
    for (const size of [1, 2, 4] as const) script.read(at(0x40), size).read(at(0x44), size);
    script.write(at(0), 0xff).read(at(0)).write(at(0), 0x90);
    for (let address = 0; address < 8; address++) script.read(at(address * 4), 2).read(at(address * 4));
    compare(script.write(at(0), 0xf0).read(at(4)));
  });

  it("programs, erases and reports, and keeps what is written", () => {
    const script = new Script().write(at(0x1000), 0x40).write(at(0x1000), 0x1234_5678).read(at(0x1000));
    script.write(at(0), 0x50).read(at(0x1000)).read(at(0x1002), 1).read(at(0x1000), 2);
    for (const size of [1, 2] as const)
      script
        .write(at(0x2001 * size), 0x10, size)
        .write(at(0x2001 * size), 0xabcd, size)
        .write(at(0), 0xff);
    script.read(at(0x2000)).read(at(0x4000));
    script.write(at(0x4_1234), 0x20).read(at(0x4_1234)).write(at(0x4_1234), 0xd0).read(at(0), 1).read(at(0), 2);
    script.write(at(0), 0xff).read(at(0x4_0000)).read(at(0x7_fffc)).read(at(0x3_fffc)).read(at(0x8_0000));
    compare(script);
  });

  it("writes buffers", () => {
    const words = 32;
    const script = new Script()
      .write(at(0x8000), 0xe8)
      .read(at(0x8000))
      .write(at(0x8000), words - 1);
    for (let i = 0; i < words; i++) script.write(at(0x8000 + 4 * i), 0x0101_0101 * i);
    script.write(at(0x8000), 0xd0).read(at(0x8000)).write(at(0), 0x70).read(at(0)).write(at(0), 0xff);
    for (let i = 0; i <= words; i++) script.read(at(0x8000 + 4 * i));
    // Given up instead of confirmed.
    script.write(at(0x9000), 0x00e8_00e8).write(at(0x9000), 0x0001_0001).write(at(0x9000), 7).write(at(0x9004), 8);
    compare(script.write(at(0x9000), 0xff).read(at(0x9000)).read(at(0x9004)));
  });

  it("refuses changes of an image that can't be written", () => {
    const script = new Script().write(at(0), 0x40).write(at(0), 1).read(at(0)).write(at(0), 0x50).read(at(0));
    script.write(at(0), 0x20).write(at(0), 0xd0).read(at(0)).write(at(0), 0x50).read(at(0));
    script.write(at(0), 0xe8).write(at(0), 0).write(at(0), 9).read(at(0)).write(at(0), 0xd0).read(at(0));
    compare(script.write(at(0), 0xff).read(at(0)), true);
  });

  it("follows any sequence of commands", () => {
    const command = fc.constantFrom(
      ...[0x00, 0x01, 0x10, 0x20, 0x28, 0x40, 0x50, 0x60, 0x70, 0x90, 0x98, 0xd0, 0xe8, 0xf0, 0xff, 0x0070_0070, 3],
    );
    const step = fc.record({
      offset: fc.oneof(fc.nat(0x20), fc.nat(0x4_0000)),
      value: fc.oneof({ weight: 4, arbitrary: command }, fc.nat(0xffff_ffff)),
      size: fc.constantFrom(...([1, 2, 4] as const)),
    });
    const script = new Script();
    for (const steps of fc.sample(fc.array(step, { minLength: 20, maxLength: 40 }), fuzz(60)))
      for (const { offset, value, size } of steps) {
        const aligned = offset & -size;
        script.write(at(aligned), value, size).read(at(aligned), size);
      }
    compare(script);
  });
});
