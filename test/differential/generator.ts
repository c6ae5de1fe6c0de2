import type { Definition } from "../../src/isa/definition.js";
import { assemble, type Field } from "../../src/isa/pattern.js";
import type { InstructionTable } from "../../src/isa/table.js";
import type { Instruction } from "../../src/isa/template.js";
import type { Core } from "./cores.js";
import { type Case, codeSlot, dataAddress, dataBytes, emptyState } from "./machine-state.js";
import { Random } from "./random.js";
import { interestingFpcr, interestingFpsr, interestingInteger, interestingVector } from "./values.js";

export interface GeneratorOptions {
  /** Only instructions whose name or group this finds. */
  readonly filter?: RegExp;
  /** Instructions in a sequence, at most. */
  readonly length?: number;
}

/** Makes cases of a table's instructions. Case number `index` of a seed is always the same for the same table. */
export class Generator {
  /** What it draws from. */
  readonly definitions: readonly Definition[];
  private readonly length: number;

  constructor(
    private readonly table: InstructionTable,
    private readonly core: Core,
    options: GeneratorOptions = {},
  ) {
    const { filter } = options;
    this.length = options.length ?? 12;
    this.definitions = table.definitions.filter(
      (d) =>
        d.execute !== undefined &&
        (d.feature === undefined || core.features.has(d.feature)) &&
        (filter === undefined || filter.test(d.name) || filter.test(d.group)),
    );
    if (this.definitions.length === 0) throw new Error("no instruction passes the filter");
  }

  case(seed: number, index: number): Case {
    const random = new Random(seed, index);
    const state = emptyState();
    state.pc = codeSlot(index);
    const length = 1 + random.below(this.length);
    const plan = new Plan(random, length);
    for (let i = 0; i < 31; i++) state.x[i] = interestingInteger(random, random.pick([32, 64, 64]));
    for (const r of plan.pointers) {
      const offset = dataBytes / 2 + (random.below(512) - 256) * (r === 31 || random.oneIn(2) ? 16 : 1);
      state.x[r] = BigInt(dataAddress + (Math.min(Math.max(offset, 1024), 3072) & (r === 31 ? ~15 : -1)));
    }
    for (const r of plan.indices)
      state.x[r] = BigInt.asUintN(64, BigInt(random.below(64) - (random.oneIn(2) ? 32 : 0)));
    if (plan.codePointer !== undefined) state.x[plan.codePointer] = state.pc + BigInt(4 * plan.codeTarget);
    const centre = random.word() / 2 ** 32;
    for (let i = 0; i < 32; i++) {
      const v = interestingVector(random, centre);
      state.v[2 * i] = BigInt.asUintN(64, v);
      state.v[2 * i + 1] = v >> 64n;
    }
    state.nzcv = random.below(16);
    state.fpcr = interestingFpcr(random, this.core.features.has("FEAT_FP16"));
    state.fpsr = interestingFpsr(random);
    for (let i = 0; i < dataBytes; i += 16) {
      const v = interestingVector(random, centre);
      for (let k = 0; k < 16; k++) state.data[i + k] = Number((v >> BigInt(8 * k)) & 0xffn);
    }
    const code: number[] = [];
    while (code.length < length) {
      plan.address = Number(state.pc) + 4 * code.length;
      code.push(this.instruction(random, plan, code.length));
    }
    return { state, code };
  }

  private instruction(random: Random, plan: Plan, position: number): number {
    for (;;) {
      const d = random.pick(this.definitions);
      for (let attempt = 0; attempt < 20; attempt++) {
        const word = this.tryDefinition(d, random, plan, position);
        if (word !== undefined) return word;
      }
    }
  }

  private tryDefinition(d: Definition, random: Random, plan: Plan, position: number): number | undefined {
    const fields: { [name: string]: number } = {};
    for (const f of d.pattern.fields) fields[f.name] = fieldValue(random, f);
    const ignored = ~d.pattern.fields.reduce((m, f) => m | (((2 ** f.width - 1) | 0) << f.low), d.pattern.mask);
    const noise = random.oneIn(2) ? random.word() & ignored : 0;
    const decode = (): Instruction | undefined =>
      this.table.decode(assemble(d.pattern, fields) | noise | 0, this.core.features);
    const first = decode()?.template;
    // The word may be another instruction's: an exclusion held.
    if (first?.definition !== d || first.usesEnvironment) return undefined;
    if (first.accessesMemory && !plan.aim(fields, random)) return undefined;
    if (first.branch !== undefined && !plan.aimBranch(fields, random, position, first.branch.kind)) return undefined;
    const instruction = decode();
    if (instruction?.template.definition !== d) return undefined;
    plan.follow(instruction, fields);
    return instruction.word >>> 0;
  }
}

