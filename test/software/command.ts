import { UserError } from "../../src/cli/errors.js";
import { type MachineName, machineNames } from "./machines.js";

/** The machines that --machine names. */
export function chosenMachines(text: string): MachineName[] {
  const machines = machineNames.filter((name) => text === "both" || text === name);
  if (machines.length === 0) throw new UserError(`--machine: '${text}' is none of qemu, trapeze and both`);
  return machines;
}

/** The value of an option that wants a whole number from 1. */
export function positive(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UserError(`${option} wants a whole number from 1, not '${text}'`);
  return value;
}

/** Runs a command to its status; one that can't run says why, in a sentence that begins with `name`, and ends with 2. */
export async function runCommand(name: string, main: () => Promise<number>): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(2));
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  }
}
