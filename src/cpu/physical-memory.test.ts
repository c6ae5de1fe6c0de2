import { describe, expect, it } from "vitest";
import { type MmioDevice, silentLog } from "../ports/index.js";
import { LinearMemory } from "./linear-memory.js";
import { PhysicalMemory } from "./physical-memory.js";

const host = 64;

function device(name: string, size: number, value: number): MmioDevice & { written: number } {
  const made = {
    name,
    size,
    written: -1,
    read: () => value,
    write: (_offset: number, _size: number, what: number) => void (made.written = what),
  };
  return made;
}

function make() {
  const memory = new LinearMemory(new ArrayBuffer(65536));
  const physical = new PhysicalMemory(memory, silentLog);
  const read = (address: number, secure: boolean) =>
    physical.read(address, 4, host, secure) ? memory.view.getUint32(host, true) : undefined;
  return { memory, physical, read };
}

describe("physical memory", () => {
  it("shows Secure accesses the Secure device of two at one address", () => {
    const { memory, physical, read } = make();
    const all = device("all", 0x1000, 1);
    const secure = device("secure", 0x1000, 2);
    physical.addDevice(0x8000, secure, true);
    physical.addDevice(0x8000, all);
    for (const _ of [0, 1]) {
      expect(read(0x8010, false)).toBe(1);
      expect(read(0x8010, true)).toBe(2);
    }
    memory.view.setUint32(host, 7, true);
    expect(physical.write(0x8000, 4, host, false)).toBe(true);
    expect([all.written, secure.written]).toEqual([7, -1]);
    memory.view.setUint32(host, 8, true);
    expect(physical.write(0x8000, 4, host, true)).toBe(true);
    expect([all.written, secure.written]).toEqual([7, 8]);
  });

  it("shows devices for all to Secure accesses, and Secure ones to no others", () => {
    const { physical, read } = make();
    physical.addDevice(0x1000, device("all", 0x1000, 1));
    physical.addDevice(0x3000, device("secure", 0x1000, 3), true);
    expect(read(0x1000, true)).toBe(1);
    expect(read(0x3000, true)).toBe(3);
    expect(read(0x3000, false)).toBeUndefined();
    expect(physical.exists(0x3000, false)).toBe(false);
    expect(physical.exists(0x3ffc, true)).toBe(true);
    expect(read(0x2000, true)).toBeUndefined();
  });

  it("refuses devices that overlap in one Security state", () => {
    const { physical } = make();
    physical.addDevice(0x1000, device("first", 0x1000, 1), true);
    expect(() => physical.addDevice(0x1800, device("second", 0x1000, 1), true)).toThrow(
      '"second" at 0x1800 overlaps "first" at 0x1000',
    );
    expect(() => physical.addDevice(0x1800, device("third", 0x1000, 1))).not.toThrow();
  });
});
