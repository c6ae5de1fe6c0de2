import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Machine } from "../../src/board/machine.js";
import type { LogChannel } from "../../src/ports/index.js";

const kernel = readFileSync(new URL("../../guest/images/demo.elf", import.meta.url));
/** Elf64_Ehdr.e_entry, as logs write addresses. */
const entry = `0x${kernel.readBigUInt64LE(24).toString(16).padStart(16, "0")}`;

async function runDemo(...channels: LogChannel[]) {
  const lines: string[] = [];
  const log = {
    enabled: (channel: LogChannel) => channels.includes(channel),
    write: (_: LogChannel, text: string) => void lines.push(text),
  };
  const machine = await Machine.create({ kernel, log });
  expect(await machine.run()).toEqual({ kind: "off" });
  return { lines, instructions: machine.instructions, hash: await machine.stateHash() };
}

it("has one line for each instruction that ran, and changes nothing by it", async () => {
  const { lines, instructions, hash } = await runDemo("exec");
  const plain = await runDemo();
  expect([instructions, hash]).toEqual([plain.instructions, plain.hash]);
  expect(lines[0]).toBe(`Trace 0: ${entry} EL1`);
  expect(new Set(lines.map((line) => line.replace(/0x[0-9a-f]{16}/, "PC")))).toEqual(new Set(["Trace 0: PC EL1"]));
  // Instructions that end in an exception are logged; those that an interrupt keeps from running are not.
  expect(lines.length).toBe(instructions);
});

it("tells what the MMU found, and what it didn't", async () => {
  const { lines } = await runDemo("mmu");
  expect(lines[0]).toBe(`PE 0: fetch of ${entry} (EL1&0, privileged): 0x${entry.slice(-12)} rwx Normal, 4 KB`);
  expect(lines.filter((line) => line.includes("fault"))).toEqual([
    expect.stringMatching(
      /^PE 0: (read|write) of 0x[0-9a-f]{16} \(EL1&0, privileged\): translation fault, level [0-3]$/,
    ),
  ]);
  for (const line of lines)
    expect(line).toMatch(/^PE 0: (read|write|fetch) of 0x[0-9a-f]{16} \(EL1&0, privileged\): (0x[0-9a-f]{12} |trans)/);
});
