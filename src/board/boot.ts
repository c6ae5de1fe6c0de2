import type { Core } from "../cpu/cores/core.js";
import { SeededEntropy } from "../devices/seeded-entropy.js";
import { readDeviceTree, writeDeviceTree } from "./device-tree/blob.js";
import { adoptDeviceTree, setChosen } from "./device-tree/chosen.js";
import { type PsciConduit, virtDeviceTree } from "./device-tree/virt.js";
import { type BootPlan, planBoot } from "./loaders/boot-plan.js";
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

/**
 * Decides what goes into RAM, and makes the device tree; undefined without a kernel. Throws LoadError or
 * DeviceTreeError, each with one sentence.
 */
export function planMachineBoot(options: MachineOptions, facts: BootFacts): BootPlan | undefined {
  const { kernel, initrd } = options;
  if (!kernel) return undefined;
  const rngSeed = new Uint8Array(32);
  new SeededEntropy(options.seed ?? 0n).fill(rngSeed);
  return planBoot(
    {
      kernel,
      ...(initrd ? { initrd } : {}),
      deviceTree: (place, protocol) => {
        const conduit = startsAsFirmware(protocol, facts.hasEl3 === true) ? undefined : facts.conduit;
        const tree = options.deviceTree
          ? readDeviceTree(options.deviceTree)
          : virtDeviceTree({
              processors: facts.processors,
              compatible: compatibleOf(facts.core),
              psciConduit: conduit,
              memory: facts.memory,
              hasEl2: facts.hasEl2,
              hasIts: options.its ?? true,
              highMemory: options.highMemory ?? true,
              hasFwCfg: true,
              hasPmu: facts.core.features.has("FEAT_PMUv3"),
            });
        if (options.deviceTree) adoptDeviceTree(tree, facts.memory, conduit);
        setChosen(tree, {
          ...(options.commandLine === undefined ? {} : { bootargs: options.commandLine }),
          ...(place ? { initrd: place } : {}),
          rngSeed,
        });
        return writeDeviceTree(tree);
      },
    },
    facts.memory,
  );
}

/** QEMU's `max` calls itself a Cortex-A57 in the device tree. */
function compatibleOf(core: Core): string {
  return `arm,${core.name === "max" ? "cortex-a57" : core.name}`;
}
