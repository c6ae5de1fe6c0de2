import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeFileSystem } from "../../src/cli/backends/node-file-system.js";
import { NinePServer } from "../../src/devices/virtio/nine-p/server.js";
import { message, u16, u32, u64 } from "./nine-p-client.js";
import { fuzz } from "./support.js";

const SECRET = "what the guest must not see";
const NONE = 0xffffffff;

let folder: string;
let server: NinePServer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trapeze-escape-"));
  mkdirSync(join(folder, "outside"));
  writeFileSync(join(folder, "outside", "secret"), SECRET);
  mkdirSync(join(folder, "root"));
  server = new NinePServer(new NodeFileSystem(join(folder, "root"), { readOnly: false }), () => {});
  send(message(100, u32(65536), "9P2000.L"));
  send(message(104, u32(0), u32(NONE), "root", "", u32(0)));
});

afterEach(() => rmSync(folder, { recursive: true }));

const send = (bytes: Uint8Array) => server.answer(bytes, 8192)!.slice();
const failed = (answer: Uint8Array) => answer[4] === 7;
const text = (answer: Uint8Array) => new TextDecoder().decode(answer);

const walk = (fid: number, to: number, ...names: string[]) =>
  message(110, u32(fid), u32(to), u16(names.length), ...names);
const open = (fid: number, flags = 0) => message(12, u32(fid), u32(flags));
const read = (fid: number) => message(116, u32(fid), u64(0), u32(1000));

