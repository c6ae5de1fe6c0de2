import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDeviceTree } from "../../src/board/device-tree/blob.js";
import { childOf } from "../../src/board/device-tree/tree.js";
import { LoadError } from "../../src/board/loaders/image.js";
import { Machine } from "../../src/board/machine.js";
import type { MachineOptions } from "../../src/board/machine-options.js";
import { parseArguments } from "../../src/cli/options/parser.js";
import { defaultConfiguration } from "../../src/cli/options/run-configuration.js";
import { runOptions } from "../../src/cli/options/run-options.js";
import { runOnQemu, Script } from "../devices/script.js";
import { program } from "../support/program.js";
import { runTool, withDirectory } from "../support/tools.js";

const MB = 2 ** 20;
const here = 0x1400_0000; // b .
const content = Uint8Array.from({ length: 300 }, (_, i) => (i * 13) & 0xff);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "trapeze-loaders-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A U-Boot image: a kernel for arm64, or what `changes` make of it, by offset of the header. */
function uImage(data: Uint8Array, changes: Record<number, number> = {}): Uint8Array {
  const bytes = new Uint8Array(64 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x27051956);
  view.setUint32(12, data.length);
  view.setUint32(16, 0x4300_0100);
  view.setUint32(20, 0x4300_0104);
  bytes.set([5, 22, 2, 0], 28);
  for (const [offset, value] of Object.entries(changes)) bytes[Number(offset)] = value;
  bytes.set(data, 64);
  return bytes;
}

/** Records of Intel's format with checksums. */
function intelHex(...records: readonly (readonly number[])[]): Uint8Array {
  const lines = records.map((record) => {
    const sum = record.reduce((total, byte) => total + byte, 0);
    return `:${[...record, -sum & 0xff].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  });
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n`);
}

const hexFile = intelHex(
  [2, 0, 0, 4, 0x43, 0x00],
  [4, 0x12, 0x34, 0, 1, 2, 3, 4],
  [2, 0x12, 0x38, 0, 5, 6],
  [2, 0, 0, 2, 0x10, 0x00],
  [1, 0x00, 0x00, 0, 7],
  [4, 0, 0, 5, 0x43, 0, 0x12, 0x34],
  [0, 0, 0, 1],
);

/** Reads what a `-device loader` of QEMU's did: 512 bytes at an address. */
function qemuMemory(argument: string, address: number): number[] {
  const script = new Script().load(address, 512);
  return runOnQemu(script, ["-device", argument]).map(Number);
}

/** The same through our command line's options. */
async function machineOf(...words: string[]): Promise<Machine> {
  const configuration = defaultConfiguration();
  parseArguments(words, runOptions, configuration);
  const bytes = (file: string) => new Uint8Array(readFileSync(file));
  const options: MachineOptions = {
    kernel: program(here),
    memory: 128 * MB,
    processors: 2,
    modules: configuration.modules.map(({ file, ...rest }) => ({ ...rest, bytes: bytes(file) })),
    loaders: configuration.loaders.map(({ file, ...rest }) => (file ? { ...rest, file: bytes(file) } : rest)),
  };
  return Machine.create(options);
}

const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, bytes);
  return path;
};

