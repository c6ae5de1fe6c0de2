import { FW_CFG_KEY } from "../devices/index.js";
import type { MachineOptions } from "./machine-options.js";

/**
 * What firmware finds in fw_cfg under QEMU's fixed keys: how many PEs there are, and, for firmware that boots them, kernel,
 * initrd and command line.
 */
export function fwCfgItems(options: MachineOptions, bootsKernel: boolean): Map<number, Uint8Array> {
  const { processors = 1, kernel, initrd, commandLine } = options;
  const items = new Map<number, Uint8Array>([
    [FW_CFG_KEY.UUID, new Uint8Array(16)],
    [FW_CFG_KEY.NO_GRAPHIC, Uint8Array.of(1, 0)],
    [FW_CFG_KEY.PROCESSORS, Uint8Array.of(processors, 0)],
    [FW_CFG_KEY.BOOT_MENU, Uint8Array.of(0, 0)],
  ]);
  if (!bootsKernel) return items;
  const add = (sizeKey: number, dataKey: number, bytes: Uint8Array): void => {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length, true);
    items.set(sizeKey, size);
    items.set(dataKey, bytes);
  };
  if (kernel) add(FW_CFG_KEY.KERNEL_SIZE, FW_CFG_KEY.KERNEL_DATA, kernel);
  if (initrd) add(FW_CFG_KEY.INITRD_SIZE, FW_CFG_KEY.INITRD_DATA, initrd);
  if (commandLine !== undefined)
    add(FW_CFG_KEY.COMMAND_LINE_SIZE, FW_CFG_KEY.COMMAND_LINE_DATA, new TextEncoder().encode(`${commandLine}\0`));
  return items;
}
