/** Code that is compiled ahead between runs of the command. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "trapeze-library-"));
const image = "guest/images/nanovisor.image";
const bundle = "guest/images/hyplets-classic.bundle";
const machine = ["-M", "virt,gic-version=3,virtualization=on", "-m", "256", "-kernel", image, "-initrd", bundle];
const guest = ["run", ...machine, "-nographic", "--stats", "--state-hash", "--max-instructions", "30000000"];

function trapeze(words: readonly string[], cache = folder): { output: string; fromLibrary: number; hash: string } {
  const env = { ...process.env, XDG_CACHE_HOME: cache, TRAPEZE_CODE_LIBRARY: "" };
  const { stdout, stderr, status } = spawnSync("node", ["bin/trapeze.js", ...words], {
    encoding: "utf8",
    env,
    input: "",
  });
  expect([0, 2]).toContain(status);
  const fromLibrary = Number(/"fromLibrary": (\d+)/.exec(stderr)?.[1] ?? Number.NaN);
  return { output: stdout, fromLibrary, hash: /state hash (\w+)/.exec(stderr)?.[1] ?? "" };
}

function volumes(cache = folder): string[] {
  return readdirSync(cache, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".volume"))
    .map((name) => join(cache, name));
}

let first: ReturnType<typeof trapeze>;

beforeAll(async () => {
  first = trapeze(guest);
  // The run has started a process that compiles; another one compiles only what that one hasn't.
  const deadline = performance.now() + 50_000;
  while (volumes().length === 0) {
    if (performance.now() > deadline) throw new Error("nothing was compiled ahead");
    trapeze(["code-library", "build"]);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

it("is used by the next run, which ends as the first one", () => {
  expect(first.fromLibrary).toBe(0);
  const second = trapeze(guest);
  expect(second.fromLibrary).toBeGreaterThan(50);
  expect(second).toEqual({ ...first, fromLibrary: second.fromLibrary });
  expect(trapeze([...guest, "--no-code-library"])).toEqual(first);
});

it("doesn't matter when it is damaged", () => {
  for (const [what, damage] of [
    ["cut short", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 100)],
    ["changed in the description", (bytes: Uint8Array) => bytes.with(100, bytes[100]! ^ 1)],
    ["changed in the code", (bytes: Uint8Array) => bytes.with(bytes.length - 100, bytes[bytes.length - 100]! ^ 1)],
    ["empty", () => new Uint8Array(0)],
  ] as const) {
    const copy = mkdtempSync(join(tmpdir(), "trapeze-library-"));
    cpSync(folder, copy, { recursive: true });
    for (const path of volumes(copy)) writeFileSync(path, damage(readFileSync(path)));
    expect({ what, ...trapeze([...guest], copy) }).toEqual({ what, ...first });
    rmSync(copy, { recursive: true });
  }
}, 60_000);

it("isn't kept from working by a profile that can't be read", () => {
  const broken = join(volumes()[0]!, "..", "1-1.profile");
  writeFileSync(broken, "no profile");
  expect(trapeze(["code-library", "build"]).output).toContain("1-1.profile: passed over");
  expect(trapeze(["code-library", "build"]).output).toBe("");
});

it("is shown and cleared, and nothing else beside it", () => {
  mkdirSync(join(folder, "trapeze/library/mine"));
  expect(trapeze(["code-library"]).output).toMatch(/^ +\d+\.\d MiB {2}\S+cortex-a57\n$/);
  trapeze(["code-library", "clear"]);
  expect(volumes()).toEqual([]);
  expect(readdirSync(join(folder, "trapeze/library"))).toEqual(["mine"]);
});
