/**
 * Debian's kernel through an hour of machine time, at EL1 and at EL2: nothing in its log but what belongs there. Idle time costs
 * nothing, so that it takes seconds. `npm run test:long`; needs what `trapeze get debian` fetches.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { findDebian } from "../../src/cli/debian/cache.js";
import { fileType, writeCpio } from "../../src/cli/debian/cpio.js";
import { withDirectory } from "../support/tools.js";

const trapeze = fileURLToPath(new URL("../../bin/trapeze.js", import.meta.url));
const program = readFileSync(new URL("hour.sh", import.meta.url));

const complaints =
  /WARNING:|BUG:|Oops|Kernel panic|rcu.*(stall|starved)|soft lockup|hung_task|blocked for more|nobody cared/;

/** What Linux says with the level of a warning on QEMU's `virt` as well. */
const usual = [
  "KASLR disabled due to lack of seed",
  "pci-host-generic 4010000000.pcie: Memory resource size exceeds max for 32 bits",
];

const machines = [
  ["cortex-a57", "virtualization=off", 1],
  ["cortex-a57", "virtualization=off", 2],
  ["cortex-a57", "virtualization=on", 1],
  ["cortex-a57", "virtualization=on", 2],
  ["neoverse-n1", "virtualization=on", 1],
  ["neoverse-n1", "virtualization=on", 2],
] as const;

it.each(machines)("on %s with %s and %d PEs", (cpu, virtualization, processors) => {
  const debian = findDebian("debian");
  if (!debian) throw new Error("Debian isn't here yet; fetch it with: npx trapeze get debian");
  withDirectory((directory) => {
    const initrd = join(directory, "initrd");
    const extra = writeCpio([{ path: "hour", mode: fileType.file | 0o755, content: program }]);
    writeFileSync(initrd, Buffer.concat([readFileSync(debian.initramfs), gzipSync(extra)]));
    const options = [
      ...["-M", `virt,gic-version=3,${virtualization}`, "-cpu", cpu, "-smp", `${processors}`, "-m", "512"],
      ...["-nographic", "-kernel", debian.image, "-initrd", initrd],
      ...["-append", "console=ttyAMA0 trapeze.command=/hour"],
    ];
    // Nothing can be typed, so that time needn't follow the host's clock.
    const { stdout, stderr, status } = spawnSync(process.execPath, [trapeze, "run", ...options], {
      timeout: 600_000,
      maxBuffer: 2 ** 26,
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(status, stderr.toString()).toBe(0);
    const lines = stdout.toString().split(/\r*\n/);
    expect(lines.filter((line) => complaints.test(line))).toEqual([]);
    expect(lines).toContain("trapeze: /hour ended with status 0");
    const seconds = /^hour: over at (\d+) seconds$/m.exec(lines.join("\n"))?.[1];
    expect(Number(seconds)).toBeGreaterThanOrEqual(3600);
    expect(Number(seconds)).toBeLessThan(3630);
    const warnings = lines.flatMap((line) => /^<[0-4]>\[ *[\d.]+\] (.*)$/.exec(line)?.[1] ?? []);
    expect(warnings.filter((warning) => !usual.includes(warning))).toEqual([]);
    // At EL2 the kernel brings KVM with it.
    expect(lines.some((line) => /mode initialized successfully/.test(line))).toBe(
      virtualization === "virtualization=on",
    );
  });
});
