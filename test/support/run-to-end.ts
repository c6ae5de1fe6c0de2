import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How a program ended, with its two outputs apart. */
export interface Ending {
  readonly status: number | string;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs a program in the repository's folder to its end, or for `limit` milliseconds: then the status says so. */
export function runToEnd(command: string, args: readonly string[], limit: number): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit);
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const status = late ? `no end within ${limit / 1000} s` : (code ?? `${signal}`);
      resolve({ status, lines: output.replaceAll("\r", "").split("\n"), errors });
    });
  });
}