describe("9p keeps a writable guest inside its folder", () => {
  it("when a directory is replaced by a symbolic link under a fid", () => {
    expect(failed(send(message(72, u32(0), "a", u32(0o755), u32(0))))).toBe(false);
    send(walk(0, 1, "a"));
    send(message(14, u32(1), "secret", u32(2), u32(0o600), u32(0)));
    send(message(120, u32(1)));
    send(walk(0, 1, "a", "secret"));
    send(walk(0, 2, "a"));
    // Now "a" becomes a link to the folder outside: by removing what was there, not by renaming.
    send(message(76, u32(2), "secret", u32(0)));
    send(message(76, u32(0), "a", u32(0x200)));
    expect(failed(send(message(16, u32(0), "a", "../outside", u32(0))))).toBe(false);
    for (const attempt of [
      open(1),
      message(24, u32(1), u64(0x7ff)),
      message(26, u32(1), u32(8), ...Array(3).fill(u32(0)), ...Array(5).fill(u64(0))),
    ]) {
      expect(failed(send(attempt))).toBe(true);
    }
    expect(failed(send(message(14, u32(2), "planted", u32(2), u32(0o600), u32(0))))).toBe(true);
    expect(readdirSync(join(folder, "outside"))).toEqual(["secret"]);
    expect(statSync(join(folder, "outside", "secret")).size).toBe(SECRET.length);
  });

  it("when the last component is a symbolic link", () => {
    send(message(16, u32(0), "l", "../outside/secret", u32(0)));
    send(walk(0, 1, "l"));
    expect(failed(send(open(1)))).toBe(true);
    const create = message(14, u32(0), "l", u32(2), u32(0o600), u32(0));
    expect(failed(send(create))).toBe(true);
    expect(failed(send(message(26, u32(1), u32(1), u32(0), u32(0), u32(0), ...Array(5).fill(u64(0)))))).toBe(true);
    send(message(26, u32(1), u32(8), u32(0), u32(0), u32(0), ...Array(5).fill(u64(0))));
    expect(readFileSync(join(folder, "outside", "secret"), "utf8")).toBe(SECRET);
    expect(statSync(join(folder, "outside", "secret")).mode & 0o777).not.toBe(0);
  });

  it("whatever it sends", () => {
    // Few names and fids, so that operations meet.
    const odd = fc.constantFrom("..", ".", "outside", "", "a/secret", "../outside", "x\0");
    const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom("a", "secret") }, { weight: 1, arbitrary: odd });
    const fid = fc.oneof(fc.constant(0), fc.nat(3));
    const fresh = fc.integer({ min: 1, max: 3 });
    const target = fc.constantFrom(
      "../outside",
      "../outside",
      "../outside",
      "../outside/secret",
      "..",
      "/",
      "a",
      `${"../".repeat(20)}etc`,
    );
    const clunk = (a: number) => message(120, u32(a));
    const operation = fc.oneof(
      // Some of these are several messages, else little would succeed.
      fc.tuple(fresh, fc.array(name, { maxLength: 2 })).map(([b, names]) => [clunk(b), walk(0, b, ...names)]),
      fc.tuple(fid, fresh, fc.array(name, { maxLength: 2 })).map(([a, b, names]) => [clunk(b), walk(a, b, ...names)]),
      fc
        .tuple(fresh, name)
        .map(([b, n]) => [message(76, u32(b), "secret", u32(0)), message(76, u32(0), n, u32(0x200))]),
      fc.tuple(fid, name).map(([a, n]) => [message(72, u32(a), n, u32(0o755), u32(0))]),
      fc.tuple(fid, name, target).map(([a, n, t]) => [message(16, u32(a), n, t, u32(0))]),
      fid.map((a) => [open(a, 2), read(a), message(118, u32(a), u64(0), u32(3), new TextEncoder().encode("xyz"))]),
      fc.tuple(fid, fid, fc.array(name, { maxLength: 3 })).map(([a, b, names]) => walk(a, b, ...names)),
      fc.tuple(fid, fc.constantFrom(0, 1, 2, 0o1002, 0o200000)).map(([a, flags]) => open(a, flags)),
      fid.map(read),
      fid.map((a) => message(40, u32(a), u64(0), u32(4000))),
      fid.map((a) => message(22, u32(a))),
      fid.map((a) => message(122, u32(a))),
      fc.tuple(fid, name).map(([a, n]) => message(14, u32(a), n, u32(2), u32(0o600), u32(0))),
      fc.tuple(fid, fid, name).map(([a, b, n]) => message(70, u32(a), u32(b), n)),
      fc.tuple(fid, name, fid, name).map(([a, n, b, m]) => message(74, u32(a), n, u32(b), m)),
      fc.tuple(fid, fid, name).map(([a, b, n]) => message(20, u32(a), u32(b), n)),
      fc.tuple(fid, name, fc.constantFrom(0, 0x200)).map(([a, n, flags]) => message(76, u32(a), n, u32(flags))),
      fid.map((a) => message(26, u32(a), u32(9), u32(0o777), u32(0), u32(0), ...Array(5).fill(u64(1)))),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(fc.array(operation, { minLength: 30, maxLength: 60 }), (operations) => {
        for (const bytes of operations.flat()) {
          const answer = server.answer(bytes, 8192);
          if (answer) expect(text(answer)).not.toContain(SECRET);
        }
        rmSync(join(folder, "root"), { recursive: true });
        mkdirSync(join(folder, "root"));
        send(message(100, u32(65536), "9P2000.L"));
        send(message(104, u32(0), u32(NONE), "root", "", u32(0)));
        expect(readdirSync(folder).sort()).toEqual(["outside", "root"]);
        expect(readdirSync(join(folder, "outside"))).toEqual(["secret"]);
        expect(readFileSync(join(folder, "outside", "secret"), "utf8")).toBe(SECRET);
      }),
      fuzz(300),
    );
  });
});

it("9p serves a read-only folder without changing it", () => {
  server = new NinePServer(new NodeFileSystem(join(folder, "outside")), () => {});
  send(message(104, u32(0), u32(NONE), "root", "", u32(0)));
  const erofs = (bytes: Uint8Array) => expect(new DataView(send(bytes).buffer).getUint32(7, true)).toBe(30);
  erofs(message(72, u32(0), "d", u32(0o755), u32(0)));
  erofs(message(76, u32(0), "secret", u32(0)));
  erofs(message(14, u32(0), "n", u32(2), u32(0o600), u32(0)));
  send(walk(0, 1, "secret"));
  erofs(open(1, 1));
  expect(failed(send(open(1)))).toBe(false);
  expect(text(send(read(1)))).toContain(SECRET);
});
