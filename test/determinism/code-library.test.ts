/** What happens doesn't depend on regions that were compiled ahead: runs with a library end as those without. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../src/board/machine.js";
import type { MachineOptions } from "../../src/board/machine-options.js";
import { findDebian } from "../../src/cli/debian/cache.js";
import { RegionLibrary, type RegionVolume } from "../../src/code-library/region-library.js";
import { buildVolumes } from "../../src/code-library/volume-builder.js";
import { cores } from "../../src/cpu/cores/cores.js";
import { a64 } from "../../src/isa/a64.js";
import { outcome } from "./runs.js";

const MB = 2 ** 20;

interface WithRegions {
  readonly regions: { readonly fromLibrary: number };
}

/** Compiles ahead what was executed in a run: all of it but what was executed once only. */
async function libraryOf(options: MachineOptions, instructions: number): Promise<RegionVolume[]> {
  const machine = await Machine.create({ ...options, serial: { write() {}, onInput() {} } });
  await machine.run({ instructions });
  const profile = machine.codeProfile(2, 1)!;
  const { features } = cores.get(options.cpu ?? "cortex-a57")!;
  const library = new RegionLibrary([], () => ({}));
  const volumes = buildVolumes(profile, { table: a64(), features, library, leastHeat: 2, most: 4000, volumeSize: 300 });
  return volumes.map(({ description, module }) => ({ description, module: () => new WebAssembly.Module(module) }));
}

/** Runs with and without the library of an earlier run, and compares; returns how many regions came from it. */
async function alike(options: MachineOptions, instructions: number, learns = instructions): Promise<number> {
  const codeLibrary = await libraryOf(options, learns);
  const first = await outcome(options, instructions);
  for (const slices of [undefined, [1, 1_000_003, 77, 250_000, 999]])
    expect({ slices, ...(await outcome({ ...options, codeLibrary }, instructions, slices)) }).toEqual({
      slices,
      ...first,
    });
  const machine = await Machine.create({ ...options, codeLibrary, serial: { write() {}, onInput() {} } });
  await machine.run({ instructions });
  return (machine.statistics() as unknown as WithRegions).regions.fromLibrary;
}

it("finds what the demo executes", async () => {
  const kernel = readFileSync("guest/images/demo.elf");
  expect(await alike({ kernel, memory: 64 * MB }, 100_000_000)).toBeGreaterThan(10);
});

describe("guest programs", () => {
  beforeAll(() => {
    execFileSync("make", ["-s", "-C", "guest", "tests"], { stdio: "inherit" });
  }, 120_000);

  it.each<[string, number, string]>([
    ["code-modification", 1, "cortex-a57"],
    ["page-crossings", 1, "cortex-a57"],
    ["block-zero", 1, "max"],
    ["tlb", 1, "max"],
    ["atomics", 1, "neoverse-n1"],
    ["exclusives", 1, "cortex-a53"],
    ["smp", 4, "cortex-a57"],
  ])("%s with %d PEs", async (name, processors, cpu) => {
    const kernel = readFileSync(`guest/build/tests/${name}.elf`);
    const semihosting = { write() {} };
    expect(await alike({ kernel, processors, cpu, memory: 256 * MB, semihosting }, 50_000_000)).toBeGreaterThan(0);
  });
});

const debian = findDebian("debian");

// `trapeze get debian` fetches it.
it("the beginning of Debian's boot, by the library of a shorter one", async () => {
  const options: MachineOptions = {
    kernel: readFileSync(debian!.image),
    initrd: readFileSync(debian!.initramfs),
    commandLine: "console=ttyAMA0 earlycon=pl011,0x9000000",
    memory: 256 * MB,
  };
  expect(await alike(options, 60_000_000, 40_000_000)).toBeGreaterThan(100);
}, 180_000);

it("passes over words that aren't the ones it has", async () => {
  const kernel = readFileSync("guest/images/demo.elf");
  const options = { kernel, memory: 64 * MB };
  const [volume] = await libraryOf(options, 100_000_000);
  // Each region's last word becomes another.
  const description = volume!.description.slice();
  for (let at = 2; at < description.length; ) {
    const spans = description[at + 1]!;
    at += 2;
    for (let s = 0; s < spans; s++) at += 2 + description[at + 1]!;
    description[at - 1]! ^= 1 << 10;
  }
  const first = await outcome(options, 100_000_000);
  const codeLibrary = [{ description, module: volume!.module }];
  expect(await outcome({ ...options, codeLibrary }, 100_000_000)).toEqual(first);
  const machine = await Machine.create({ ...options, codeLibrary, serial: { write() {}, onInput() {} } });
  await machine.run({ instructions: 100_000_000 });
  const statistics = machine.statistics() as unknown as WithRegions;
  expect(statistics.regions.fromLibrary).toBe(0);
});
