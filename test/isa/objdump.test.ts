import { describe, expect, test } from "vitest";
import { a64 } from "../../src/isa/a64.js";
import { compare, newComparison, sample } from "./compare.js";

/** Words to compare: `ISA_WORDS=10000000 npx vitest run test/isa` for a longer run. */
const total = Number(process.env["ISA_WORDS"] ?? 300_000);
const batch = 300_000;

describe("disassembly", () => {
  test("agrees with objdump all over the 32-bit space", { timeout: 60_000 + total / 5 }, () => {
    const table = a64();
    const result = newComparison();
    for (let done = 0, seed = 1; done < total; done += batch, seed++)
      compare(table, sample(table, seed * 0x9e3779b9, Math.min(batch, total - done)), result);
    const list = [...result.unexplained].map(([name, { count, first }]) => `${count} ${name}: ${first}`);
    expect(list).toEqual([]);
    expect(result.words).toBe(total);
    expect(result.equal).toBeGreaterThan(total / 2);
  });

  test("agrees with objdump on every system register and system instruction", () => {
    const table = a64();
    const result = newComparison();
    const words: number[] = [];
    for (let i = 0; i < 1 << 15; i++) words.push((0xd5300000 | (i << 5) | 3) >>> 0, (0xd5100000 | (i << 5) | 3) >>> 0);
    for (let i = 0; i < 1 << 14; i++)
      words.push((0xd5080000 | (i << 5) | 3) >>> 0, (0xd508001f | (i << 5)) >>> 0, (0xd5280000 | (i << 5) | 3) >>> 0);
    compare(table, words, result);
    const list = [...result.unexplained].map(([name, { count, first }]) => `${count} ${name}: ${first}`);
    expect(list).toEqual([]);
  });
});
