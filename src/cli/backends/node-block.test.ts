import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { NodeBlockBackend } from "./node-block.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trapeze-block-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const image = (contents: Uint8Array) => {
  const path = join(folder, "disk.img");
  writeFileSync(path, contents);
  return path;
};

it("writes through to the file", () => {
  const path = image(new Uint8Array(2048).fill(1));
  const disk = new NodeBlockBackend(path);
  disk.write(512, new Uint8Array(512).fill(2));
  disk.flush();
  const sector = new Uint8Array(1024);
  disk.read(256, sector);
  expect([disk.size, sector[255], sector[256], sector[767], sector[768]]).toEqual([2048, 1, 2, 2, 1]);
  expect(readFileSync(path)[512]).toBe(2);
  disk.close();
});

it("refuses writes to a read-only image", () => {
  const disk = new NodeBlockBackend(image(new Uint8Array(512)), { readOnly: true });
  expect(() => disk.write(0, new Uint8Array(512))).toThrow("read-only");
  disk.flush();
  disk.close();
});

it("says what is wrong with an image", () => {
  expect(() => new NodeBlockBackend(join(folder, "missing"))).toThrow(
    /^cannot open the disk image .*: there is no such file$/,
  );
  expect(() => new NodeBlockBackend(folder)).toThrow(/it is a directory|is not a regular file/);
  expect(() => new NodeBlockBackend(image(new Uint8Array(0)))).toThrow("is empty");
  expect(() => new NodeBlockBackend(image(new Uint8Array(700)))).toThrow(
    "has 700 bytes, which is not a multiple of 512",
  );
});

it("notices an image that is cut short while open", () => {
  const path = image(new Uint8Array(4096));
  const disk = new NodeBlockBackend(path);
  truncateSync(path, 512);
  expect(() => disk.read(1024, new Uint8Array(512))).toThrow("has become shorter than 4096 bytes");
  disk.close();
});
