import { reveal, slotSink, slotSp, slotZero } from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import type { Block, ControlFlow } from "./control-flow.js";
import { FlagsAt, type FlagsState, flagsAt, meetFlags } from "./fusion.js";

/** What a region as a whole does, and what holds at the start of each block. Register sets are bit masks. */
export interface RegionFacts {
  /** X registers (31 is SP) and V registers that are read or written: they have locals. */
  readonly x: number;
  readonly v: number;
  readonly xWritten: number;
  readonly vWritten: number;
  readonly flagsWritten: boolean;
  /** Kinds of pending flags that occur. */
  readonly flagKinds: ReadonlySet<FlagsAt>;
  readonly flagsIn: ReadonlyMap<Block, FlagsState>;
  /** Whether SP is surely a multiple of 16. */
  readonly spAlignedIn: ReadonlyMap<Block, boolean>;
  /** Registers whose local may differ from PE state. */
  readonly dirtyIn: ReadonlyMap<Block, { readonly x: number; readonly v: number }>;
  readonly memory: boolean;
  readonly simd: boolean;
  /** Uses SP as a base. */
  readonly stack: boolean;
}

interface Effects {
  x: number;
  v: number;
  xWritten: number;
  vWritten: number;
}

function instructionEffects(i: Instruction): Effects {
  const t = i.template;
  let x = 0;
  let xWritten = 0;
  for (const operand of t.xReads) {
    const slot = Number(i.values[operand]);
    if (slot !== slotZero && slot !== slotSink) x |= 1 << slot;
  }
  for (const operand of t.xWrites) {
    const slot = Number(i.values[operand]);
    if (slot !== slotSink) xWritten |= 1 << slot;
  }
  let v = 0;
  let vWritten = 0;
  for (const { operand, plus } of t.vReads) v |= 1 << ((Number(i.values[operand]) + plus) & 31);
  for (const { operand, plus } of t.vWrites) vWritten |= 1 << ((Number(i.values[operand]) + plus) & 31);
  return { x: x | xWritten, v: v | vWritten, xWritten, vWritten };
}

/** Statements that touch something, found anywhere in a template's body. */
function contains(i: Instruction, kind: string): boolean {
  const visit = (list: readonly { readonly kind: string }[]): boolean =>
    list.some((s) => {
      if (s.kind === kind) return true;
      const nested = s as {
        taken?: readonly { kind: string }[];
        otherwise?: readonly { kind: string }[];
        body?: readonly { kind: string }[];
      };
      return visit(nested.taken ?? []) || visit(nested.otherwise ?? []) || visit(nested.body ?? []);
    });
  return visit(i.template.body);
}

/** Whether flags are set inside an arm of an `if` or a loop. */
export function hasArms(i: Instruction): boolean {
  return i.template.body.some((s) => {
    if (s.kind !== "if" && s.kind !== "while") return false;
    const arms = s.kind === "if" ? [...s.taken, ...s.otherwise] : s.body;
    return arms.some((a) => a.kind === "flags" || a.kind === "nzcv" || a.kind === "if" || a.kind === "while");
  });
}

/** The flags after an instruction, given them before. */
function flagsAfter(i: Instruction, before: FlagsState): FlagsState {
  let state = before;
  // What emission does must agree: the machine may change flags, and flags set in one arm only are put into PE state.
  if (i.template.usesEnvironment || (i.template.writesFlags && hasArms(i))) return FlagsAt.memory;
  for (const s of i.template.body) {
    if (s.kind === "nzcv") state = FlagsAt.memory;
    else if (s.kind === "flags") state = flagsAt(s.how, s.width);
  }
  return state;
}

/** Analyses a region. */
export function regionFacts(flow: ControlFlow): RegionFacts {
  const total: Effects = { x: 0, v: 0, xWritten: 0, vWritten: 0 };
  const perBlock = new Map<Block, Effects>();
  let memory = false;
  let simd = false;
  let stack = false;
  let flagsWritten = false;
  const flagKinds = new Set<FlagsAt>();
  for (const b of flow.blocks) {
    const e: Effects = { x: 0, v: 0, xWritten: 0, vWritten: 0 };
    for (const i of b.instructions) {
      const one = instructionEffects(i);
      e.x |= one.x;
      e.v |= one.v;
      e.xWritten |= one.xWritten;
      e.vWritten |= one.vWritten;
      memory ||= i.template.accessesMemory;
      simd ||= i.template.definition.simd;
      if (contains(i, "checkStackAlignment")) {
        stack = true;
        e.x |= 1 << slotSp;
      }
      flagsWritten ||= i.template.writesFlags;
      for (const s of i.template.body) if (s.kind === "flags") flagKinds.add(flagsAt(s.how, s.width));
    }
    perBlock.set(b, e);
    total.x |= e.x;
    total.v |= e.v;
    total.xWritten |= e.xWritten;
    total.vWritten |= e.vWritten;
  }
  return {
    ...total,
    memory,
    simd,
    stack,
    flagsWritten,
    flagKinds,
    flagsIn: flagsDataflow(flow),
    spAlignedIn: stackDataflow(flow, stack),
    dirtyIn: dirtyDataflow(flow, perBlock),
  };
}

