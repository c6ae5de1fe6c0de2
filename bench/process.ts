import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one run of a command took and said. */
export interface Measurement {
  /** From the start of the process to its end, in seconds. */
  readonly seconds: number;
  /** Seconds until the first byte of output, or undefined without output. */
  readonly firstOutput: number | undefined;
  /** Seconds until each of the texts asked for appeared in the output. */
  readonly marks: Readonly<Record<string, number>>;
  /** Peak resident memory in bytes: Linux's VmHWM, read every 25 ms. */
  readonly peakMemory: number;
  readonly status: number | string;
  readonly output: string;
  readonly errors: string;
}

export interface MeasureOptions {
  /** Texts to look for in the output. */
  readonly marks?: readonly string[];
  /** The process is killed after so many seconds. */
  readonly limit: number;
}

/** Runs a command to its end with no input. Rejects only when the command can't be started. */
export function measure(command: readonly [string, ...string[]], options: MeasureOptions): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = command;
    const start = process.hrtime.bigint();
    const elapsed = (): number => Number(process.hrtime.bigint() - start) / 1e9;
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    const marks: Record<string, number> = {};
    let output = "";
    let errors = "";
    let firstOutput: number | undefined;
    let peakMemory = 0;
    let late = false;

    const poll = setInterval(() => {
      peakMemory = Math.max(peakMemory, residentPeak(child.pid));
    }, 25);
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.limit * 1000);

    child.stdout.on("data", (chunk: Buffer) => {
      firstOutput ??= elapsed();
      output += chunk.toString("latin1");
      for (const mark of options.marks ?? []) if (!(mark in marks) && output.includes(mark)) marks[mark] = elapsed();
    });
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString("utf8")));
    let seconds = 0;
    child.on("exit", () => (seconds = elapsed()));
    child.on("error", (error) => {
      clearInterval(poll);
      clearTimeout(timer);
      reject(new Error(`can't start ${file}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearInterval(poll);
      clearTimeout(timer);
      const status = late ? `killed after ${options.limit} s` : (code ?? `${signal}`);
      resolve({ seconds, firstOutput, marks, peakMemory, status, output, errors });
    });
  });
}

/** Bytes; 0 when the process is gone, or the host isn't Linux. */
function residentPeak(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const kib = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(kib?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
