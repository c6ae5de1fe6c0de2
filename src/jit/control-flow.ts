import type { Instruction } from "../isa/template.js";
import { inlineLeafCalls } from "./leaf-calls.js";

/** How a block ends. Offsets are bytes from the region's entry. */
export type Terminator =
  /** Falls into the next instruction, which another block starts with, or which isn't part of the region. */
  | { readonly kind: "fall"; readonly next: number }
  | { readonly kind: "jump"; readonly target: number }
  | { readonly kind: "conditional"; readonly target: number; readonly next: number }
  /** BL, BLR: comes back at `next`. `target` is undefined when it is in a register. */
  | { readonly kind: "call"; readonly target: number | undefined; readonly next: number }
  | { readonly kind: "return" }
  /** RET at the end of a leaf that was inlined: comes to where its call would come back. See leaf-calls.ts. */
  | { readonly kind: "inlined return"; readonly next: number }
  /** BR. `targets` is where it may go in the region, as far as anyone knows; it may go elsewhere too. */
  | { readonly kind: "indirect"; readonly targets: readonly number[] }
  /** An instruction that always leaves for the machine: SVC, ERET... */
  | { readonly kind: "stop" };

/** A basic block of a region, and what analysis finds out about it. */
export interface Block {
  readonly start: number;
  readonly instructions: readonly Instruction[];
  terminator: Terminator;
  successors: Block[];
  predecessors: Block[];
  /** Place in reverse postorder; the entry is 0. */
  order: number;
  immediateDominator: Block | undefined;
  /** Target of an edge from a block that it dominates. */
  loopHeader: boolean;
  /** Reached by two or more forward edges, or by one from a BR. */
  merge: boolean;
  /** Most instructions that can retire from its start to the next budget check. */
  longestPath: number;
}

/** Whether control goes from a block to a successor by a call that comes back, before which and after which state is in memory. */
export function comesBack(from: Block, to: Block): boolean {
  return from.terminator.kind === "call" && to.terminator.kind !== "inlined return";
}

/** A single-entry control-flow graph; blocks in reverse postorder. */
export interface ControlFlow {
  readonly blocks: readonly Block[];
  readonly byStart: ReadonlyMap<number, Block>;
  /** Offsets that were looked at: instructions of the region. */
  readonly instructionCount: number;
}

/** Bounds of a region. */
export interface RegionLimits {
  readonly blocks: number;
  readonly instructions: number;
}

/** Instructions after which nothing of the block runs. */
const alwaysLeaves: ReadonlySet<string> = new Set([
  "svc",
  "hvc",
  "smc",
  "brk",
  "hlt",
  "dcps1",
  "dcps2",
  "dcps3",
  "eret",
  "drps",
  "undefined",
  "wfi",
  "wfe",
]);

function stops(instruction: Instruction): boolean {
  return instruction.template.body.some((s) => s.kind === "environment" && alwaysLeaves.has(s.name));
}

function terminatorOf(instruction: Instruction, offset: number): Terminator | undefined {
  const { branch, operandKinds } = instruction.template;
  if (branch === undefined) return stops(instruction) ? { kind: "stop" } : undefined;
  const next = offset + 4;
  if (branch.kind === "branchTo") {
    if (branch.purpose === "call") return { kind: "call", target: undefined, next };
    return branch.purpose === "return" ? { kind: "return" } : { kind: "indirect", targets: [] };
  }
  const target = offset + Number(instruction.values[operandKinds.indexOf("relative")]);
  if (branch.condition !== undefined) return { kind: "conditional", target, next };
  return branch.purpose === "call" ? { kind: "call", target, next } : { kind: "jump", target };
}

/**
 * Whether a BR looks like one through a table of distances, as compilers make them of `switch`: an ADD (register) that
 * writes the BR's register comes right before it.
 */
function isTableJump(br: Instruction, before: Instruction | undefined): boolean {
  if (before === undefined) return false;
  const add64 = (before.word & 0xff00_0000) >>> 0 === 0x8b00_0000;
  return add64 && (before.word & 31) === ((br.word >>> 5) & 31);
}

/**
 * Follows the code from offset 0. `fetch` gives the instruction at an offset, or undefined where the region must not go
 * (another mapping, never executed). `arrivals` gives the offsets near the one of a BR where control often arrives; `callee` the
 * offset at which an X register may point when BLR calls there.
 * Undefined when even the first instruction isn't there.
 */
export function discover(
  fetch: (offset: number) => Instruction | undefined,
  limits: RegionLimits,
  arrivals: (offset: number) => readonly number[] = () => [],
  callee: (register: number) => number | undefined = () => undefined,
): ControlFlow | undefined {
  const tables = new Map<number, readonly number[]>();
  const starts = new Set<number>([0]);
  const known = new Map<number, Instruction>();
  const work = [0];
  while (work.length > 0) {
    let offset = work.shift()!;
    for (;;) {
      if (known.has(offset) || known.size >= limits.instructions) break;
      const instruction = fetch(offset);
      if (instruction === undefined) break;
      known.set(offset, instruction);
      const end = terminatorOf(instruction, offset);
      if (end !== undefined) {
        const targets: number[] = [];
        if (end.kind === "jump" || end.kind === "conditional") targets.push(end.target);
        if (end.kind === "conditional" || end.kind === "call") targets.unshift(end.next);
        if (end.kind === "indirect" && isTableJump(instruction, known.get(offset - 4))) {
          const found = arrivals(offset);
          tables.set(offset, found);
          targets.push(...found);
        }
        for (const t of targets) {
          if (starts.has(t) || starts.size >= limits.blocks) continue;
          starts.add(t);
          work.push(t);
        }
        break;
      }
      offset += 4;
      if (starts.has(offset)) break;
    }
  }
  if (!known.has(0)) return undefined;
  const byStart = new Map<number, Block>();
  for (const start of starts) {
    if (known.has(start)) byStart.set(start, makeBlock(start, known, starts, tables));
  }
  for (const block of byStart.values()) connect(block, byStart);
  inlineLeafCalls(byStart, fetch, arrivals, callee, limits.instructions - known.size);
  const blocks = analyse(byStart.get(0)!);
  let instructionCount = 0;
  for (const b of blocks) instructionCount += b.instructions.length;
  const reachable = new Map(blocks.map((b) => [b.start, b]));
  return { blocks, byStart: reachable, instructionCount };
}

