import {
  SeededEntropy,
  Virtio9P,
  VirtioBlk,
  VirtioConsole,
  type VirtioDevice,
  VirtioNet,
  VirtioRng,
} from "../devices/index.js";
import type { Clock } from "../ports/index.js";
import type { MachineDevice } from "./machine-options.js";

export interface VirtioDeviceContext {
  readonly clock: Clock;
  /** All devices of the machine: network devices are numbered among them. */
  readonly devices: readonly MachineDevice[];
}

/** Makes the device itself, without its transport. */
export function makeVirtioDevice(device: MachineDevice, seed: bigint, context: VirtioDeviceContext): VirtioDevice {
  switch (device.kind) {
    case "virtio-blk":
      return new VirtioBlk({
        backend: device.backend,
        ...(device.serial === undefined ? {} : { serial: device.serial }),
      });
    case "virtio-console":
      return new VirtioConsole(device.backend);
    case "virtio-rng":
      return new VirtioRng(new SeededEntropy(seed));
    case "virtio-9p":
      return new Virtio9P({ files: device.files, mountTag: device.mountTag });
    case "virtio-net": {
      const number = context.devices.filter(({ kind }) => kind === "virtio-net").indexOf(device);
      return new VirtioNet({ backend: device.backend, clock: context.clock, mac: device.mac ?? defaultMac(number) });
    }
  }
}

/** QEMU's: 52:54:00:12:34:56 for the first network device, and up. */
function defaultMac(number: number): Uint8Array {
  return Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, (0x56 + number) & 0xff);
}
