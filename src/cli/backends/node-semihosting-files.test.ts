import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { nodeSemihostingFiles as files } from "./node-semihosting-files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trapeze-semihosting-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** ISO C's modes in the order of their numbers. */
const mode = (name: string): number =>
  ["r", "rb", "r+", "r+b", "w", "wb", "w+", "w+b", "a", "ab", "a+", "a+b"].indexOf(name);

function readAll(name: string, how: string): string {
  const file = files.open(path(name), mode(how));
  const target = new Uint8Array(64);
  const count = file.read(target);
  file.close();
  return new TextDecoder().decode(target.subarray(0, count));
}

it("opens in each of ISO C's modes", () => {
  for (const how of ["r", "rb", "r+", "r+b"])
    expect(() => files.open(path("none"), mode(how))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  for (const how of ["w", "wb", "w+", "w+b"]) {
    writeFileSync(path("file"), "old text");
    const file = files.open(path("file"), mode(how));
    expect([file.length, file.write(bytes("new")), file.length, file.interactive]).toEqual([0, 3, 3, false]);
    file.close();
    expect(readAll("file", "r")).toBe("new");
  }
  for (const how of ["a", "ab", "a+", "a+b"]) {
    const file = files.open(path("file"), mode(how));
    file.seek(0);
    file.write(bytes("!"));
    file.close();
  }
  expect(readAll("file", "rb")).toBe("new!!!!");
});

it("refuses what the mode doesn't allow", () => {
  writeFileSync(path("file"), "text");
  const reading = files.open(path("file"), mode("r"));
  expect(() => reading.write(bytes("x"))).toThrow(expect.objectContaining({ code: "EBADF" }));
  reading.close();
  const writing = files.open(path("file"), mode("a"));
  expect(() => writing.read(new Uint8Array(1))).toThrow(expect.objectContaining({ code: "EBADF" }));
  writing.close();
});

it("reads and writes where it was sought to, past the end too", () => {
  writeFileSync(path("file"), "0123456789");
  const file = files.open(path("file"), mode("r+"));
  const target = new Uint8Array(4);
  file.seek(8);
  expect(file.read(target)).toBe(2);
  expect(file.read(target)).toBe(0);
  file.seek(2);
  file.write(bytes("ab"));
  expect(file.read(target)).toBe(4);
  expect(new TextDecoder().decode(target)).toBe("4567");
  file.seek(12);
  file.write(bytes("z"));
  file.close();
  expect(readFileSync(path("file"), "latin1")).toBe("01ab456789\0\0z");
});

it("removes and renames files, and removes empty folders", () => {
  writeFileSync(path("one"), "1");
  files.rename(path("one"), path("two"));
  expect(readAll("two", "r")).toBe("1");
  files.remove(path("two"));
  expect(() => files.remove(path("two"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  mkdirSync(path("folder"));
  files.remove(path("folder"));
  expect(() => files.rename(path("folder"), path("x"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
});
