import { cells64, type DeviceTree, ensureChild, node, text } from "../device-tree/tree.js";
import type { Piece } from "./boot-plan.js";

/**
 * An image that waits in RAM for a boot loader or hypervisor, which finds it by a node of the device tree (the multiboot
 * protocol for Arm, Xen's docs/misc/arm/device-tree/booting.txt).
 */
export interface GuestModule {
  readonly kind: "kernel" | "ramdisk";
  readonly address: number;
  readonly bytes: Uint8Array;
  /** A kernel's command line. */
  readonly commandLine?: string;
}

/** Writes `/chosen/module@ADDRESS` of each module, spelt as QEMU's guest-loader does. */
export function describeModules(tree: DeviceTree, modules: readonly GuestModule[]): void {
  const chosen = ensureChild(tree.root, "chosen");
  for (const { kind, address, bytes, commandLine } of modules)
    chosen.children.push(
      node(`module@0x${address.toString(16).padStart(8, "0")}`, {
        compatible: text("multiboot,module", `multiboot,${kind}`),
        reg: cells64(address, bytes.length),
        ...(commandLine === undefined ? {} : { bootargs: text(commandLine) }),
      }),
    );
}

/** Where the modules go. */
export function moduleSegments(modules: readonly GuestModule[]): Piece[] {
  return modules.map(({ kind, address, bytes }, i) => ({
    what: `guest ${kind} ${i}`,
    address,
    bytes,
    size: bytes.length,
  }));
}
