import { reveal, slotSink, slotSp, slotZero } from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import { type Block, type ControlFlow, comesBack } from "./control-flow.js";
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
  readonly dirtyIn: ReadonlyMap<Block, Registers>;
  /** Registers whose local must hold their value: on entry to the region, and where a call comes back, only these are loaded. */
  readonly neededIn: ReadonlyMap<Block, Registers>;
  /** Registers whose local holds their value: those needed, at least. */
  readonly validIn: ReadonlyMap<Block, Registers>;
  readonly memory: boolean;
  readonly simd: boolean;
  /** Uses SP as a base. */
  readonly stack: boolean;
}

/** Bit masks of X registers (31 is SP) and V registers. */
export interface Registers {
  readonly x: number;
  readonly v: number;
}

interface Effects {
  x: number;
  v: number;
  xWritten: number;
  vWritten: number;
  /** Read before they are surely written. */
  xUsed: number;
  vUsed: number;
  /** Written whatever happens. */
  xDefined: number;
  vDefined: number;
}

function noEffects(): Effects {
  return { x: 0, v: 0, xWritten: 0, vWritten: 0, xUsed: 0, vUsed: 0, xDefined: 0, vDefined: 0 };
}

/** Adds what an instruction does to what the block did before it. */
function addEffects(e: Effects, i: Instruction): void {
  const t = i.template;
  let xUsed = 0;
  let xDefined = 0;
  let vUsed = 0;
  let vDefined = 0;
  for (const operand of t.xReads) {
    const slot = Number(i.values[operand]);
    if (slot !== slotZero && slot !== slotSink) xUsed |= 1 << slot;
  }
  for (const operand of t.xWrites) {
    const slot = Number(i.values[operand]);
    if (slot !== slotSink) xDefined |= 1 << slot;
  }
  for (const { operand, plus } of t.vReads) vUsed |= 1 << ((Number(i.values[operand]) + plus) & 31);
  for (const { operand, plus } of t.vWrites) vDefined |= 1 << ((Number(i.values[operand]) + plus) & 31);
  if (contains(i, "checkStackAlignment")) xUsed |= 1 << slotSp;
  e.xWritten |= xDefined;
  e.vWritten |= vDefined;
  // A write in an arm leaves the old value where the arm doesn't run.
  if (t.body.some((s) => s.kind === "if" || s.kind === "while")) {
    xUsed |= xDefined;
    vUsed |= vDefined;
  }
  e.x |= xUsed | xDefined;
  e.v |= vUsed | vDefined;
  e.xUsed |= xUsed & ~e.xDefined;
  e.vUsed |= vUsed & ~e.vDefined;
  e.xDefined |= xDefined;
  e.vDefined |= vDefined;
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
  const total = { x: 0, v: 0, xWritten: 0, vWritten: 0 };
  const perBlock = new Map<Block, Effects>();
  let memory = false;
  let simd = false;
  let stack = false;
  let flagsWritten = false;
  const flagKinds = new Set<FlagsAt>();
  for (const b of flow.blocks) {
    const e = noEffects();
    for (const i of b.instructions) {
      addEffects(e, i);
      memory ||= i.template.accessesMemory;
      simd ||= i.template.definition.simd;
      stack ||= contains(i, "checkStackAlignment");
      flagsWritten ||= i.template.writesFlags;
      for (const s of i.template.body) if (s.kind === "flags") flagKinds.add(flagsAt(s.how, s.width));
    }
    perBlock.set(b, e);
    total.x |= e.x;
    total.v |= e.v;
    total.xWritten |= e.xWritten;
    total.vWritten |= e.vWritten;
  }
  const dirtyIn = dirtyDataflow(flow, perBlock);
  const neededIn = neededDataflow(flow, perBlock, dirtyIn);
  return {
    ...total,
    memory,
    simd,
    stack,
    flagsWritten,
    flagKinds,
    flagsIn: flagsDataflow(flow),
    spAlignedIn: stackDataflow(flow, stack),
    dirtyIn,
    neededIn,
    validIn: validDataflow(flow, perBlock, neededIn),
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
      for (const s of b.successors) {
        const known = result.get(s);
        const there = comesBack(b, s) ? FlagsAt.memory : state;
        const next = known === undefined ? there : meetFlags(known, there);
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
      for (const s of b.successors) {
        if ((!aligned || comesBack(b, s)) && result.get(s)) {
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

function dirtyDataflow(flow: ControlFlow, effects: ReadonlyMap<Block, Effects>): Map<Block, Registers> {
  const result = new Map<Block, Registers>();
  for (const b of flow.blocks) result.set(b, { x: 0, v: 0 });
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of flow.blocks) {
      const before = result.get(b)!;
      const e = effects.get(b)!;
      for (const s of b.successors) {
        const clean = comesBack(b, s);
        const x = clean ? 0 : before.x | e.xWritten;
        const v = clean ? 0 : before.v | e.vWritten;
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

/** What is read before it is written, or dirty on some path: another path must have it in its local too. */
function neededDataflow(
  flow: ControlFlow,
  effects: ReadonlyMap<Block, Effects>,
  dirtyIn: ReadonlyMap<Block, Registers>,
): Map<Block, Registers> {
  const result = new Map<Block, Registers>();
  for (const b of flow.blocks) result.set(b, { x: 0, v: 0 });
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = flow.blocks.length - 1; i >= 0; i--) {
      const b = flow.blocks[i]!;
      const e = effects.get(b)!;
      let x = 0;
      let v = 0;
      // After a call everything is loaded anew.
      for (const s of b.successors) {
        if (comesBack(b, s)) continue;
        const needed = result.get(s)!;
        x |= needed.x;
        v |= needed.v;
      }
      const dirty = dirtyIn.get(b)!;
      x = dirty.x | e.xUsed | (x & ~e.xDefined);
      v = dirty.v | e.vUsed | (v & ~e.vDefined);
      const before = result.get(b)!;
      if (x !== before.x || v !== before.v) {
        result.set(b, { x, v });
        changed = true;
      }
    }
  }
  return result;
}

function validDataflow(
  flow: ControlFlow,
  effects: ReadonlyMap<Block, Effects>,
  neededIn: ReadonlyMap<Block, Registers>,
): Map<Block, Registers> {
  const result = new Map<Block, Registers>();
  for (const b of flow.blocks) result.set(b, { x: -1, v: -1 });
  const entry = flow.blocks[0]!;
  result.set(entry, neededIn.get(entry)!);
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of flow.blocks) {
      const before = result.get(b)!;
      const e = effects.get(b)!;
      for (const s of b.successors) {
        const known = result.get(s)!;
        const loaded = comesBack(b, s) ? neededIn.get(s)! : undefined;
        const x = known.x & (loaded === undefined ? before.x | e.xDefined : loaded.x);
        const v = known.v & (loaded === undefined ? before.v | e.vDefined : loaded.v);
        if (x !== known.x || v !== known.v) {
          result.set(s, { x, v });
          changed = true;
        }
      }
    }
  }
  return result;
}
