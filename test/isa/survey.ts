import { parseArgs } from "node:util";
import { a64 } from "../../src/isa/a64.js";
import { compare, newComparison, sample } from "./compare.js";

const { values } = parseArgs({
  options: { words: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const table = a64();
const result = newComparison();
const total = Number(values.words);
const batch = 300_000;
for (let done = 0, i = 0; done < total; done += batch, i++)
  compare(table, sample(table, (Number(values.seed) * 1009 + i) * 0x9e3779b9, Math.min(batch, total - done)), result);
const line = (count: number, text: string): void => console.log(`${String(count).padStart(10)}  ${text}`);
line(result.words, "words");
line(result.equal, "instructions with the same text");
line(result.undefined, "undefined to both");
for (const [reason, count] of result.explained) line(count, reason);
for (const [name, { count, first }] of result.unexplained) line(count, `UNEXPLAINED ${name}: ${first}`);
process.exitCode = result.unexplained.size > 0 ? 1 : 0;
