export { CpuInterface, type IccRegisterName, type SgiKind } from "./cpu-interface.js";
export { createGic, type Gic, type GicFrames, type SavedGic } from "./gic.js";
export { Its } from "./its.js";
export { type GicOptions, type IccContext, nonSecureContext, type PeOutputs } from "./types.js";
export {
  listRegisterCount,
  maintenanceIntid,
  VirtualCpuInterface,
  type VirtualRegisterName,
} from "./virtual-cpu-interface.js";
