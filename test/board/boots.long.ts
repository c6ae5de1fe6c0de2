/**
 * Debian's kernel by other ways than -kernel alone, on QEMU and on Trapeze: from UEFI firmware (Debian's qemu-efi-aarch64), and
 * with each other's device trees. `npm run test:long`; needs what `trapeze get debian` fetches.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { flashGeometry } from "../../src/board/memory-map.js";
import { findDebian } from "../../src/cli/debian/cache.js";
import { runTool, withDirectory } from "../support/tools.js";

const trapeze = new URL("../../bin/trapeze.js", import.meta.url).pathname;
const firmware = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd";

function debian() {
  const found = findDebian("debian");
  if (!found) throw new Error("Debian isn't here yet; fetch it with: npx trapeze get debian");
  return found;
}

type Name = "qemu" | "trapeze";

function run(machine: Name, args: readonly string[]): string {
  const [program, ...first] = machine === "qemu" ? ["qemu-system-aarch64"] : [process.execPath, trapeze, "run"];
  const result = spawnSync(program!, [...first, ...args], {
    timeout: 300_000,
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.error) throw result.error;
  expect(result.status, result.stderr.toString()).toBe(0);
  return result.stdout.toString();
}

/** Options of a machine that boots Debian to its shell, through the set of commands, and off. */
function boot(machineOptions: string): string[] {
  const { image, initramfs } = debian();
  return [
    ...["-M", `virt,gic-version=3,${machineOptions}`, "-cpu", "cortex-a57", "-m", "512", "-nographic"],
    ...["-kernel", image, "-initrd", initramfs, "-append", "console=ttyAMA0 trapeze.autotest"],
  ];
}

const done = "trapeze: autotest done";

describe.each(["qemu", "trapeze"] as const)("UEFI firmware on %s", (machine) => {
  const efi = machine === "qemu" ? ["-no-acpi", "-nic", "none"] : [];

  it("boots a kernel that fw_cfg gives it", () => {
    if (!existsSync(firmware)) throw new Error(`${firmware} isn't here: apt-get install qemu-efi-aarch64`);
    const output = run(machine, [...boot("virtualization=off"), "-bios", firmware, ...efi]);
    expect(output).toContain("EFI stub: Booting Linux Kernel");
    expect(output).toContain("EFI stub: Using DTB from configuration table");
    expect(output).toContain(done);
  });

  it("keeps its variables in the second bank", () => {
    withDirectory((directory) => {
      const [code, variables] = [join(directory, "code.fd"), join(directory, "variables.fd")];
      copyFileSync(firmware, code);
      truncateSync(code, flashGeometry.size);
      writeFileSync(variables, "");
      truncateSync(variables, flashGeometry.size);
      const banks = [
        ...["-drive", `if=pflash,format=raw,unit=0,file=${code},readonly=on`],
        ...["-drive", `if=pflash,format=raw,unit=1,file=${variables}`],
      ];
      expect(run(machine, [...boot("virtualization=off"), ...banks, ...efi])).toContain(done);
      const kept = readFileSync(variables);
      // The firmware volume's signature, and a variable's name that it always makes.
      expect(kept.subarray(0x28, 0x2c).toString()).toBe("_FVH");
      expect(kept.includes(Buffer.from("BootOrder", "utf16le"))).toBe(true);
      expect(run(machine, [...boot("virtualization=off"), ...banks, ...efi])).toContain(done);
    });
  });
});

describe.each(["virtualization=off", "virtualization=on"])("with %s", (options) => {
  it.each([
    ["qemu", "trapeze"],
    ["trapeze", "qemu"],
  ] as const)("a device tree made by %s boots on %s", (maker, user) => {
    withDirectory((directory) => {
      const blob = join(directory, "tree.dtb");
      const args = ["-M", `virt,gic-version=3,${options},dumpdtb=${blob}`, "-cpu", "cortex-a57", "-m", "512"];
      if (maker === "qemu") runTool("qemu-system-aarch64", args);
      else run("trapeze", args);
      const output = run(user, [...boot(options), "-dtb", blob]);
      expect(output).toContain(done);
      expect(output).not.toMatch(/WARNING:|BUG:|Kernel panic/);
    });
  });
});
