/** The core modules that a build makes beside the bundle are those that a machine would make for itself. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { MachineOptions } from "../../src/board/machine-options.js";
import { coreFacts, moduleToKeep } from "../../src/cpu/core-modules.js";
import { cores } from "../../src/cpu/cores/cores.js";
import { hasFusedMultiplyAdd } from "../../src/wasm/fused.js";
import { outcome } from "../determinism/runs.js";

const bundle = new URL("../../dist/cli/bundle/", import.meta.url).pathname;
const folders = readdirSync(bundle, { withFileTypes: true }).filter((entry) => entry.isDirectory());

const usual = [...cores.values()].flatMap((core) =>
  [true, false].map((fused) => ({ core, fused, facts: coreFacts(core, { jit: true, observed: false, fused }) })),
);

it("to the byte, for all cores, in whatever order they are made", () => {
  expect(folders).toHaveLength(1);
  const folder = `${bundle}${folders[0]!.name}/`;
  const made = new Map(usual.map(({ facts }) => moduleToKeep(facts)).map(({ name, bytes }) => [`${name}.wasm`, bytes]));
  expect(readdirSync(folder).sort()).toEqual([...made.keys()].sort());
  for (const [name, bytes] of made) expect(readFileSync(`${folder}${name}`).equals(bytes), name).toBe(true);
  for (const { facts } of usual.reverse()) {
    const { name, bytes } = moduleToKeep(facts);
    expect(Buffer.from(bytes).equals(made.get(`${name}.wasm`)!), name).toBe(true);
  }
});

it("and the bundle knows them by its name", () => {
  const text = readFileSync(`${bundle}trapeze.cjs`, "latin1");
  expect(text).toContain(`"${folders[0]!.name}"`);
});

it("a machine does the same with a kept module, and with one of other facts", async () => {
  const kernel = readFileSync("guest/images/demo.elf");
  const options: MachineOptions = { kernel, memory: 64 * 2 ** 20, cpu: "cortex-a57" };
  const without = await outcome(options, 100_000_000);
  expect(without.output).toMatch(/power off\s*$/);
  const asked: string[] = [];
  const keep = (name: string) => (_: string) => {
    asked.push(name);
    const core = cores.get(name)!;
    return moduleToKeep(coreFacts(core, { jit: true, observed: false, fused: hasFusedMultiplyAdd() })).bytes;
  };
  for (const name of ["cortex-a57", "max"])
    expect(await outcome({ ...options, coreModules: keep(name) }, 100_000_000), name).toEqual(without);
  expect(asked).toEqual(["cortex-a57", "max"]);
});
