import { AccessFlag, accessAlignmentShift, reveal, type Statement, slotSink } from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import { type Affine, affine } from "./affine.js";
import type { Block, ControlFlow } from "./control-flow.js";
import { innermostLoops, type Loop } from "./loops.js";

/**
 * What an access does with a page cache: locals that hold the tags and the addend of the page accessed last.
 *
 * "check": the cache is asked first, and the TLB only when the page is another one; then the cache holds that.
 * "fill": the TLB is asked, and the cache holds what it says, for accesses that follow.
 */
export interface PageCacheUse {
  readonly cache: number;
  readonly mode: "check" | "fill";
}

/** The page caches of a region. */
export interface PageCaches {
  /** Whether a cache's read tag is asked for, and its write tag. */
  readonly caches: readonly { readonly read: boolean; readonly write: boolean }[];
  /** What the one access of an instruction of a block does, by its position; undefined: it asks the TLB alone. */
  use(block: Block, position: number): PageCacheUse | undefined;
}

/** More than these would take registers from what they save. */
const mostCaches = 12;

type Access = Extract<Statement, { kind: "access" }>;

const plainFlags = AccessFlag.write | AccessFlag.pair;

/** The access of an instruction that makes exactly one, whatever happens, as ordinary loads and stores do. */
export function onlyAccess(i: Instruction): Access | undefined {
  if (!i.template.accessesMemory) return undefined;
  let found: Access | undefined;
  for (const s of i.template.body) {
    if (s.kind === "if" || s.kind === "while") return undefined;
    if (s.kind !== "access") continue;
    if (found !== undefined) return undefined;
    found = s;
  }
  if (found === undefined || (found.flags & 0xff00 & ~plainFlags) !== 0) return undefined;
  return found.flags >> accessAlignmentShift === 0 ? found : undefined;
}

/** What registers an instruction writes, with what: undefined where that isn't another register plus something. */
function* writes(i: Instruction): Iterable<{ readonly slot: number; readonly value: Affine | undefined }> {
  for (const operand of i.template.xWrites) {
    const slot = Number(i.values[operand]);
    if (slot === slotSink) continue;
    let value: Affine | undefined;
    let count = 0;
    for (const s of i.template.body) {
      if (s.kind === "if" || s.kind === "while") count = 2;
      else if (s.kind === "writeX" && reveal(s.operand).index === operand) {
        count++;
        value = affine(i, s.value);
      }
    }
    yield { slot, value: count === 1 ? value : undefined };
  }
}

/** X registers that a loop doesn't write; none where calls or the machine may empty the caches. */
function unchangedRegisters(loop: Loop): number {
  let written = 0;
  for (const b of loop.blocks) {
    if (b.terminator.kind === "call") return 0;
    for (const i of b.instructions) {
      if (i.template.usesEnvironment) return 0;
      for (const { slot } of writes(i)) written |= 1 << slot;
    }
  }
  return ~written;
}

/**
 * Decides which accesses of a region's loops go by page caches. Those at an index into a table whose address the loop
 * doesn't change often stay on a page, and what they load is often waited for. So do those off a register that was a base earlier in the block; a copy of it, or it plus a
 * constant, counts as the same.
 */
export function planPageCaches(flow: ControlFlow): PageCaches {
  const loops = innermostLoops(flow);
  const unchangedIn = new Map<Loop, number>();
  const caches: { read: boolean; write: boolean }[] = [];
  const cacheOfSlot = new Map<number, number>();
  const uses = new Map<Block, Map<number, PageCacheUse>>();
  for (const block of flow.blocks) {
    const loop = loops.get(block);
    if (loop === undefined) continue;
    let registers = unchangedIn.get(loop);
    if (registers === undefined) unchangedIn.set(loop, (registers = unchangedRegisters(loop)));
    planBlock(block, registers, (slot) => {
      let cache = cacheOfSlot.get(slot);
      if (cache === undefined) {
        if (caches.length === mostCaches) return undefined;
        cache = caches.push({ read: false, write: false }) - 1;
        cacheOfSlot.set(slot, cache);
      }
      return cache;
    });
  }

  function planBlock(block: Block, unchanged: number, cacheFor: (slot: number) => number | undefined): void {
    /** By register: what names the place that it points to; the names of registers that a block starts with are their slots. */
    const places = Array.from({ length: 32 }, (_, slot) => slot);
    let nextPlace = 32;
    /** Accesses by place; the first of each looks a cache up for all. */
    const groups = new Map<
      number,
      { slot: number; accesses: { position: number; write: boolean; indexed: boolean }[] }
    >();
    block.instructions.forEach((i, position) => {
      const access = onlyAccess(i);
      const base = access && affine(i, access.address);
      if (access !== undefined && base !== undefined) {
        const place = places[base.slot]!;
        let group = groups.get(place);
        if (group === undefined) groups.set(place, (group = { slot: base.slot, accesses: [] }));
        group.accesses.push({
          position,
          write: (access.flags & AccessFlag.write) !== 0,
          indexed: base.offset === undefined,
        });
      }
      if (i.template.usesEnvironment) places.forEach((_, slot) => void (places[slot] = nextPlace++));
      const before = [...places];
      for (const { slot, value } of writes(i)) {
        places[slot] = value?.offset === undefined ? nextPlace++ : before[value.slot]!;
      }
    });
    const planned = new Map<number, PageCacheUse>();
    for (const [place, { slot, accesses }] of groups) {
      const stays = place < 32 && (unchanged & (1 << place)) !== 0 && accesses[0]!.indexed;
      if (!stays && accesses.length < 2) continue;
      const cache = cacheFor(place < 32 ? place : slot);
      if (cache === undefined) continue;
      accesses.forEach(({ position, write }, n) => {
        const mode = stays || n > 0 ? "check" : "fill";
        planned.set(position, { cache, mode });
        if (mode === "check") caches[cache]![write ? "write" : "read"] = true;
      });
    }
    if (planned.size > 0) uses.set(block, planned);
  }

  return { caches, use: (block, position) => uses.get(block)?.get(position) };
}
