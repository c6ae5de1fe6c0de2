import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../../src/cli/errors.js";

export const rootDirectory = fileURLToPath(new URL("../..", import.meta.url));

export const machineNames = ["qemu", "trapeze"] as const;
export type MachineName = (typeof machineNames)[number];

const trapeze = `${rootDirectory}bin/trapeze.js`;
/** The command of each machine, which its options follow. */
export const machineCommands: Readonly<Record<MachineName, readonly [string, ...string[]]>> = {
  qemu: ["qemu-system-aarch64"],
  trapeze: [process.execPath, trapeze, "run"],
};

/** What one step printed and took. */
export interface StepResult {
  readonly name: string;
  /** undefined when the machine ended before the step did. */
  readonly status: number | undefined;
  readonly output: string;
  /** By the guest's monotonic clock. */
  readonly guestSeconds: number;
  /** From the arrival of the step's first marker to that of its last. */
  readonly hostSeconds: number;
}

/** What one boot gave. */
export interface BootResult {
  readonly steps: readonly StepResult[];
  /** Whether the guest reached the end of its steps and the machine ended with status 0. */
  readonly complete: boolean;
  /** Why it isn't complete. */
  readonly failure: string;
  /** Seconds from the start of the process to the first step. */
  readonly bootSeconds: number;
}

export interface BootOptions {
  readonly machine: MachineName;
  readonly cpu: string;
  readonly processors: number;
  readonly memoryMiB: number;
  readonly image: string;
  readonly initrd: string;
  /** The kernel's command line. */
  readonly append: string;
  /** The machine's own further options. */
  readonly extra: readonly string[];
  /** Host seconds after which it's killed. */
  readonly limit: number;
  /** Takes what the console says as it comes. */
  readonly echo: (text: string) => void;
}

/** The command that boots an image, the same options for both machines. */
export function bootCommand(options: Omit<BootOptions, "echo">): [string, ...string[]] {
  const { machine, cpu, processors, memoryMiB, image, initrd, append, extra } = options;
  if (machine === "trapeze" && !existsSync(trapeze))
    throw new UserError("bin/trapeze.js isn't there: build it with npm run build, or use --machine qemu");
  const [file, ...rest] = machineCommands[machine];
  const board = ["-M", "virt,gic-version=3", "-cpu", cpu, "-smp", `${processors}`, "-m", `${memoryMiB}`];
  const boot = ["-kernel", image, "-initrd", initrd, "-append", append];
  return [file, ...rest, ...board, "-nographic", "-no-reboot", ...boot, ...extra];
}

/** Boots a machine, without input, to its end. */
export function boot(options: BootOptions): Promise<BootResult> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = bootCommand(options);
    const started = process.hrtime.bigint();
    const elapsed = (): number => Number(process.hrtime.bigint() - started) / 1e9;
    const reader = new MarkerReader();
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.limit * 1000);
    const end = (): void => void child.kill("SIGKILL");
    process.once("exit", end);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      options.echo(text);
      reader.take(text, elapsed());
    });
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new UserError(`can't start ${file}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      process.removeListener("exit", end);
      const failure = late
        ? `killed after ${options.limit} s`
        : code !== 0
          ? `ended with ${code === null ? signal : `status ${code}`}${errors === "" ? "" : `: ${errors.trim()}`}`
          : reader.done
            ? ""
            : "ended before its last step";
      resolve(reader.result(failure, elapsed()));
    });
  });
}

/** Finds the marker lines of /init in what the console says. */
class MarkerReader {
  done = false;
  #rest = "";
  #bootSeconds = 0;
  #steps: StepResult[] = [];
  #open: { name: string; lines: string[]; since: number } | undefined;

  take(text: string, now: number): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line.replace(/\r+$/, ""), now);
  }

  #line(line: string, now: number): void {
    const marker = /^@@ (begin|end|done)(?: (\S+))?(?: (\d+) (\d+))?$/.exec(line);
    if (!marker) {
      this.#open?.lines.push(line);
      return;
    }
    const [, kind, name = "", status, nanoseconds] = marker;
    if (kind === "done") {
      this.done = true;
    } else if (kind === "begin") {
      this.#bootSeconds ||= now;
      this.#open = { name, lines: [], since: now };
    } else if (this.#open) {
      this.#close(Number(status), Number(nanoseconds) / 1e9, now);
    }
  }

  #close(status: number | undefined, guestSeconds: number, now: number): void {
    const { name, lines, since } = this.#open!;
    this.#steps.push({ name, status, output: lines.join("\n").trim(), guestSeconds, hostSeconds: now - since });
    this.#open = undefined;
  }

  result(failure: string, now: number): BootResult {
    if (this.#open) {
      if (this.#rest) this.#open.lines.push(this.#rest);
      this.#close(undefined, Number.NaN, now);
    }
    return {
      steps: this.#steps,
      complete: failure === "",
      failure,
      bootSeconds: this.#bootSeconds,
    };
  }
}
