import { flashGeometry, memoryMap } from "../memory-map.js";
import { cells, cells64, type DeviceTreeNode, node, text } from "./tree.js";

/** Where only Secure accesses find a device: disabled for the operating system, and in order for firmware. */
export const secureOnly = { status: text("disabled"), "secure-status": text("okay") } as const;

/** The banks of flash: one node for both, or with EL3 a Secure one and another. */
export function flashNodes(hasEl3: boolean): DeviceTreeNode[] {
  const { base } = memoryMap.flash;
  const { size, bankWidth } = flashGeometry;
  const flash = (name: string, reg: number[], more: Record<string, Uint8Array> = {}): DeviceTreeNode =>
    node(`${name}@${reg[0]!.toString(16)}`, {
      ...more,
      "bank-width": cells(bankWidth),
      reg: cells64(...reg),
      compatible: text("cfi-flash"),
    });
  if (!hasEl3) return [flash("flash", [base, size, base + size, size])];
  return [flash("flash", [base + size, size]), flash("secflash", [base, size], secureOnly)];
}