function fieldValue(random: Random, f: Field): number {
  const all = 2 ** f.width;
  if (f.width > 2 && random.oneIn(8)) return random.oneIn(2) ? 0 : all - 1;
  // Few registers, so that instructions of a sequence use each other's results.
  if (/^R[adnmst]2?$/.test(f.name) && random.oneIn(2)) return random.below(8);
  return random.below(all);
}

/** Which registers hold what while a sequence is made: data pointers, small numbers, the address of an instruction. */
class Plan {
  readonly pointers: Set<number>;
  readonly indices: Set<number>;
  readonly codePointer: number | undefined;
  readonly codeTarget: number;
  private codePointerValid: boolean;
  /** Address of the instruction being made. */
  address = 0;

  constructor(
    random: Random,
    readonly length: number,
  ) {
    const order = Array.from({ length: 31 }, (_, i) => i);
    for (let i = 30; i > 0; i--) {
      const k = random.below(i + 1);
      [order[i], order[k]] = [order[k]!, order[i]!];
    }
    this.pointers = new Set([...order.slice(0, 8), 31]);
    this.indices = new Set(order.slice(8, 12));
    this.codePointer = order[12];
    this.codeTarget = 1 + random.below(length);
    this.codePointerValid = true;
  }

  /** Makes a memory access hit the buffer; false when it cannot. */
  aim(fields: { [name: string]: number }, random: Random): boolean {
    if (fields.Rn === undefined) return this.aimLiteral(fields, random);
    if (this.pointers.size === 0) return false;
    fields.Rn = random.pick([...this.pointers]);
    // SP stays aligned: QEMU doesn't check it for user programs.
    if (fields.Rn === 31) {
      if (fields.Rm !== undefined) return false;
      if (fields.imm9 !== undefined) fields.imm9 &= ~15;
      if (fields.imm7 !== undefined) fields.imm7 &= ~3;
    }
    if (fields.Rm !== undefined && this.indices.size > 0) fields.Rm = random.pick([...this.indices]);
    if (fields.imm12 !== undefined) fields.imm12 = random.below(16);
    if (fields.imm9 !== undefined) fields.imm9 &= 0x13f;
    return true;
  }

  /** Load literal: the data lie this far from the code, give or take the case's slot. */
  private aimLiteral(fields: { [name: string]: number }, random: Random): boolean {
    if (fields.imm19 === undefined) return false;
    fields.imm19 = (dataAddress + 8 * random.below(500) - this.address) >> 2;
    return true;
  }
  /** Makes a branch go forward, inside the sequence or to its end; false when it cannot. */
  aimBranch(
    fields: { [name: string]: number },
    random: Random,
    position: number,
    kind: "branch" | "branchTo",
  ): boolean {
    if (kind === "branchTo") {
      if (fields.Rn === undefined || !this.codePointerValid || position >= this.codeTarget) return false;
      fields.Rn = this.codePointer!;
      return true;
    }
    const name = ["imm14", "imm19", "imm26"].find((k) => fields[k] !== undefined);
    if (name === undefined) return false;
    fields[name] = 1 + random.below(this.length - position);
    return true;
  }

  /** Notes which registers no longer hold what they did. */
  follow(instruction: Instruction, fields: { readonly [name: string]: number }): void {
    const { template, values } = instruction;
    for (const operand of template.xWrites) {
      const register = Number(values[operand]);
      const writeBack =
        template.accessesMemory && register === fields.Rn && ![fields.Rt, fields.Rt2, fields.Rs].includes(register);
      if (!writeBack) this.pointers.delete(register);
      this.indices.delete(register);
      if (register === this.codePointer) this.codePointerValid = false;
    }
  }
}
