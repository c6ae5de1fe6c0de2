import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runTool, withDirectory } from "../../../test/support/tools.js";
import { cryptoInstructions } from "../crypto/index.js";
import { InstructionTable } from "../table.js";
import { simdInstructions } from "./index.js";

const groups = [...simdInstructions, ...cryptoInstructions];

/** xorshift32. */
function random(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const samples = Number(process.env["SIMD_SAMPLES"] ?? 1000);

describe("Advanced SIMD and crypto text", () => {
  const table = new InstructionTable(groups);
  for (const group of groups) {
    test(group[0]!.group, () => {
      const words: number[] = [];
      const next = random(0x9e3779b9);
      for (const d of group) {
        for (let i = 0; i < samples; i++) {
          const word = (d.pattern.value | (next() & ~d.pattern.mask)) >>> 0;
          if (table.find(word) === d) words.push(word);
        }
      }
      const differences: string[] = [];
      const texts = objdump(words);
      expect(texts.length).toBe(words.length);
      texts.forEach((text, i) => {
        const ours = table.disassemble(words[i]!, BigInt(i * 4));
        if (ours !== text) differences.push(`${words[i]!.toString(16).padStart(8, "0")} ${ours} | ${text}`);
      });
      expect(differences.slice(0, 20)).toEqual([]);
    });
  }
});

function objdump(words: readonly number[]): string[] {
  return withDirectory((directory) => {
    const file = join(directory, "words.bin");
    writeFileSync(file, Uint32Array.from(words));
    const args = ["-D", "-z", "-b", "binary", "-m", "aarch64", "-M", "no-notes", file];
    return runTool("aarch64-linux-gnu-objdump", args)
      .toString()
      .split("\n")
      .flatMap((line) => {
        const match = /^\s*[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/.exec(line);
        return match ? [match[1]!.replace(/\s*\/\/.*$/, "").replace(/ <.*>$/, "")] : [];
      });
  });
}
