/**
 * The library: `const machine = await Machine.create({ kernel }); await machine.run();`. The same in Node and in a
 * browser; nothing here touches files, processes or pages.
 */
export { DeviceTreeError } from "./board/device-tree/blob.js";
export { LoadError } from "./board/loaders/image.js";
export {
  Machine,
  MachineError,
  type MachineStatistics,
  type MemoryMapEntry,
} from "./board/machine.js";
export {
  describeEnd,
  type MachineDevice,
  type MachineEnd,
  type MachineOptions,
  type MachineSemihosting,
} from "./board/machine-options.js";
export type { BlockBackend, CharacterBackend, HostFileSystem, Log, LogChannel } from "./ports/index.js";
