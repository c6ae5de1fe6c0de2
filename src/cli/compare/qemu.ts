import { execFile } from "node:child_process";
import { join } from "node:path";
import type { ExperimentRun } from "../../lab/experiment.js";

const command = "qemu-system-aarch64";
const milliseconds = 120_000;

export type QemuAnswer =
  | { readonly kind: "same" }
  | { readonly kind: "different"; readonly text: string }
  | { readonly kind: "absent"; readonly text: string };

/** Runs an image on QEMU and compares what it prints with `output`. */
export async function compareWithQemu(
  run: ExperimentRun,
  cpu: string,
  folder: string,
  output: string,
): Promise<QemuAnswer> {
  const { stdout, problem } = await execute(qemuArguments(run, cpu, folder));
  if (problem === "absent") return { kind: "absent", text: `${command} isn't installed, so that nothing was compared` };
  if (problem !== undefined) return { kind: "different", text: `${command} ${problem}` };
  const theirs = stdout.replaceAll("\r", "").split("\n");
  const ours = output.split("\n");
  const line = Array.from({ length: Math.max(theirs.length, ours.length) }, (_, n) => n).find(
    (n) => theirs[n] !== ours[n],
  );
  if (line === undefined) return { kind: "same" };
  const said = (text: string | undefined): string => (text === undefined ? "nothing" : `'${text}'`);
  return {
    kind: "different",
    text: `line ${line + 1} is ${said(ours[line])} here and ${said(theirs[line])} on QEMU`,
  };
}

function qemuArguments({ machine, image, initrd }: ExperimentRun, cpu: string, folder: string): string[] {
  const flags = [
    "virt,gic-version=3",
    ...(machine.virtualization ? ["virtualization=on"] : []),
    ...(machine.secure ? ["secure=on"] : []),
  ];
  return [
    ["-M", flags.join(",")],
    ["-cpu", cpu],
    ["-smp", `${machine.processors ?? 1}`],
    ["-m", `${(machine.memory ?? 128 * 2 ** 20) / 2 ** 20}`],
    ["-nographic", "-semihosting"],
    ["-kernel", join(folder, image)],
    initrd === undefined ? [] : ["-initrd", join(folder, initrd)],
    machine.commandLine === undefined ? [] : ["-append", machine.commandLine],
  ].flat();
}

function execute(args: readonly string[]): Promise<{ readonly stdout: string; readonly problem?: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { timeout: milliseconds, maxBuffer: 2 ** 26 }, (error, stdout) => {
      if (error === null) resolve({ stdout });
      else if (error.code === "ENOENT") resolve({ stdout, problem: "absent" });
      else if (error.killed) resolve({ stdout, problem: `did not end within ${milliseconds / 1000} s` });
      else resolve({ stdout, problem: `ended with status ${error.code}` });
    });
    child.stdin?.end();
  });
}