describe("-device loader against QEMU's", () => {
  it.each<[string, () => string, number]>([
    ["a raw file", () => `file=${file("raw", content)},addr=0x43000000`, 0x4300_0000],
    [
      "an ELF file that is to be taken raw",
      () => `file=${file("elf", program(1, 2))},addr=0x43000000,force-raw=on`,
      0x4300_0000,
    ],
    ["a uImage", () => `file=${file("uimage", uImage(content))}`, 0x4300_0000],
    ["a compressed uImage", () => `file=${file("packed", uImage(gzipSync(content), { 31: 1 }))}`, 0x4300_0000],
    ["an Intel hex file", () => `file=${file("hex", hexFile)}`, 0x4300_1200],
    ["a value", () => "addr=0x43000004,data=0x1122334455667788,data-len=8", 0x4300_0000],
    ["a short value", () => "addr=0x43000003,data=0x11223344,data-len=3", 0x4300_0000],
    ["a big-endian value", () => "addr=0x43000003,data=0x11223344,data-len=4,data-be=on", 0x4300_0000],
  ])("%s", async (_name, argument, address) => {
    const words = argument();
    const machine = await machineOf("-device", `loader,${words}`);
    expect([...machine.readMemory(address, 512)!]).toEqual(qemuMemory(`loader,${words}`, address));
  });

  it("puts things there again at a reset, and starts PEs where it is told", async () => {
    const machine = await machineOf(...["-device", `loader,file=${file("raw", content)},addr=0x43000000,cpu-num=0`]);
    expect(machine.readRegister(0, "PC")).toBe(0x4300_0000n);
    machine.writeMemory(0x4300_0000, new Uint8Array(300));
    machine.reset();
    expect(machine.readMemory(0x4300_0000, 300)).toEqual(content);
    const other = await machineOf("-device", `loader,file=${file("uimage", uImage(content))},cpu-num=0`);
    expect(other.readRegister(0, "PC")).toBe(0x4300_0104n);
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    ["cut short", uImage(content).subarray(0, 100), "", /^the uImage is cut short/],
    ["of another architecture", uImage(content, { 29: 2 }), "", /architecture 2, not for arm64/],
    ["no kernel", uImage(content, { 30: 3 }), "", /type 3, not a kernel/],
    ["compressed with bzip2", uImage(content, { 31: 2 }), "", /compressed in a way \(2\)/],
    ["compressed, and damaged", uImage(content, { 31: 1 }), "", /gzip, and damaged/],
    ["hex with a wrong sum", Uint8Array.from(hexFile, (byte, i) => (i === 13 ? 0x30 : byte)), "", /^line 1 .*checksum/],
    ["hex without an end", hexFile.subarray(0, 40), "", /Intel hex file/],
    ["beyond RAM", content, ",addr=0x50000000", /^loader image 0 .*doesn't fit in RAM/],
    ["over the kernel", content, ",addr=0x40000000", /overlap/],
    ["an empty file", new Uint8Array(), ",addr=0x43000000", /^loader image 0 is empty/],
    ["for a PE that isn't there", content, ",addr=0x43000000,cpu-num=2", /^loader image 0 names PE 2/],
  ])("refuses what is %s", async (name, bytes, more, message) => {
    const path = file(name.replaceAll(",", ""), bytes);
    const made = machineOf("-device", `loader,file=${path}${more}`);
    await expect(made).rejects.toThrow(LoadError);
    await expect(made).rejects.toThrow(message);
  });

  it("writes into flash, too", async () => {
    const machine = await machineOf("-device", `loader,file=${file("raw", content)},addr=0x10000`);
    expect(machine.readMemory(0x1_0000, 300)).toEqual(content);
  });
});

it("describes modules to a hypervisor as QEMU's guest-loader does", async () => {
  const kernel = file("kernel", content);
  const ramdisk = file("ramdisk", content.subarray(0, 77));
  const devices = [
    ...["-device", `guest-loader,addr=0x43000000,kernel=${kernel},bootargs=console=hvc0 a=b`],
    ...["-device", `guest-loader,addr=0x44000000,initrd=${ramdisk}`],
  ];
  const machine = await machineOf(...devices);
  expect(machine.readMemory(0x4300_0000, content.length)).toEqual(content);
  const theirs = withDirectory((directory) => {
    const blob = join(directory, "tree.dtb");
    runTool("qemu-system-aarch64", ["-M", `virt,gic-version=3,dumpdtb=${blob}`, "-cpu", "cortex-a57", ...devices]);
    return readDeviceTree(readFileSync(blob));
  });
  const modules = (tree: typeof theirs) =>
    childOf(tree.root, "chosen")!
      .children.map(({ name, properties }) => [name, Object.fromEntries(properties)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  expect(modules(readDeviceTree(machine.deviceTree))).toEqual(modules(theirs));
});

describe("options that can't be meant", () => {
  it.each([
    ["loader", "-device loader needs addr= or file="],
    ["loader,addr=0", "-device loader needs file=, data= or cpu-num="],
    ["loader,addr=0,data=1", "-device loader needs both data= and data-len="],
    ["loader,addr=0,data=1,data-len=9", "-device loader: data-len: '9' is not a whole number from 1 to 8"],
    ["loader,addr=0,data=x,data-len=1", "-device loader: data: 'x' is not a whole number of 64 bits"],
    ["loader,file=x,data=1,data-len=1", "-device loader: file= and data= are for two loaders, not for one"],
    ["guest-loader,kernel=x", "-device guest-loader needs addr="],
    ["guest-loader,addr=0", "-device guest-loader needs kernel= or initrd="],
    [
      "guest-loader,addr=0,kernel=x,initrd=y",
      "-device guest-loader: kernel= and initrd= are for two guest-loaders, not for one",
    ],
    ["guest-loader,addr=0,initrd=y,bootargs=z", "-device guest-loader: bootargs= is for a kernel"],
  ])("%s", (argument, message) => {
    const parse = () => parseArguments(["-device", argument], runOptions, defaultConfiguration());
    expect(parse).toThrow(message);
  });

  it("of flash", () => {
    const parse = (...words: string[]) => {
      const configuration = defaultConfiguration();
      parseArguments(words, runOptions, configuration);
      return configuration.flash;
    };
    expect(parse("-drive", "if=pflash,file=a,readonly=on", "-drive", "if=pflash,file=b,format=raw")).toEqual([
      { unit: 0, file: "a", readOnly: true, snapshot: false },
      { unit: 1, file: "b", readOnly: false, snapshot: false },
    ]);
    expect(() => parse("-drive", "if=pflash,file=a,unit=2")).toThrow("unit: '2' is not a whole number from 0 to 1");
    const twice = ["-drive", "if=pflash,file=a,unit=1", "-drive", "if=pflash,file=b,unit=1"];
    expect(() => parse(...twice)).toThrow("flash bank 1 has an image already");
  });
});
