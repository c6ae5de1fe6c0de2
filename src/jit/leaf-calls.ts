import type { Instruction } from "../isa/template.js";
import { affine } from "./affine.js";
import { type Block, newBlock } from "./control-flow.js";

/** Most instructions of a function that calls of it are replaced by. */
const largestLeaf = 16;
/** Functions that a BLR is asked for, at most. */
const mostLeaves = 8;
const ret = 0xd65f_03c0;
const linkRegister = 30;

/** The instructions of a function that runs straight to its RET, and leaves X30 as it was; undefined: it is another kind. */
function leafAt(
  start: number,
  fetch: (offset: number) => Instruction | undefined,
  limit: number,
): readonly Instruction[] | undefined {
  const instructions: Instruction[] = [];
  for (let offset = start; instructions.length < limit; offset += 4) {
    const instruction = fetch(offset);
    if (instruction === undefined) return undefined;
    instructions.push(instruction);
    if (instruction.word >>> 0 === ret) return instructions;
    const { branch, usesEnvironment, xWrites } = instruction.template;
    if (branch !== undefined || usesEnvironment) return undefined;
    if (xWrites.some((operand) => Number(instruction.values[operand]) === linkRegister)) return undefined;
  }
  return undefined;
}

/**
 * Replaces calls of small leaf functions by what they do: BL by a jump to a block of its own that holds the function; BLR by
 * successors that are taken when the register points to their functions. These are the one that it seems to point to, and
 * those near that one where control often arrives. What is left of the call is X30.
 */
export function inlineLeafCalls(
  byStart: ReadonlyMap<number, Block>,
  fetch: (offset: number) => Instruction | undefined,
  arrivals: (offset: number) => readonly number[],
  callee: (register: number) => number | undefined,
  room: number,
): void {
  const leafBefore = (next: Block, start: number): Block | undefined => {
    const instructions = start === next.start ? undefined : leafAt(start, fetch, Math.min(largestLeaf, room));
    if (instructions === undefined) return undefined;
    room -= instructions.length;
    const leaf = newBlock(start, instructions, { kind: "inlined return", next: next.start });
    leaf.successors = [next];
    return leaf;
  };
  for (const block of byStart.values()) {
    const t = block.terminator;
    if (t.kind !== "call") continue;
    const next = byStart.get(t.next);
    if (next === undefined) continue;
    if (t.target !== undefined) {
      const leaf = leafBefore(next, t.target);
      if (leaf === undefined) continue;
      block.terminator = { kind: "jump", target: t.target };
      block.successors = [leaf];
      continue;
    }
    const likely = callee(calledRegister(block.instructions.at(-1)!));
    if (likely === undefined) continue;
    for (const start of new Set([likely, ...arrivals(likely)])) {
      if (block.successors.length > mostLeaves) break;
      const leaf = leafBefore(next, start);
      if (leaf !== undefined) block.successors.push(leaf);
    }
  }
}

/** The X register that holds the target of a BLR. */
function calledRegister(instruction: Instruction): number {
  const { branch } = instruction.template;
  const target = branch?.kind === "branchTo" ? affine(instruction, branch.target) : undefined;
  return target?.offset === 0n ? target.slot : -1;
}
