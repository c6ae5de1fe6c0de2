import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MmioDevice } from "../../src/ports/index.js";
import type { TestRam } from "./support.js";

/** Record kinds of guest/tests/devices/access.S. */
const KIND = {
  end: 0,
  read: { 1: 1, 2: 2, 4: 3, 8: 4 },
  write: { 1: 5, 2: 6, 4: 7, 8: 8 },
  call: 9,
  wait: 10,
} as const;

export const SCRIPT_BASE = 0x41000000;
export const DATA_BASE = 0x43000000;
export const RAM_BASE = 0x40000000;
export const RAM_BYTES = 0x8000000;

interface Step {
  readonly kind: "read" | "write" | "call" | "wait";
  readonly size: 1 | 2 | 4 | 8;
  readonly address: number;
  readonly value: number;
}

/** A sequence of accesses to run on a model and on QEMU. */
export class Script {
  readonly steps: Step[] = [];

  read(address: number, size: 1 | 2 | 4 | 8 = 4): this {
    this.steps.push({ kind: "read", size, address, value: 0 });
    return this;
  }

  write(address: number, value: number, size: 1 | 2 | 4 | 8 = 4): this {
    this.steps.push({ kind: "write", size, address, value: value >>> 0 });
    return this;
  }

  /** A semihosting call; its result counts as a read. */
  call(operation: number, parameter: number): this {
    this.steps.push({ kind: "call", size: 8, address: parameter, value: operation });
    return this;
  }

  /** Waits until the half-word at `address` is `value`. */
  wait(address: number, value: number): this {
    this.steps.push({ kind: "wait", size: 2, address, value });
    return this;
  }

  /** Puts bytes into RAM, a word at a time. */
  store(address: number, bytes: Uint8Array): this {
    for (let i = 0; i < bytes.length; i++) this.write(address + i, bytes[i]!, 1);
    return this;
  }

  /** Reads bytes of RAM back. */
  load(address: number, length: number): this {
    for (let i = 0; i < length; i++) this.read(address + i, 1);
    return this;
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(16 * (this.steps.length + 1));
    const view = new DataView(bytes.buffer);
    this.steps.forEach(({ kind, size, address, value }, index) => {
      const number = kind === "read" || kind === "write" ? KIND[kind][size] : KIND[kind];
      view.setUint32(16 * index, number, true);
      view.setUint32(16 * index + 4, value, true);
      view.setBigUint64(16 * index + 8, BigInt(address), true);
    });
    return bytes;
  }
}

/** Runs a script on models: devices at their addresses, and RAM. */
export function runOnModels(
  script: Script,
  devices: ReadonlyMap<number, MmioDevice>,
  ram: TestRam,
  call: (operation: number, parameter: bigint) => bigint = () => 0n,
): bigint[] {
  const results: bigint[] = [];
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  for (const { kind, size, address, value } of script.steps) {
    if (kind === "call") {
      results.push(BigInt.asUintN(64, call(value, BigInt(address))));
      continue;
    }
    if (kind === "wait") continue;
    const found = [...devices].find(([base, { size: length }]) => address >= base && address < base + length);
    if (!found) {
      bytes.fill(0);
      view.setUint32(0, value, true);
      const ok =
        kind === "read" ? ram.read(address, bytes.subarray(0, size)) : ram.write(address, bytes.subarray(0, size));
      if (!ok) throw new Error(`nothing at 0x${address.toString(16)}`);
      if (kind === "read") results.push(view.getBigUint64(0, true));
      continue;
    }
    const [base, device] = found;
    if (size === 8) throw new Error("64-bit device accesses are not part of scripts");
    if (kind === "read") results.push(BigInt(device.read(address - base, size)));
    else device.write(address - base, size, size === 4 ? value : value & (2 ** (8 * size) - 1));
  }
  return results;
}

/** Runs a script on qemu-system-aarch64 -M virt with further arguments; files given are made in its working folder. */
export function runOnQemu(
  script: Script,
  extra: readonly string[],
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): bigint[] {
  const folder = mkdtempSync(join(tmpdir(), "trapeze-devices-"));
  try {
    const source = new URL("../../guest/tests/devices/access.S", import.meta.url).pathname;
    const link = ["-nostdlib", "-static", "-Wl,-Ttext=0x40200000", "-Wl,--build-id=none"];
    execFileSync("aarch64-linux-gnu-gcc", [...link, "-o", join(folder, "access.elf"), source]);
    writeFileSync(join(folder, "script"), script.encode());
    for (const [name, contents] of files) writeFileSync(join(folder, name), contents);
    const machine = ["-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-m", "128", "-semihosting", "-display", "none"];
    const quiet = ["-serial", "null", "-monitor", "none", "-no-reboot"];
    const load = ["-kernel", "access.elf", "-device", `loader,file=script,addr=${SCRIPT_BASE},force-raw=on`];
    execFileSync("qemu-system-aarch64", [...machine, ...quiet, ...load, ...extra], { cwd: folder, timeout: 30_000 });
    const bytes = readFileSync(join(folder, "results"));
    return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigUInt64LE(8 * i));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
