import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runTool, withDirectory } from "../../../test/support/tools.js";
import { kernelSymbols } from "./kallsyms.js";
import { symbolFile } from "./symbol-file.js";

it("writes symbols that nm reads", () => {
  const symbols = [
    { name: "_stext", address: 0xffff_8000_0801_0000n, type: "T" },
    { name: "helper", address: 0xffff_8000_0801_0010n, type: "t" },
    { name: "jiffies", address: 0xffff_8000_0901_0000n, type: "D" },
  ];
  withDirectory((directory) => {
    const file = join(directory, "symbols");
    writeFileSync(file, symbolFile(symbols));
    const lines = runTool("aarch64-linux-gnu-nm", [file]).toString().trim().split("\n");
    // Sections without contents: what isn't code is in .bss for nm.
    expect(lines.sort()).toEqual([
      "ffff800008010000 T _stext",
      "ffff800008010010 t helper",
      "ffff800009010000 B jiffies",
    ]);
  });
});

it("finds nothing where nothing is", () => {
  const noise = Uint8Array.from({ length: 100_000 }, (_, n) => (n * n * 31 + (n >> 3)) & 0xff);
  for (const digit of [..."0123456789"].keys()) noise[50_000 + 2 * digit] = 0x30 + digit;
  for (let n = 0; n < 10; n++) noise[50_001 + 2 * n] = 0;
  expect(kernelSymbols(noise)).toBeUndefined();
  expect(kernelSymbols(new Uint8Array(10))).toBeUndefined();
  expect(kernelSymbols(new Uint8Array(0))).toBeUndefined();
});
