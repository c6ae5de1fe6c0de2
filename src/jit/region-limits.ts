import type { RegionLimits } from "./control-flow.js";

/** Bounds that keep one region's compilation, and the pause for it, short. */
export const regionLimits: RegionLimits = { blocks: 160, instructions: 1500 };

/** How far from a BR through a table its targets are looked for, in bytes; how many are taken; and how hot they must be. */
export const tableJumpReach = 1024;
export const tableTargets = 64;
export const tableTargetHeat = 50;
