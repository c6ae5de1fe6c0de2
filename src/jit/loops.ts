import type { Block, ControlFlow } from "./control-flow.js";

/** A loop: its header, and every block from which control can come back to it by one of some edges. */
export interface Loop {
  readonly header: Block;
  readonly blocks: ReadonlySet<Block>;
  /** Where the edges come from that lead back. */
  readonly tails: ReadonlySet<Block>;
  /** The smallest loop around it; it may have the same header. */
  readonly outer: Loop | undefined;
}

/** The innermost loop of each block that is in one. */
export function innermostLoops(flow: ControlFlow): ReadonlyMap<Block, Loop> {
  const found = new Map<Block, Loop>();
  // Headers of inner loops come later in reverse postorder than those of the loops around them.
  for (const header of flow.blocks) {
    if (!header.loopHeader) continue;
    for (const { tails, blocks } of nest(header)) {
      const loop = { header, blocks, tails, outer: found.get(header) };
      for (const b of blocks) found.set(b, loop);
    }
  }
  return found;
}

interface Level {
  tails: Set<Block>;
  blocks: Set<Block>;
}

/**
 * The loops that share a header, from the outermost to the innermost. A compiler lets `while (...) while (...)` go back to the inner
 * condition at once: the edges of the inner loop come from blocks that are on the way of the outer one, not the other way round.
 */
function nest(header: Block): Level[] {
  const levels: Level[] = [];
  const tails = header.predecessors.filter((p) => p.order >= header.order);
  const bySize = tails.map((tail) => ({ tail, blocks: comingBack(header, tail) }));
  bySize.sort((a, b) => a.blocks.size - b.blocks.size);
  for (const { tail, blocks } of bySize) {
    const inner = levels[0];
    if (inner !== undefined && isAround(blocks, tail, inner)) {
      for (const b of inner.blocks) blocks.add(b);
      levels.unshift({ tails: new Set([tail]), blocks });
    } else if (inner !== undefined) {
      inner.tails.add(tail);
      for (const b of blocks) inner.blocks.add(b);
    } else levels.push({ tails: new Set([tail]), blocks });
  }
  return levels;
}

/**
 * Whether blocks that come back by a tail are a loop around another one, with its own variables: otherwise it is one loop in which
 * `continue`, or a case of a switch, goes back early.
 */
function isAround(blocks: ReadonlySet<Block>, tail: Block, inner: Level): boolean {
  if (inner.blocks.has(tail) || [...inner.tails].some((t) => !blocks.has(t))) return false;
  if ([...inner.blocks].some((b) => b.terminator.kind === "indirect")) return false;
  let changed = writtenBy([...blocks].filter((b) => !inner.blocks.has(b))) & ~writtenBy(inner.blocks);
  let variables = 0;
  for (; changed !== 0; changed &= changed - 1) variables++;
  return variables >= 2;
}

/** X registers that blocks write, as a mask; a call writes all. */
function writtenBy(blocks: Iterable<Block>): number {
  let written = 0;
  for (const b of blocks) {
    if (b.terminator.kind === "call") return -1;
    for (const i of b.instructions) for (const operand of i.template.xWrites) written |= 1 << Number(i.values[operand]);
  }
  return written;
}

/** The blocks from which control can come to `header` by way of `tail`: its natural loop. */
function comingBack(header: Block, tail: Block): Set<Block> {
  const blocks = new Set<Block>([header]);
  const work = [tail];
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    if (blocks.has(b)) continue;
    blocks.add(b);
    work.push(...b.predecessors);
  }
  return blocks;
}
