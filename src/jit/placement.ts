import type { Block, ControlFlow } from "./control-flow.js";
import { innermostLoops, type Loop } from "./loops.js";

/** Where in a function each block of a region is written. */
export interface Placement {
  /** The loops that a block is the header of, from the outermost to the innermost. */
  loopsAt(header: Block): readonly Loop[];
  /** Blocks in the body of a loop, or of a block, that more than one branch leads to; in the order of writing. */
  inside(block: Block): readonly Block[];
  /** Blocks behind a loop, which control reaches by leaving it; in the order of writing. */
  behind(loop: Loop): readonly Block[];
  /** Whether a block is reached by `br`, not written where control comes to it. */
  hasLabel(block: Block): boolean;
}

/**
 * Blocks are nested as dominators are ("Beyond Relooper", Ramsey 2022), but for two things. What isn't part of a loop is written
 * behind it, although the loop's header dominates it. And loops that share a header are a `loop` each. So a WebAssembly `loop` holds
 * what loops and nothing else: V8 gives every local that is written between `loop` and its `end` a new value in each round, and those
 * that an inner loop leaves alone would take registers, or be moved on the stack, in all of its rounds.
 */
export function placeBlocks(flow: ControlFlow): Placement {
  const innermost = innermostLoops(flow);
  const inside = new Map<Block, Block[]>();
  const behind = new Map<Loop, Block[]>();
  const labelled = new Set<Block>();
  for (const block of flow.blocks) {
    if (block.order === 0) continue;
    const dominator = block.immediateDominator!;
    const left = outermostLeft(innermost.get(dominator), block);
    if (left !== undefined) add(behind, left, block);
    else if (block.merge) add(inside, dominator, block);
    else continue;
    labelled.add(block);
  }
  return {
    loopsAt: (header) => {
      const loops: Loop[] = [];
      for (let loop = innermost.get(header); loop?.header === header; loop = loop.outer) loops.unshift(loop);
      return loops;
    },
    inside: (block) => inside.get(block) ?? [],
    behind: (loop) => behind.get(loop) ?? [],
    hasLabel: (block) => labelled.has(block),
  };
}

function add<Place>(to: Map<Place, Block[]>, place: Place, block: Block): void {
  const others = to.get(place);
  if (others === undefined) to.set(place, [block]);
  else others.push(block);
}

/** The outermost of a loop and those around it that a block isn't in. */
function outermostLeft(innermost: Loop | undefined, block: Block): Loop | undefined {
  let left: Loop | undefined;
  for (let loop = innermost; loop !== undefined && !loop.blocks.has(block); loop = loop.outer) left = loop;
  return left;
}
