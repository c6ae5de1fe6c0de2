/**
 * Finds which instruction templates execute most often and writes src/interpreter/hot-words.ts, which the interpreter's main
 * switch handles, and warm-words.ts, which it compiles together. Samples the interpreter's pc in boots of Debian's kernel and in the benchmark kernels.
 *
 * npx tsx scripts/profile-hot-words.ts [COUNT]: run `trapeze get debian` and `make -C guest kernels` before.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { a64 } from "../src/isa/a64.js";
import type { Instruction, Template } from "../src/isa/template.js";
import { Machine } from "../src/index.js";

/** Instructions between samples: prime, so that loops don't hide behind it. */
const interval = 4999;

const counts = new Map<Template, { weight: number; word: number }>();

// What the machines decode they execute, if only once: samples don't see all of it.
const table = a64();
const decode = table.decode.bind(table);
table.decode = (word, features) => {
  const instruction = decode(word, features);
  count(instruction, word, 0);
  return instruction;
};

function note(word: number, weight: number): void {
  count(decode(word), word, weight);
}

function count(instruction: Instruction | undefined, word: number, weight: number): void {
  if (instruction === undefined) return;
  const known = counts.get(instruction.template);
  if (known === undefined) counts.set(instruction.template, { weight, word: word >>> 0 });
  else known.weight += weight;
}

async function profile(
  name: string,
  options: Parameters<typeof Machine.create>[0],
  limit: number,
  weight: number,
): Promise<void> {
  const machine = await Machine.create({ ...options, jit: false });
  const words: number[] = [];
  while (machine.instructions < limit) {
    const end = machine.runSlice(interval);
    const bytes = machine.readVirtual(0, machine.readRegister(0, "PC"), 4);
    if (bytes !== undefined) words.push(new DataView(bytes.buffer).getUint32(0, true));
    if (end !== "waiting" && end.kind !== "limit") break;
  }
  for (const word of words) note(word, weight / words.length);
  console.log(`${name}: ${words.length} samples`);
}

const debian = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "trapeze", "debian");
const kernels = new URL("../guest/build/kernels/", import.meta.url).pathname;
if (!existsSync(join(debian, "Image")) || !existsSync(kernels)) {
  console.error("run `npx trapeze get debian` and `make -C guest kernels` first");
  process.exit(1);
}
await profile(
  "debian",
  {
    memory: 512 * 2 ** 20,
    kernel: readFileSync(join(debian, "Image")),
    initrd: readFileSync(join(debian, "initramfs.cpio.gz")),
    commandLine: "trapeze.autotest",
  },
  1_400_000_000,
  6,
);
for (const file of readdirSync(kernels).filter((f) => f.endsWith(".elf"))) {
  const kernel = readFileSync(join(kernels, file));
  await profile(file, { kernel, commandLine: "iterations=1000000" }, 30_000_000, 0.2);
}
const ranked = [...counts.values()].sort((a, b) => b.weight - a.weight);
const chosen = ranked.slice(0, Number(process.argv[2] ?? 220));
const total = [...counts.values()].reduce((sum, c) => sum + c.weight, 0);
const covered = chosen.reduce((sum, c) => sum + c.weight, 0);
const rest = ranked.slice(chosen.length);
write(
  "hot-words",
  "hotWords",
  `One instruction word for each template that the interpreter's main switch handles: those that execute most often in
 * boots of Debian's kernel and in compiled C code, most often first. Made by scripts/profile-hot-words.ts.`,
  chosen,
);
write(
  "warm-words",
  "warmWords",
  `One instruction word for each further template that was seen in boots of Debian's kernel and in compiled C code, most
 * often first: a guest that uses some of them uses most. Made by scripts/profile-hot-words.ts.`,
  rest,
);
console.log(`${chosen.length} of ${counts.size} templates, ${((100 * covered) / total).toFixed(2)} % of executions`);

function write(file: string, name: string, comment: string, list: readonly { readonly word: number }[]): void {
  const lines: string[] = [];
  for (let i = 0; i < list.length; i += 8) {
    const row = list.slice(i, i + 8).map((c) => `0x${c.word.toString(16).padStart(8, "0")}`);
    lines.push(`  ${row.join(", ")},`);
  }
  writeFileSync(
    new URL(`../src/interpreter/${file}.ts`, import.meta.url),
    `/**\n * ${comment}\n */\nexport const ${name}: readonly number[] = [\n${lines.join("\n")}\n];\n`,
  );
}
