import { execFileSync } from "node:child_process";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Machine } from "../../src/board/machine.js";
import { describeEnd } from "../../src/board/machine-options.js";
import { flashGeometry } from "../../src/board/memory-map.js";
import { MemoryBlockBackend } from "../../src/devices/index.js";
import { RecordingCharacters } from "../devices/support.js";
import { runTool, withDirectory } from "../support/tools.js";

const source = new URL("../../guest/tests/board/firmware.S", import.meta.url).pathname;
const content = new TextEncoder().encode("what the second bank holds");

function build(directory: string): string {
  const [elf, binary] = [join(directory, "firmware.elf"), join(directory, "firmware.bin")];
  const link = ["-nostdlib", "-static", "-Wl,-Ttext=0", "-Wl,--build-id=none"];
  runTool("aarch64-linux-gnu-gcc", [...link, "-o", elf, source]);
  runTool("aarch64-linux-gnu-objcopy", ["-O", "binary", elf, binary]);
  return binary;
}

function onQemu(directory: string, firmware: string): { output: string; bank: Buffer } {
  const bank = join(directory, "bank");
  writeFileSync(bank, content);
  truncateSync(bank, flashGeometry.size);
  const output = execFileSync(
    "qemu-system-aarch64",
    [
      ...["-M", "virt,gic-version=3,secure=on", "-cpu", "cortex-a57", "-smp", "2", "-display", "none"],
      ...["-monitor", "none", "-serial", "null", "-serial", "stdio", "-bios", firmware],
      ...["-drive", `if=pflash,unit=1,format=raw,file=${bank}`],
    ],
    { timeout: 60_000, stdio: ["ignore", "pipe", "inherit"] },
  );
  return { output: output.toString(), bank: readFileSync(bank) };
}

async function onTrapeze(firmware: Uint8Array, jit: boolean) {
  const bank = new Uint8Array(flashGeometry.size);
  bank.set(content);
  const secureSerial = new RecordingCharacters();
  const machine = await Machine.create({
    firmware,
    flash: [undefined, new MemoryBlockBackend(bank)],
    secure: true,
    processors: 2,
    secureSerial,
    jit,
  });
  const run = async () => describeEnd(await machine.run({ instructions: 1e9 }));
  const end = await run();
  const output = secureSerial.text;
  // The firmware is there again after a reset, whatever was programmed over it.
  machine.reset();
  const again = await run();
  return { end, again, output, both: secureSerial.text, bank: Buffer.from(bank) };
}

/** QEMU goes on with the code that it translated before flash was programmed, IC IALLU or not. */
const departure = { line: 7, ours: 43n, theirs: 42n };

describe("firmware at EL3, in flash", () => {
  it.each([true, false])("finds on all PEs what it finds on QEMU, compiled: %s", async (jit) => {
    const { theirs, firmware } = withDirectory((directory) => {
      const binary = build(directory);
      return { theirs: onQemu(directory, binary), firmware: readFileSync(binary) };
    });
    const ours = await onTrapeze(firmware, jit);
    const lines = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((word) => BigInt(`0x${word}`));
    const expected = lines(theirs.output);
    expect(expected[departure.line]).toBe(departure.theirs);
    expected[departure.line] = departure.ours;
    expect(lines(ours.output)).toEqual(expected);
    expect(ours.end).toBe("the guest switched the machine off");
    expect(ours.bank.equals(theirs.bank)).toBe(true);
    expect(ours.again).toBe(ours.end);
    const [first, second] = [lines(ours.output), lines(ours.both).slice(expected.length)];
    // What the second bank holds stays as it was left.
    expect(second).toEqual(first);
  });
});
