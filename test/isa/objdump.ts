import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTool, withDirectory } from "../support/tools.js";

export const objdump = "aarch64-linux-gnu-objdump";

/** Where objdump is told that the words lie: far enough up that no branch wraps around. */
export const baseAddress = 0x4000_0000n;

/** objdump's text of each word: mnemonic, tab, operands, without comments and symbols. */
export function objdumpText(words: readonly number[]): string[] {
  const output = withDirectory((directory) => {
    const path = join(directory, "words.bin");
    writeFileSync(path, new Uint8Array(Uint32Array.from(words).buffer));
    const options = ["-D", "-z", "-b", "binary", "-m", "aarch64", "-M", "no-notes", `--adjust-vma=${baseAddress}`];
    return runTool(objdump, [...options, path]).toString("latin1");
  });
  const lines = output.split("\n").filter((line) => /^\s*[0-9a-f]+:\t/.test(line));
  if (lines.length !== words.length) throw new Error(`objdump gave ${lines.length} lines for ${words.length} words`);
  return lines.map((line) =>
    line
      .slice(line.indexOf("\t", line.indexOf("\t") + 1) + 1)
      .replace(/\s*\/\/ .*$/, "")
      .replace(/ <[^>]*>$/, "")
      .trimEnd(),
  );
}

/** Whether the text says that the word is no instruction. */
export function isUndefined(text: string): boolean {
  return text.startsWith(".inst\t");
}
