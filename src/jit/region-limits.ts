import type { RegionLimits } from "./control-flow.js";

/** Bounds that keep one region's compilation, and the pause for it, short. */
export const regionLimits: RegionLimits = { blocks: 160, instructions: 1500 };

/** How far from a BR through a table its targets are looked for, in bytes; how many are taken; and how hot they must be. */
const tableJumpReach = 1024;
const tableTargets = 64;
const tableTargetHeat = 50;

/** Offsets that a BR at `offset` may reach through a table. */
export function tableJumpRange(offset: number): number[] {
  return Array.from({ length: tableJumpReach / 2 + 1 }, (_, n) => offset - tableJumpReach + 4 * n);
}

/** Where a BR at `offset` probably goes, the hottest first; `heatAt`: how often control arrived at an offset by a branch. */
export function likelyTargets(offset: number, heatAt: (offset: number) => number): number[] {
  return tableJumpRange(offset)
    .map((o) => ({ offset: o, heat: heatAt(o) }))
    .filter(({ heat }) => heat >= tableTargetHeat)
    .sort((a, b) => b.heat - a.heat)
    .slice(0, tableTargets)
    .map((found) => found.offset);
}
