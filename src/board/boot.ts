import type { Core } from "../cpu/cores/core.js";
import { SeededEntropy } from "../devices/seeded-entropy.js";
import { readDeviceTree, writeDeviceTree } from "./device-tree/blob.js";
import { adoptDeviceTree, setChosen } from "./device-tree/chosen.js";
import { childOf } from "./device-tree/tree.js";
import { type PsciConduit, virtDeviceTree } from "./device-tree/virt.js";
import { type BootPlan, planBoot, planFirmwareBoot } from "./loaders/boot-plan.js";
import { planLoaders } from "./loaders/generic-loader.js";
import { describeModules, moduleSegments } from "./loaders/guest-module.js";
import type { MachineOptions } from "./machine-options.js";

/** The machine as its images and its device tree must know it. */
export interface BootFacts {
  readonly core: Core;
  readonly processors: number;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly hasEl2: boolean;
  readonly hasEl3?: boolean;
  readonly conduit: PsciConduit;
}

/** What starts at EL3 is the firmware, and gets none from the machine: all but what has the Linux boot protocol. */
export function startsAsFirmware(protocol: BootPlan["protocol"] | undefined, hasEl3: boolean): boolean {
  return hasEl3 && protocol !== "linux";
}

/** Whether the machine has firmware in its flash, and starts there. */
export function hasFlashFirmware(options: MachineOptions): boolean {
  return options.firmware !== undefined || options.flash?.[0] !== undefined;
}

/** How the images start a machine: which PEs begin elsewhere than the boot protocol says, too. */
export interface MachineBoot extends BootPlan {
  /** Where PEs start, by their numbers, when a loader said so. */
  readonly entries: ReadonlyMap<number, number>;
  /** The device tree blob, wherever it goes. */
  readonly deviceTree: Uint8Array;
}

/**
 * Decides what goes into memory, and makes the device tree; undefined when there is nothing to start. Throws LoadError or
 * DeviceTreeError, each with one sentence.
 */
export function planMachineBoot(options: MachineOptions, facts: BootFacts): MachineBoot | undefined {
  const { kernel, initrd, modules = [] } = options;
  const loaders = planLoaders(options.loaders ?? [], facts.processors);
  const others = [...moduleSegments(modules), ...loaders.pieces];
  let made: Uint8Array | undefined;
  const deviceTree = (
    place: { start: number; end: number } | undefined,
    protocol: BootPlan["protocol"],
  ): Uint8Array => {
    made = makeDeviceTree(options, facts, protocol, place);
    return made;
  };
  if (kernel && !hasFlashFirmware(options)) {
    const images = { kernel, ...(initrd ? { initrd } : {}), others, deviceTree };
    const plan = planBoot(images, facts.memory);
    return { ...plan, entries: loaders.entries, deviceTree: made! };
  }
  if (!hasFlashFirmware(options) && loaders.entries.size === 0) return undefined;
  const tree = deviceTree(undefined, "elf");
  return { ...planFirmwareBoot(tree, others, facts.memory), entries: loaders.entries, deviceTree: tree };
}

/** The device tree blob of a machine whose first code is entered by a protocol, with an initrd in RAM or without. */
export function makeDeviceTree(
  options: MachineOptions,
  facts: BootFacts,
  protocol: BootPlan["protocol"],
  initrd?: { start: number; end: number },
): Uint8Array {
  const { commandLine, modules = [] } = options;
  const conduit = startsAsFirmware(protocol, facts.hasEl3 === true) ? undefined : facts.conduit;
  const entropy = new SeededEntropy(options.seed ?? 0n);
  const rngSeed = new Uint8Array(32);
  entropy.fill(rngSeed);
  const tree = options.deviceTree
    ? readDeviceTree(options.deviceTree)
    : virtDeviceTree({
        processors: facts.processors,
        compatible: compatibleOf(facts.core),
        psciConduit: conduit,
        memory: facts.memory,
        hasEl2: facts.hasEl2,
        hasEl3: facts.hasEl3 === true,
        hasIts: options.its ?? true,
        highMemory: options.highMemory ?? true,
        hasFwCfg: true,
        hasPmu: facts.core.features.has("FEAT_PMUv3"),
      });
  if (options.deviceTree) adoptDeviceTree(tree, facts.memory, conduit);
  setChosen(tree, {
    ...(commandLine === undefined ? {} : { bootargs: commandLine }),
    ...(initrd ? { initrd } : {}),
    rngSeed,
  });
  const secureChosen = childOf(tree.root, "secure-chosen");
  if (secureChosen && !options.deviceTree) {
    const secureSeed = new Uint8Array(32);
    entropy.fill(secureSeed);
    secureChosen.properties.set("rng-seed", secureSeed);
  }
  describeModules(tree, modules);
  return writeDeviceTree(tree);
}

/** QEMU's `max` calls itself a Cortex-A57 in the device tree. */
function compatibleOf(core: Core): string {
  return `arm,${core.name === "max" ? "cortex-a57" : core.name}`;
}
