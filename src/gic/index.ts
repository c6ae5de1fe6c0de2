export { CpuInterface, type IccRegisterName, type SgiKind } from "./cpu-interface.js";
export { createGic, type Gic, type GicFrames } from "./gic.js";
export type { SavedGicState } from "./gic-state.js";
export { type GicOptions, type IccContext, nonSecureContext, type PeOutputs } from "./types.js";
