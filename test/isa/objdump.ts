import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const objdump = "aarch64-linux-gnu-objdump";

/** Where objdump is told that the words lie: far enough up that no branch wraps around. */
export const baseAddress = 0x4000_0000n;

/** Whether objdump for AArch64 is installed. */
export function haveObjdump(): boolean {
  try {
    execFileSync(objdump, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** objdump's text of each word: mnemonic, tab, operands, without comments and symbols. */
export function objdumpText(words: readonly number[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), "trapeze-objdump-"));
  try {
    const path = join(directory, "words.bin");
    writeFileSync(path, new Uint8Array(Uint32Array.from(words).buffer));
    const options = ["-D", "-z", "-b", "binary", "-m", "aarch64", "-M", "no-notes", `--adjust-vma=${baseAddress}`];
    const output = execFileSync(objdump, [...options, path], { encoding: "latin1", maxBuffer: 1 << 30 });
    const lines = output.split("\n").filter((line) => /^\s*[0-9a-f]+:\t/.test(line));
    if (lines.length !== words.length) throw new Error(`objdump gave ${lines.length} lines for ${words.length} words`);
    return lines.map((line) =>
      line
        .slice(line.indexOf("\t", line.indexOf("\t") + 1) + 1)
        .replace(/\s*\/\/ .*$/, "")
        .replace(/ <[^>]*>$/, "")
        .trimEnd(),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Whether objdump says that the word is no instruction. */
export function isUndefined(text: string): boolean {
  return text.startsWith(".inst\t") && text.endsWith("; undefined");
}
