import { Machine } from "../../src/board/machine.js";
import { describeEnd, type MachineOptions } from "../../src/board/machine-options.js";

/** What must be the same in every run of the same input. */
export interface Outcome {
  readonly end: string;
  readonly instructions: number;
  readonly nanoseconds: number;
  readonly output: string;
  readonly hash: string;
}

/**
 * Runs a machine for at most so many instructions. `slice`: instructions between two returns to the host, the lengths in
 * turn; without it Machine.run chooses, by how fast the host happens to be.
 */
export async function outcome(
  options: MachineOptions,
  instructions: number,
  slices?: readonly number[],
): Promise<Outcome> {
  const decoder = new TextDecoder("latin1");
  let output = "";
  const say = (bytes: Uint8Array): void => void (output += decoder.decode(bytes));
  const machine = await Machine.create({
    ...options,
    serial: { write: say, onInput() {} },
    ...(options.semihosting ? { semihosting: { write: say } } : {}),
  });
  let end = slices ? machine.runSlice(0) : await machine.run({ instructions });
  for (let i = 0; slices; i++) {
    const left = instructions - machine.instructions;
    if (end === "waiting" || end.kind !== "limit" || left <= 0) break;
    end = machine.runSlice(Math.min(left, slices[i % slices.length]!));
  }
  return {
    end: end === "waiting" ? end : describeEnd(end),
    instructions: machine.instructions,
    nanoseconds: machine.nanoseconds,
    output,
    hash: await machine.stateHash(),
  };
}

/** How a run may differ without its outcome differing. */
export const ways: readonly (readonly [string, { readonly jit: boolean; readonly slices?: readonly number[] }])[] = [
  ["a second time", { jit: true }],
  ["interpreted", { jit: false }],
  ["in slices of 12345", { jit: true, slices: [12_345] }],
  ["in uneven slices", { jit: true, slices: [1, 1_000_003, 77, 250_000, 999] }],
  ["interpreted, in uneven slices", { jit: false, slices: [3, 500_001, 10_000] }],
];
