import { describe, expect, it } from "vitest";
import { runTool } from "../../test/support/tools.js";
import { hashState } from "./state-hash.js";

const parts = [
  { name: "a", bytes: Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 3) },
  { name: "b", bytes: new Uint8Array(0) },
];

describe("the state hash", () => {
  it("depends on every byte, on lengths and on names", async () => {
    const changed = parts[0]!.bytes.slice();
    changed[99_999]! ^= 1;
    const hashes = await Promise.all([
      hashState(parts),
      hashState([{ name: "a", bytes: changed }, parts[1]!]),
      hashState([parts[0]!]),
      hashState([parts[0]!, { name: "c", bytes: parts[1]!.bytes }]),
    ]);
    expect(new Set(hashes).size).toBe(4);
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(await hashState(parts)).toBe(hashes[0]);
  });

  it("is XXH64 of the parts laid end to end", async () => {
    const bytes = Buffer.concat(
      parts.flatMap((part) => {
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(part.bytes.length));
        return [Buffer.from(`${part.name}\0`), length, part.bytes];
      }),
    );
    expect(runTool("xxhsum", ["-H64", "-"], bytes).toString()).toContain(await hashState(parts));
  });
});
