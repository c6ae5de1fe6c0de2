import type { Block, ControlFlow } from "./control-flow.js";

/** A natural loop: its header and every block from which control can come back to it. */
export interface Loop {
  readonly header: Block;
  readonly blocks: ReadonlySet<Block>;
}

/** The innermost loop of each block that is in one. */
export function innermostLoops(flow: ControlFlow): ReadonlyMap<Block, Loop> {
  const found = new Map<Block, Loop>();
  // Headers of inner loops come later in reverse postorder than those of the loops around them.
  for (const header of flow.blocks) {
    if (!header.loopHeader) continue;
    const blocks = new Set<Block>([header]);
    const work = header.predecessors.filter((p) => p.order >= header.order);
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      if (blocks.has(b)) continue;
      blocks.add(b);
      work.push(...b.predecessors);
    }
    const loop = { header, blocks };
    for (const b of blocks) found.set(b, loop);
  }
  return found;
}
