import type { InstructionTable } from "../../src/isa/table.js";
import type { Core } from "./cores.js";
import { acceptedDeparture } from "./departures.js";
import type { Executor } from "./executor.js";
import { Generator } from "./generator.js";
import { type Case, codeSlots, emptyState, hex } from "./machine-state.js";
import { disagreements, shrink } from "./shrink.js";

export interface CampaignOptions {
  readonly table: InstructionTable;
  readonly core: Core;
  readonly seed: number;
  readonly count: number;
  /** Number of the first case. */
  readonly first?: number;
  readonly filter?: RegExp;
  readonly length?: number;
  /** Failures after which to stop. */
  readonly limit?: number;
  readonly onProgress?: (done: number) => void;
}

export interface CampaignReport {
  readonly cases: number;
  readonly instructions: number;
  /** How often each definition was in a case. */
  readonly uses: ReadonlyMap<string, number>;
  /** Failures as text, shrunk and reproducible. */
  readonly failures: readonly string[];
}

/** Runs cases of a seed on two executors and reports where they end differently. */
export function runCampaign(a: Executor, b: Executor, options: CampaignOptions): CampaignReport {
  const { table, core, seed, count } = options;
  const generator = new Generator(table, core, options);
  const uses = new Map<string, number>(generator.definitions.map((d) => [d.name, 0]));
  const failures: string[] = [];
  const first = options.first ?? 0;
  const accepted = (c: Case): boolean => acceptedDeparture(table, c);
  let cases = 0;
  let instructions = 0;
  while (cases < count && failures.length < (options.limit ?? 3)) {
    const n = Math.min(codeSlots, count - cases);
    const start = first + cases;
    const batch = Array.from({ length: n }, (_, i) => generator.case(seed, start + i));
    for (const c of batch) {
      instructions += c.code.length;
      for (const word of c.code) {
        const { name } = table.find(word | 0)!;
        uses.set(name, uses.get(name)! + 1);
      }
    }
    for (const { index } of disagreements(batch, a, b, accepted)) {
      const small = shrink(batch[index]!, a, b, accepted);
      const [found] = disagreements([small], a, b);
      failures.push(
        `seed ${seed}, case ${start + index}, ${core.name}: ${a.name} / ${b.name}\n${describe(table, small)}` +
          (found?.differences ?? ["(does not fail when shrunk)"]).map((d) => `  ${d}\n`).join(""),
      );
      if (failures.length >= (options.limit ?? 3)) break;
    }
    cases += n;
    options.onProgress?.(cases);
  }
  return { cases, instructions, uses, failures };
}

/** A case in words: its instructions, and the state that isn't zero. */
export function describe(table: InstructionTable, c: Case): string {
  const zero = emptyState();
  const lines = c.code.map((word, i) => {
    const text = table.disassemble(word | 0, c.state.pc + BigInt(4 * i)).replace("\t", " ");
    return `  ${word.toString(16).padStart(8, "0")}  ${text}   [${table.find(word | 0)?.name}]`;
  });
  const state: string[] = [];
  for (let i = 0; i < 32; i++) {
    if (c.state.x[i] !== zero.x[i]) state.push(`${i === 31 ? "sp" : `x${i}`}=${hex(c.state.x[i]!)}`);
  }
  for (let i = 0; i < 32; i++) {
    const value = (c.state.v[2 * i + 1]! << 64n) | c.state.v[2 * i]!;
    if (value !== 0n) state.push(`v${i}=${hex(value)}`);
  }
  state.push(`nzcv=${c.state.nzcv} fpcr=${hex(c.state.fpcr)} fpsr=${hex(c.state.fpsr)}`);
  return `${lines.join("\n")}\n  ${state.join(" ")}\n`;
}