function makeBlock(
  start: number,
  known: ReadonlyMap<number, Instruction>,
  starts: ReadonlySet<number>,
  tables: ReadonlyMap<number, readonly number[]>,
): Block {
  const instructions: Instruction[] = [];
  let offset = start;
  let terminator: Terminator | undefined;
  while (terminator === undefined) {
    const instruction = known.get(offset);
    if (instruction === undefined) {
      terminator = { kind: "fall", next: offset };
      break;
    }
    instructions.push(instruction);
    terminator = terminatorOf(instruction, offset);
    if (terminator?.kind === "indirect") terminator = { kind: "indirect", targets: tables.get(offset) ?? [] };
    offset += 4;
    if (terminator === undefined && starts.has(offset)) terminator = { kind: "fall", next: offset };
  }
  return newBlock(start, instructions, terminator);
}

export function newBlock(start: number, instructions: readonly Instruction[], terminator: Terminator): Block {
  return {
    start,
    instructions,
    terminator,
    successors: [],
    predecessors: [],
    order: -1,
    immediateDominator: undefined,
    loopHeader: false,
    merge: false,
    longestPath: 0,
  };
}

function connect(block: Block, byStart: ReadonlyMap<number, Block>): void {
  const t = block.terminator;
  const add = (offset: number): void => {
    const s = byStart.get(offset);
    if (s !== undefined && !block.successors.includes(s)) block.successors.push(s);
  };
  if (t.kind === "fall" || t.kind === "conditional" || t.kind === "call") add(t.next);
  if (t.kind === "jump" || t.kind === "conditional") add(t.target);
  if (t.kind === "indirect") for (const target of t.targets) add(target);
}

/** Orders blocks, finds dominators, loops and merges, and cuts edges that would make the graph irreducible. */
function analyse(entry: Block): Block[] {
  for (;;) {
    const blocks = reversePostorder(entry);
    dominators(blocks);
    if (!cutIrreducible(blocks)) {
      classify(blocks);
      return blocks;
    }
  }
}

function reversePostorder(entry: Block): Block[] {
  const post: Block[] = [];
  const seen = new Set<Block>([entry]);
  const stack: { block: Block; next: number }[] = [{ block: entry, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    // The fall-through successor last in postorder, so that it follows its predecessor.
    const s = top.block.successors[top.block.successors.length - 1 - top.next];
    top.next++;
    if (s === undefined) {
      post.push(top.block);
      stack.pop();
    } else if (!seen.has(s)) {
      seen.add(s);
      stack.push({ block: s, next: 0 });
    }
  }
  const blocks = post.reverse();
  blocks.forEach((b, i) => {
    b.order = i;
    b.predecessors = [];
    b.immediateDominator = undefined;
  });
  for (const b of blocks) for (const s of b.successors) s.predecessors.push(b);
  return blocks;
}

/** Cooper, Harvey and Kennedy: "A simple, fast dominance algorithm". */
function dominators(blocks: readonly Block[]): void {
  const entry = blocks[0]!;
  entry.immediateDominator = entry;
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of blocks) {
      if (b === entry) continue;
      let dominator: Block | undefined;
      for (const p of b.predecessors) {
        if (p.immediateDominator === undefined) continue;
        dominator = dominator === undefined ? p : intersect(dominator, p);
      }
      if (b.immediateDominator !== dominator) {
        b.immediateDominator = dominator;
        changed = true;
      }
    }
  }
}

function intersect(a: Block, b: Block): Block {
  while (a !== b) {
    while (a.order > b.order) a = a.immediateDominator!;
    while (b.order > a.order) b = b.immediateDominator!;
  }
  return a;
}

function dominates(a: Block, b: Block): boolean {
  while (b.order > a.order) b = b.immediateDominator!;
  return a === b;
}

/** Removes retreating edges into blocks that don't dominate their source: control then leaves the region there. */
function cutIrreducible(blocks: readonly Block[]): boolean {
  let cut = false;
  for (const b of blocks) {
    const kept = b.successors.filter((s) => s.order > b.order || dominates(s, b));
    if (kept.length !== b.successors.length) {
      b.successors = kept;
      cut = true;
    }
  }
  return cut;
}

function classify(blocks: readonly Block[]): void {
  for (const b of blocks) {
    let forward = 0;
    b.loopHeader = false;
    for (const p of b.predecessors) {
      if (p.order >= b.order) b.loopHeader = true;
      else forward += p.terminator.kind === "indirect" ? 2 : 1;
    }
    b.merge = forward >= 2;
  }
  for (let i = blocks.length - 1; i >= 0; i--) {
    const b = blocks[i]!;
    let longest = 0;
    // Loop headers check the budget themselves, and so does what follows a call.
    for (const s of b.successors) {
      if (s.order > b.order && !s.loopHeader && !comesBack(b, s)) longest = Math.max(longest, s.longestPath);
    }
    b.longestPath = b.instructions.length + longest;
  }
}
