import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock, RecordingLog, TestRam } from "../../test/devices/support.js";
import { Semihosting, SYS } from "./semihosting.js";

const BASE = 0x1000;
let ram: TestRam;
let clock: ManualClock;
let output: { text: string; error: string };
let input: number[];
let exits: number[];
let semihosting: Semihosting;

const memory = {
  read: (address: bigint, target: Uint8Array) => ram.read(Number(address), target),
  write: (address: bigint, source: Uint8Array) => ram.write(Number(address), source),
};

beforeEach(() => {
  ram = new TestRam(BASE, 0x1000);
  clock = new ManualClock();
  output = { text: "", error: "" };
  input = [];
  exits = [];
  const host = {
    write(bytes: Uint8Array, stream: "output" | "error") {
      output[stream === "output" ? "text" : "error"] += new TextDecoder().decode(bytes);
    },
    read(target: Uint8Array) {
      const bytes = input.splice(0, target.length);
      target.set(bytes);
      return bytes.length;
    },
    exit: (status: number) => void exits.push(status),
  };
  semihosting = new Semihosting({ host, clock, log: new RecordingLog(), epoch: 1000 });
});

const call = (operation: number, ...fields: (number | bigint)[]) => {
  fields.forEach((field, i) => {
    ram.view.setBigUint64(8 * i, BigInt(field), true);
  });
  return semihosting.call(operation, BigInt(BASE), memory);
};
const place = (offset: number, text: string) => ram.bytes.set(new TextEncoder().encode(`${text}\0`), offset);

describe("Semihosting", () => {
  it("writes characters and strings, across pieces", () => {
    const long = "0123456789".repeat(60);
    place(0x100, long);
    semihosting.call(SYS.WRITE0, BigInt(BASE + 0x100), memory);
    semihosting.call(SYS.WRITEC, BigInt(BASE + 0x101), memory);
    expect(output.text).toBe(`${long}1`);
  });

  it("opens the console as input, output and error", () => {
    place(0x100, ":tt");
    expect([0, 4, 8].map((mode) => call(SYS.OPEN, BASE + 0x100, mode, 3))).toEqual([1n, 2n, 3n]);
    place(0x200, "text");
    expect([call(SYS.WRITE, 2, BASE + 0x200, 4), call(SYS.WRITE, 3, BASE + 0x200, 2)]).toEqual([0n, 0n]);
    expect(output).toEqual({ text: "text", error: "te" });
    expect(call(SYS.ISTTY, 1)).toBe(1n);
  });

  it("says how much of a transfer is left when it fails, and why", () => {
    place(0x100, ":tt");
    call(SYS.OPEN, BASE + 0x100, 0, 3);
    expect([call(SYS.WRITE, 1, BASE + 0x200, 8), call(SYS.ERRNO)]).toEqual([8n, 9n]);
    expect([call(SYS.WRITE, 9, BASE + 0x200, 8), call(SYS.ERRNO)]).toEqual([-1n, 9n]);
  });

  it("blocks for input that has not come", () => {
    place(0x100, ":tt");
    call(SYS.OPEN, BASE + 0x100, 0, 3);
    expect([call(SYS.READC), call(SYS.READ, 1, BASE + 0x200, 8)]).toEqual(["blocked", "blocked"]);
    input.push(0x61, 0x62, 0x63);
    expect([call(SYS.READC), call(SYS.READ, 1, BASE + 0x200, 8)]).toEqual([0x61n, 6n]);
    expect([...ram.bytes.subarray(0x200, 0x203)]).toEqual([0x62, 0x63, 0]);
  });

  it("ends with the program's status, or 1 for any other reason", () => {
    expect([call(SYS.EXIT, 0x20026, 3), call(SYS.EXIT_EXTENDED, 0x20026, 0), call(SYS.EXIT, 0x20023, 0)]).toEqual(
      Array(3).fill("exited"),
    );
    expect(exits).toEqual([3, 0, 1]);
  });

  it("tells time", () => {
    clock.advance(2_345_000_000);
    expect([call(SYS.CLOCK), call(SYS.TIME), call(SYS.TICKFREQ)]).toEqual([234n, 1002n, 1_000_000_000n]);
    call(SYS.ELAPSED, 0);
    expect(ram.view.getBigUint64(0, true)).toBe(2_345_000_000n);
  });

  it("fails without host files, and for parameters that cannot be read", () => {
    place(0x100, "/etc/passwd");
    expect([call(SYS.OPEN, BASE + 0x100, 0, 11), call(SYS.ERRNO)]).toEqual([-1n, 2n]);
    expect([semihosting.call(SYS.WRITE0, 0n, memory), call(SYS.ERRNO)]).toEqual([-1n, 14n]);
    expect([call(0x99), call(SYS.ERRNO)]).toEqual([-1n, 38n]);
  });
});
