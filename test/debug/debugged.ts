import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** GDB against a machine: ours, or QEMU's, with the same options and the same script. */

const root = new URL("../..", import.meta.url).pathname;
const guests = new URL("guest/", import.meta.url).pathname;
const limit = 60_000;

export type Side = "trapeze" | "qemu";

const commands: Readonly<Record<Side, readonly string[]>> = {
  trapeze: ["node", `${root}bin/trapeze.js`, "run"],
  qemu: ["qemu-system-aarch64", "-display", "none", "-monitor", "none"],
};

/** A folder for programs and sockets, until `remove`. */
export class Workplace {
  readonly path = mkdtempSync(join(tmpdir(), "trapeze-gdb-"));
  #count = 0;

  /** Assembles and links guest/NAME.S at 0x4020_0000, with symbols and line numbers. */
  assemble(name: string): string {
    const elf = join(this.path, `${name}.elf`);
    execFileSync("aarch64-linux-gnu-gcc", [
      ...["-nostdlib", "-static", "-g", "-Wl,-Ttext=0x40200000,--build-id=none,-z,max-page-size=4096"],
      ...["-march=armv8-a", "-o", elf, `${guests}${name}.S`],
    ]);
    return elf;
  }

  /** Runs `script` in GDB, connected to a machine that stands before its first instruction; gives GDB's output. */
  async debug(side: Side, elf: string, options: readonly string[], script: string): Promise<string> {
    const id = `${side}-${this.#count++}`;
    const socket = join(this.path, `${id}.sock`);
    const file = join(this.path, `${id}.gdb`);
    writeFileSync(file, script);
    const [program = "", ...first] = commands[side];
    const machine = spawn(
      program,
      [
        ...first,
        ...[
          "-M",
          "virt,gic-version=3",
          "-cpu",
          "cortex-a57",
          "-m",
          "128",
          "-serial",
          "null",
          "-kernel",
          elf,
          ...options,
        ],
        ...["-S", "-gdb", `unix:${socket},server=on,wait=off`],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    try {
      return await gdb([
        ...["-ex", "set pagination off", "-ex", "set confirm off", "-ex", "set style enabled off"],
        ...["-ex", `target remote ${await ready(machine, socket)}`, "-x", file, elf],
      ]);
    } finally {
      machine.kill("SIGKILL");
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Waits for a machine to listen on a socket. */
async function ready(machine: ChildProcess, socket: string): Promise<string> {
  let errors = "";
  machine.stderr!.on("data", (chunk) => void (errors += String(chunk)));
  const started = Date.now();
  const { existsSync } = await import("node:fs");
  while (!existsSync(socket)) {
    if (machine.exitCode !== null || Date.now() - started > limit) throw new Error(`no GDB server: ${errors}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return socket;
}

/** GDB's output, standard output and error together as they came. */
function gdb(options: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // One pipe for both, so that they come in order.
    const command = ["-c", 'exec gdb-multiarch -nx -batch "$@" 2>&1', "gdb", ...options];
    const child = spawn("sh", command, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`GDB didn't end in ${limit} ms:\n${output}`));
    }, limit);
    child.stdout.on("data", (chunk: Buffer) => void (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}
