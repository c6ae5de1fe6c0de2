import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether a program that a differential test compares with is installed. */
export function hasTool(name: string): boolean {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** Runs a program to its end and returns its output; throws with its diagnostics when it fails. */
export function runTool(name: string, args: readonly string[], input?: Uint8Array): Buffer {
  const result = spawnSync(name, args, { timeout: 60_000, maxBuffer: 2 ** 28, ...(input ? { input } : {}) });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${name} ${args.join(" ")}: ${result.stderr.toString()}`);
  return result.stdout;
}

/** Calls `body` with a new directory that is removed afterwards. */
export function withDirectory<T>(body: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "trapeze-test-"));
  try {
    return body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
