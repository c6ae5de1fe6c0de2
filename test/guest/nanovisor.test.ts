/** The nanovisor itself: how it boots, what a guest can't do to it, and how large it is. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildGuest, GUEST_BUILD, machine, onQemu, onTrapeze, packBundle, packKernel } from "../support/nanovisor.js";

const SOURCES = new URL("../../guest/nanovisor", import.meta.url).pathname;

let folder = "";
beforeAll(() => {
  buildGuest("nanovisor", "kernel", "apps", "hyplets");
  folder = mkdtempSync(join(tmpdir(), "nanovisor-"));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rogue = (): string =>
  packBundle(join(folder, "rogue.bundle"), [`kernel:kernel=${GUEST_BUILD}/tests/native/rogue.image`]);

const ANSWERS = [
  "read the nanovisor's memory: ESR 96000010",
  "write the nanovisor's memory: ESR 96000050",
  "execute the nanovisor's memory: ESR 86000010",
  "write VBAR_EL2: ESR 2000000",
  "return to EL2: ESR 3a000000",
  "map a size that overflows: -22",
  "map for nobody: -22",
  "watch the nanovisor's memory: -22",
  "pages lost: 0",
  "version 1",
  "nanovisor: watchdog: PE 0 of the guest gave no sign of life in time",
];

describe("a guest that does what it may not", () => {
  it.each([
    ["cortex-a57", 1],
    ["max", 2],
  ] as const)(
    "gets answers, and in the end the watchdog, on %s with %i PEs",
    async (cpu, pes) => {
      const args = machine(cpu, pes, rogue());
      const [qemu, ours] = await Promise.all([onQemu(args), onTrapeze(args)]);
      expect(ours).toEqual(qemu);
      expect(ours.lines).toEqual(expect.arrayContaining(ANSWERS));
      expect(ours.status).toBe(0);
    },
    90_000,
  );
});

describe("the nanovisor", () => {
  it("boots as an ELF, with its bundle where an initrd would be", async () => {
    const args = machine("max", 2, rogue()).map((word) => word.replace(/Image$/, "nanovisor.elf"));
    const [file] = args.splice(args.indexOf("-initrd"), 2).slice(1);
    args.push("-device", `loader,file=${file},addr=0x48000000,force-raw=on`);
    const [qemu, ours] = await Promise.all([onQemu(args), onTrapeze(args)]);
    expect(ours).toEqual(qemu);
    expect(ours.lines).toEqual(expect.arrayContaining(ANSWERS));
  }, 90_000);

  it.each([
    [
      "without a bundle",
      [],
      "there is no bundle with a guest: give one as -initrd, and the machine 256 MB of memory or more",
    ],
    ["with something else", ["-initrd", "package.json"], "the initrd isn't a bundle"],
  ] as const)(
    "says what is wrong %s",
    async (_what, initrd, says) => {
      const args = [...machine("max", 1, "").slice(0, -2), ...initrd];
      const [qemu, ours] = await Promise.all([onQemu(args), onTrapeze(args)]);
      expect(ours).toEqual(qemu);
      expect(ours.lines).toContain(`nanovisor: ${says}`);
    },
    90_000,
  );

  it("refuses arguments that it has no room for", async () => {
    const { lines } = await onTrapeze(machine("max", 1, packKernel(join(folder, "long.bundle"), "x".repeat(2000))));
    expect(lines).toContain("nanovisor: the guest's arguments are longer than 1023 bytes");
  }, 90_000);

  /** What serves only the comparison, stubdomains and the handlers' glue, isn't part of it. */
  it("has at most about 4,000 lines of C and assembly", () => {
    const comparison = /^(stub|world|native-handlers)/;
    const lines = readdirSync(SOURCES)
      .filter((name) => /\.[cS]$/.test(name) && !comparison.test(name))
      .flatMap((name) =>
        readFileSync(join(SOURCES, name), "utf8")
          .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
          .split("\n")
          .filter((line) => line.trim()),
      );
    expect(lines.length).toBeLessThan(4_250);
  });
});
