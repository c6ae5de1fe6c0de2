import { describe, expect, it } from "vitest";
import { readDeviceTree } from "./device-tree/blob.js";
import { childOf } from "./device-tree/tree.js";
import { Machine } from "./machine.js";
import type { MachineOptions } from "./machine-options.js";

const MB = 2 ** 20;
const here = 0x1400_0000; // b .

/** MOVZ X0, #0x8400, LSL #16 (PSCI_VERSION), then the call, then a loop. */
const askingPsci = (call: "hvc" | "smc"): number[] => [0xd2b0_8000, call === "hvc" ? 0xd400_0002 : 0xd400_0003, here];

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true);
  return bytes;
}

/** An AArch64 executable with one segment, at `address`. */
function elf(address: number, code: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(0x100 + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 183, true); // EM_AARCH64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(address), true);
  view.setBigUint64(32, 64n, true); // program headers
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 7, true);
  view.setBigUint64(72, 0x100n, true);
  view.setBigUint64(80, BigInt(address), true);
  view.setBigUint64(88, BigInt(address), true);
  view.setBigUint64(96, BigInt(code.length), true);
  view.setBigUint64(104, BigInt(code.length), true);
  view.setBigUint64(112, 4n, true);
  bytes.set(code, 0x100);
  return bytes;
}

async function ran(kernel: Uint8Array, options: MachineOptions = {}): Promise<Machine> {
  const machine = await Machine.create({ kernel, memory: 32 * MB, processors: 2, secure: true, ...options });
  expect(await machine.run({ instructions: 40_000 })).toEqual({ kind: "limit" });
  return machine;
}

const level = (machine: Machine, pe: number): bigint => machine.readRegister(pe, "PSTATE") & 0xfn;

describe("a machine with EL3", () => {
  it.each([
    { virtualization: false, call: "hvc", pstate: 0x5n },
    { virtualization: true, call: "smc", pstate: 0x9n },
  ] as const)("is the firmware of a Linux kernel, EL2 $virtualization", async ({ virtualization, call, pstate }) => {
    const machine = await ran(words(...askingPsci(call)), { virtualization });
    expect(level(machine, 0)).toBe(pstate);
    expect(machine.readRegister(0, "SCR_EL3") & 1n).toBe(1n);
    expect(machine.readRegister(0, "X0")).toBe(0x1_0001n);
    expect(machine.processorState(1)).toBe("off");
  });

  it("leaves EL3, on every PE, to an executable", async () => {
    const entry = 0x4010_0000;
    const machine = await ran(elf(entry, words(here)));
    for (const pe of [0, 1]) {
      expect(machine.processorState(pe)).toBe("running");
      expect(level(machine, pe)).toBe(0xdn);
      expect(machine.readRegister(pe, "PC")).toBe(BigInt(entry));
      expect(machine.readRegister(pe, "SCR_EL3") & 1n).toBe(0n);
    }
    const tree = readDeviceTree(machine.readMemory(0x4000_0000, 2 ** 17)!);
    expect(childOf(tree.root, "psci")).toBeUndefined();
  });

  it("starts in the same way after a reset", async () => {
    const machine = await ran(words(...askingPsci("hvc")));
    machine.reset();
    expect(level(machine, 0)).toBe(5n);
    expect(await machine.run({ instructions: 40_000 })).toEqual({ kind: "limit" });
    expect(machine.readRegister(0, "X0")).toBe(0x1_0001n);
  });
});
