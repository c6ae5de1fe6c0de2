import { cells64, childOf, type DeviceTree, ensureChild, text } from "./tree.js";
import { memoryNode, type PsciConduit, psciNode } from "./virt.js";

/** What the boot loader tells the operating system in `/chosen`. */
export interface Chosen {
  readonly bootargs?: string;
  /** Physical addresses; `end` is the first byte after it. */
  readonly initrd?: { readonly start: number; readonly end: number };
  readonly rngSeed?: Uint8Array;
  readonly kaslrSeed?: Uint8Array;
}

/** Writes the properties given into `/chosen`, leaving the others as they are. */
export function setChosen(tree: DeviceTree, chosen: Chosen): void {
  const { properties } = ensureChild(tree.root, "chosen");
  if (chosen.bootargs !== undefined) properties.set("bootargs", text(chosen.bootargs));
  if (chosen.initrd) {
    properties.set("linux,initrd-start", cells64(chosen.initrd.start));
    properties.set("linux,initrd-end", cells64(chosen.initrd.end));
  }
  if (chosen.rngSeed) properties.set("rng-seed", chosen.rngSeed);
  if (chosen.kaslrSeed) properties.set("kaslr-seed", chosen.kaslrSeed);
}

/**
 * Makes a user's own tree fit this machine as QEMU does: its memory becomes the machine's RAM, and its `/psci` the
 * firmware that the machine has.
 */
export function adoptDeviceTree(tree: DeviceTree, ram: number, conduit: PsciConduit): void {
  const { children } = tree.root;
  const drop = (matches: (name: string) => boolean): void => {
    for (let i = children.length - 1; i >= 0; i--) if (matches(children[i]!.name)) children.splice(i, 1);
  };
  drop((name) => name === "memory" || name.startsWith("memory@"));
  children.push(memoryNode(ram));
  if (!conduit) return;
  if (childOf(tree.root, "psci")) drop((name) => name === "psci");
  children.push(psciNode(conduit));
}