function flagsDataflow(flow: ControlFlow): Map<Block, FlagsState> {
  const entry = flow.blocks[0]!;
  const result = new Map<Block, FlagsState>([[entry, FlagsAt.memory]]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of flow.blocks) {
      const before = result.get(b);
      if (before === undefined) continue;
      let state: FlagsState = before;
      for (const i of b.instructions) state = flagsAfter(i, state);
      if (b.terminator.kind === "call") state = FlagsAt.memory;
      for (const s of b.successors) {
        const known = result.get(s);
        const next = known === undefined ? state : meetFlags(known, state);
        if (next !== known) {
          result.set(s, next);
          changed = true;
        }
      }
    }
  }
  return result;
}

/** The entry checks SP; a write to it other than by a multiple of 16 loses that, and so does a call. */
function stackDataflow(flow: ControlFlow, checked: boolean): Map<Block, boolean> {
  const result = new Map<Block, boolean>();
  for (const b of flow.blocks) result.set(b, checked);
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of flow.blocks) {
      let aligned = result.get(b)!;
      for (const i of b.instructions) {
        const writesSp = i.template.xWrites.some((o) => Number(i.values[o]) === slotSp);
        if (writesSp && !keepsStackAligned(i)) aligned = false;
      }
      if (b.terminator.kind === "call") aligned = false;
      for (const s of b.successors) {
        if (!aligned && result.get(s)) {
          result.set(s, false);
          changed = true;
        }
      }
    }
  }
  return result;
}

/** Whether SP surely stays a multiple of 16: SP plus or minus an immediate that is one, read from SP. */
function keepsStackAligned(i: Instruction): boolean {
  const { template, values } = i;
  let aligned = false;
  for (const s of template.body) {
    if (s.kind !== "writeX" || Number(values[reveal(s.operand).index]) !== slotSp) continue;
    aligned = isStackPlusMultiple(i, s.value);
  }
  return aligned;
}

type Value = Extract<Instruction["template"]["body"][number], { kind: "writeX" }>["value"];

function isStackPlusMultiple(i: Instruction, n: Value): boolean {
  if (n.kind === "x") return Number(i.values[reveal(n.operand!).index]) === slotSp;
  if (n.kind === "immediate") return BigInt(i.values[reveal(n.operand!).index]!) % 16n === 0n;
  if (n.kind === "constant") return n.bytes === undefined && BigInt(n.value) % 16n === 0n;
  if (n.kind === "local") {
    const definitions = i.template.body.filter((s) => s.kind === "let" && s.local === n.number);
    const [only] = definitions;
    return definitions.length === 1 && only?.kind === "let" && isStackPlusMultiple(i, only.value);
  }
  if (n.kind !== "operation") return false;
  if (n.name === "i64.add" || n.name === "i64.sub") return isStackPlusMultiple(i, n.x!) && isStackPlusMultiple(i, n.y!);
  return n.name === "i64.and" && (isStackPlusMultiple(i, n.x!) || isStackPlusMultiple(i, n.y!));
}

function dirtyDataflow(flow: ControlFlow, effects: ReadonlyMap<Block, Effects>): Map<Block, { x: number; v: number }> {
  const result = new Map<Block, { x: number; v: number }>();
  for (const b of flow.blocks) result.set(b, { x: 0, v: 0 });
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of flow.blocks) {
      const before = result.get(b)!;
      const e = effects.get(b)!;
      const clean = b.terminator.kind === "call";
      const x = clean ? 0 : before.x | e.xWritten;
      const v = clean ? 0 : before.v | e.vWritten;
      for (const s of b.successors) {
        const known = result.get(s)!;
        if ((known.x | x) !== known.x || (known.v | v) !== known.v) {
          result.set(s, { x: known.x | x, v: known.v | v });
          changed = true;
        }
      }
    }
  }
  return result;
}
