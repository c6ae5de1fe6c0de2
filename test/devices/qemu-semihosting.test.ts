import { expect, it } from "vitest";
import { Semihosting, SYS } from "../../src/devices/index.js";
import type { SemihostingFile, SemihostingHost } from "../../src/ports/index.js";
import { DATA_BASE, RAM_BASE, RAM_BYTES, runOnModels, runOnQemu, Script } from "./script.js";
import { ManualClock, RecordingLog, TestRam } from "./support.js";

const BLOCK = DATA_BASE;
const NAME = DATA_BASE + 0x100;
const BUFFER = DATA_BASE + 0x1000;

/** Files in memory, enough of a host for what the script does. */
function memoryHost(files: Map<string, Uint8Array>): SemihostingHost {
  return {
    write() {},
    read: () => -1,
    exit() {},
    files: {
      open(name, mode) {
        if (mode >= 4 && mode < 8) files.set(name, new Uint8Array(0));
        if (!files.has(name)) throw Object.assign(new Error(name), { code: "ENOENT" });
        let position = 0;
        const file: SemihostingFile = {
          get length() {
            return files.get(name)!.length;
          },
          interactive: false,
          read(target) {
            const piece = files.get(name)!.subarray(position, position + target.length);
            target.set(piece);
            position += piece.length;
            return piece.length;
          },
          write(source) {
            const grown = new Uint8Array(Math.max(files.get(name)!.length, position + source.length));
            grown.set(files.get(name)!);
            grown.set(source, position);
            files.set(name, grown);
            position += source.length;
            return source.length;
          },
          seek(to) {
            position = to;
          },
          close() {},
        };
        return file;
      },
      remove(name) {
        if (!files.delete(name)) throw Object.assign(new Error(name), { code: "ENOENT" });
      },
      rename(from, to) {
        const contents = files.get(from);
        if (!contents) throw Object.assign(new Error(from), { code: "ENOENT" });
        files.delete(from);
        files.set(to, contents);
      },
    },
  };
}

it("semihosting answers as QEMU's does", () => {
  const script = new Script();
  const fields = (...values: number[]) => {
    for (const [i, value] of values.entries()) script.write(BLOCK + 8 * i, value).write(BLOCK + 8 * i + 4, 0);
  };
  const text = (at: number, value: string) => script.store(at, new TextEncoder().encode(`${value}\0`));
  const open = (name: string, mode: number) => {
    text(NAME, name);
    fields(NAME, mode, name.length);
    script.call(SYS.OPEN, BLOCK);
  };
  open("missing", 0);
  script.call(SYS.ERRNO, 0);
  open("input", 1);
  fields(1);
  script.call(SYS.FLEN, BLOCK).call(SYS.ISTTY, BLOCK);
  fields(1, BUFFER, 4);
  script.call(SYS.READ, BLOCK).load(BUFFER, 4);
  fields(1, 6);
  script.call(SYS.SEEK, BLOCK);
  fields(1, BUFFER, 100);
  script.call(SYS.READ, BLOCK).load(BUFFER, 6).call(SYS.READ, BLOCK);
  fields(1);
  script.call(SYS.CLOSE, BLOCK).call(SYS.CLOSE, BLOCK);
  open("output", 7);
  fields(1, BUFFER, 5);
  script.call(SYS.WRITE, BLOCK);
  fields(1);
  script.call(SYS.FLEN, BLOCK).call(SYS.CLOSE, BLOCK);
  text(NAME, "output");
  text(NAME + 16, "renamed");
  fields(NAME, 6, NAME + 16, 7);
  script.call(SYS.RENAME, BLOCK);
  open("output", 0);
  open("renamed", 0);
  fields(1);
  script.call(SYS.FLEN, BLOCK).call(SYS.CLOSE, BLOCK);
  fields(NAME + 16, 7);
  script.call(SYS.REMOVE, BLOCK).call(SYS.REMOVE, BLOCK);
  // The features file: magic and one byte.
  open(":semihosting-features", 0);
  fields(1, BUFFER, 16);
  script.call(SYS.READ, BLOCK).load(BUFFER, 5);
  fields(1);
  script.call(SYS.FLEN, BLOCK).call(SYS.CLOSE, BLOCK);
  // Errors by number, a handle that does not exist, an operation that does not.
  for (const status of [0, 1]) {
    fields(status, 0);
    script.call(SYS.ISERROR, BLOCK);
  }
  script
    .write(BLOCK, 0xffffffff)
    .write(BLOCK + 4, 0xffffffff)
    .call(SYS.ISERROR, BLOCK);
  fields(99);
  script.call(SYS.ISTTY, BLOCK).call(SYS.TICKFREQ, 0);
  fields(BUFFER, 64);
  script
    .call(SYS.GET_CMDLINE, BLOCK)
    .load(BUFFER, 9)
    .read(BLOCK + 8);
  fields(BUFFER, 3);
  script.call(SYS.GET_CMDLINE, BLOCK);

  const input = new TextEncoder().encode("0123456789ab");
  const ram = new TestRam(RAM_BASE, RAM_BYTES);
  const host = memoryHost(new Map([["input", input]]));
  const model = new Semihosting({
    host,
    clock: new ManualClock(),
    log: new RecordingLog(),
    epoch: 0,
    commandLine: "one two",
  });
  const memory = {
    read: (address: bigint, target: Uint8Array) => ram.read(Number(address), target),
    write: (address: bigint, source: Uint8Array) => ram.write(Number(address), source),
  };
  const ours = runOnModels(script, new Map(), ram, (operation, parameter) => {
    const result = model.call(operation, parameter, memory);
    if (typeof result !== "bigint") throw new Error(`operation ${operation}: ${result}`);
    return result;
  });
  const config = ["-semihosting-config", "enable=on,target=native,arg=one,arg=two"];
  const theirs = runOnQemu(script, config, new Map([["input", input]]));
  const reads = script.steps.filter(({ kind }) => kind === "read" || kind === "call");
  const show = (values: readonly bigint[]) =>
    values.map((v, i) => `${i}: ${reads[i]!.kind} ${reads[i]!.value} ${BigInt.asIntN(64, v)}`);
  expect(show(ours)).toEqual(show(theirs));
});
