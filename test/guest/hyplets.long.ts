/** A million interrupts with hyplets coming and going, counted by the hyplets themselves: nothing may be left behind. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildGuest, machine, onQemu, onTrapeze, packKernel } from "../support/nanovisor.js";

const LIMIT = 1_200_000;
const SOAK = [
  "hyplet_soak: left in the nanovisor: 0 pages, 0 owners, 0 bindings",
  "hyplet_soak: left in the kernel: 0 pages, 0 processes, 0 threads, 0 semaphores, 0 interrupts",
];

let folder = "";
beforeAll(() => {
  buildGuest("nanovisor", "kernel", "hyplets");
  folder = mkdtempSync(join(tmpdir(), "soak-"));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ["cortex-a57", 1, "classic", 500],
  ["cortex-a57", 2, "classic", 500],
  ["max", 2, "guarded", 500],
  ["max", 2, "classic", 100],
] as const)(
  "a million interrupts on %s with %i PEs, %s, %i for each hyplet",
  async (cpu, pes, mode, each) => {
    const bundle = packKernel(
      join(folder, `${cpu}-${pes}-${mode}.bundle`),
      `hyplet_soak 1000000 ${each} ${mode} count`,
    );
    const { status, lines } = await onTrapeze(machine(cpu, pes, bundle), LIMIT);
    expect(lines).toEqual(
      expect.arrayContaining(["hyplet_soak: 0 processes failed; 1000000 interrupts or more: yes", ...SOAK]),
    );
    const counted = lines.map((line) => /^hyplet_soak: (\d+) interrupts$/.exec(line)?.[1]).find(Boolean);
    expect(Number(counted)).toBeGreaterThanOrEqual(1_000_000);
    expect(status).toBe(0);
  },
  LIMIT,
);

it(
  "the same program on QEMU",
  async () => {
    const bundle = packKernel(join(folder, "qemu.bundle"), "hyplet_soak 20000 200 guarded");
    const options = machine("max", 2, bundle);
    const [qemu, ours] = [await onQemu(options, LIMIT), await onTrapeze(options, LIMIT)];
    expect(ours).toEqual(qemu);
    expect(qemu.lines).toEqual(expect.arrayContaining(SOAK));
  },
  LIMIT,
);
