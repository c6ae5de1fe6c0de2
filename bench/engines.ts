import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const engineNames = ["qemu", "trapeze"] as const;
export type EngineName = (typeof engineNames)[number];

/** Whose figures a table has in its columns: the engines' (Trapeze runs in Node), and Trapeze's in a browser. */
export type Column = EngineName | "chromium";

/** A machine to measure: the command that its options follow. */
export interface Engine {
  readonly name: EngineName;
  readonly command: readonly [string, ...string[]];
}

export const rootDirectory = fileURLToPath(new URL("..", import.meta.url));
const trapeze = `${rootDirectory}bin/trapeze.js`;

export const engines: Readonly<Record<EngineName, Engine>> = {
  qemu: { name: "qemu", command: ["qemu-system-aarch64"] },
  trapeze: { name: "trapeze", command: [process.execPath, trapeze, "run"] },
};

/** Throws when an engine isn't there to be measured. */
export function requireEngine(name: EngineName): Engine {
  if (name === "trapeze" && !existsSync(trapeze)) {
    throw new Error("bin/trapeze.js isn't there: build it with npm run build, or measure with --engines qemu");
  }
  return engines[name];
}

/** The machine that everything is measured on, in the spelling that both understand. */
export const machineOptions = ["-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-m", "256", "-nographic"] as const;

export function commandFor(engine: Engine, options: readonly string[]): [string, ...string[]] {
  const [file, ...rest] = engine.command;
  return [file, ...rest, ...machineOptions, ...options];
}
