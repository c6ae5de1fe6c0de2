/** Equal input gives equal states, to the last bit: however often, compiled or not, and however the host slices it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { MachineOptions } from "../../src/board/machine-options.js";
import { findDebian } from "../../src/cli/debian/cache.js";
import { type Outcome, outcome, ways } from "./runs.js";

/** Runs in every way and compares; returns the outcome that they share. */
async function alike(options: MachineOptions, instructions: number, some = ways): Promise<Outcome> {
  const first = await outcome(options, instructions);
  for (const [way, { jit, slices }] of some) {
    const other = await outcome({ ...options, jit }, instructions, slices);
    expect({ way, ...other }).toEqual({ way, ...first });
  }
  return first;
}

const MB = 2 ** 20;

describe("the demo", () => {
  it.each([1, 4])("with %d PEs", async (processors) => {
    const kernel = readFileSync("guest/images/demo.elf");
    const first = await alike({ kernel, processors, memory: 64 * MB }, 100_000_000);
    expect(first.output).toMatch(/power off\s*$/);
    const other = await outcome({ kernel, processors, memory: 64 * MB, cpu: "cortex-a53" }, 100_000_000);
    expect(other.hash).not.toBe(first.hash);
  });
});

describe("guest programs", () => {
  beforeAll(() => {
    execFileSync("make", ["-s", "-C", "guest", "tests"], { stdio: "inherit" });
  }, 120_000);

  it.each<[string, number, string]>([
    ["timers", 1, "cortex-a57"],
    ["gic", 1, "cortex-a57"],
    ["code-modification", 1, "cortex-a57"],
    ["tlb", 1, "max"],
    ["atomics", 1, "neoverse-n1"],
    ["smp", 4, "cortex-a57"],
  ])("%s with %d PEs", async (name, processors, cpu) => {
    const kernel = readFileSync(`guest/build/tests/${name}.elf`);
    const semihosting = { write() {} };
    const first = await alike({ kernel, processors, cpu, memory: 256 * MB, semihosting }, 50_000_000, ways.slice(1, 4));
    expect(first.end).toBe("the guest ended with status 0");
  });
});

const debian = findDebian("debian");

// `trapeze get debian` fetches it.
describe("the beginning of Debian's boot", () => {
  it.each([1, 4])(
    "with %d PEs",
    async (processors) => {
      const options: MachineOptions = {
        kernel: readFileSync(debian!.image),
        initrd: readFileSync(debian!.initramfs),
        commandLine: "console=ttyAMA0 earlycon=pl011,0x9000000",
        memory: 256 * MB,
        processors,
      };
      const some = ways.filter(([way]) => way === "interpreted" || way === "in uneven slices");
      const first = await alike(options, 60_000_000, some);
      expect(first.output).toContain("Linux version");
      expect(first.instructions).toBe(60_000_000);
    },
    180_000,
  );
});
