/** Running the nanovisor with a guest, on QEMU and on Trapeze, with the same options. */
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname;
/** What `make -C guest` builds. */
export const GUEST_BUILD = join(ROOT, "guest/build");

/** Builds what the tests that use it run; make looks whether there is anything to do. */
export function buildGuest(...targets: readonly string[]): void {
  execFileSync("make", ["-s", "-C", "guest", ...targets], { cwd: ROOT });
}

export interface Ending {
  readonly status: number | string | null;
  readonly lines: readonly string[];
}

/** Runs a program to its end, or for `limit` milliseconds; then the status is the signal. */
export function execute(command: string, args: readonly string[], limit = 60_000): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], timeout: limit });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ status: code ?? signal, lines: output.replaceAll("\r", "").split("\n") }),
    );
  });
}

export const onQemu = (args: readonly string[], limit?: number): Promise<Ending> =>
  execute("qemu-system-aarch64", args, limit);

export const onTrapeze = (args: readonly string[], limit?: number): Promise<Ending> =>
  execute("node", ["bin/trapeze.js", "run", ...args], limit);

/** A bundle for the nanovisor in `file`; entries are KIND:NAME=FILE, texts are written beside it. */
export function packBundle(
  file: string,
  entries: readonly string[],
  texts: Readonly<Record<string, string>> = {},
): string {
  const written = Object.entries(texts).map(([name, text]) => {
    writeFileSync(`${file}.${name}`, text);
    return `text:${name}=${file}.${name}`;
  });
  execFileSync("node", ["scripts/pack-bundle.js", file, ...entries, ...written], { cwd: ROOT });
  return file;
}

/** The guest kernel with programs and this init. */
export const packKernel = (file: string, init: string, programs = `${GUEST_BUILD}/hyplets.bundle`): string =>
  packBundle(file, [`kernel:kernel=${GUEST_BUILD}/kernel/Image`, `bundle:initrd=${programs}`], {
    arguments: `init=${init}`,
  });

/** The options that both machines take. */
export const machine = (cpu: string, pes: number, initrd: string): string[] =>
  [
    ["-M", "virt,gic-version=3,virtualization=on", "-cpu", cpu, "-smp", `${pes}`, "-m", "256", "-nographic"],
    ["-kernel", "guest/build/nanovisor/Image", "-initrd", initrd],
  ].flat();
