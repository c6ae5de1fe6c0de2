import { UserError } from "../errors.js";
import type { Properties } from "./properties.js";
import type { DevicePlace, RunConfiguration, VirtioOption } from "./run-configuration.js";
import { parseWhole } from "./values.js";

type Apply = (configuration: RunConfiguration, properties: Properties) => void;

/** What each kind of device reads from its properties; undefined for a bus that others plug into. */
const kinds: Readonly<Record<string, (properties: Properties) => VirtioOption | undefined>> = {
  blk: (properties) => {
    const serial = properties.get("serial");
    return { kind: "virtio-blk", drive: properties.require("drive"), ...(serial === undefined ? {} : { serial }) };
  },
  // The bus that consoles plug into; each console here is a device of its own.
  serial: () => undefined,
  rng: () => ({ kind: "virtio-rng" }),
  "9p": (properties) => ({
    kind: "virtio-9p",
    folder: properties.require("fsdev"),
    tag: properties.require("mount_tag"),
  }),
  net: (properties) => {
    const mac = properties.get("mac");
    return {
      kind: "virtio-net",
      network: properties.require("netdev"),
      ...(mac === undefined ? {} : { mac: parseMac(mac, properties.nameOf("mac")) }),
    };
  },
};

/** virtio-blk-device and its like, on virtio-mmio; virtio-blk-pci, or virtio-blk for short, on PCI. */
export const virtioDevices: Readonly<Record<string, Apply>> = {
  ...Object.fromEntries(
    Object.entries(kinds).flatMap(([kind, read]) => {
      const apply =
        (bus: "mmio" | "pci"): Apply =>
        (configuration, properties) => {
          const place = bus === "pci" ? readPciPlace(properties) : readMmioPlace(properties);
          const device = read(properties);
          if (device) configuration.devices.push({ ...device, ...place });
          else configuration.consolePlace = place;
        };
      return [
        [`virtio-${kind}-device`, apply("mmio")],
        [`virtio-${kind}-pci`, apply("pci")],
        [`virtio-${kind}`, apply("pci")],
      ];
    }),
  ),
  virtconsole: (configuration, properties) => {
    properties.get("name");
    configuration.devices.push({
      kind: "virtio-console",
      chardev: properties.require("chardev"),
      ...configuration.consolePlace,
    });
    // A second console on the same bus is a device in another slot.
    const { bus } = configuration.consolePlace;
    configuration.consolePlace = bus === undefined ? {} : { bus };
  },
};

/** `bus=pcie.0,addr=DEVICE[.0]`, both hexadecimal as QEMU reads them. */
function readPciPlace(properties: Properties): DevicePlace {
  const bus = properties.get("bus") ?? "pcie.0";
  if (bus !== "pcie.0")
    throw new UserError(`${properties.nameOf("bus")}: there is no PCI bus '${bus}'; there is pcie.0`);
  const address = properties.get("addr");
  if (address === undefined) return { bus: "pci" };
  const [, device = "", number] = /^(?:0x)?([0-9a-f]{1,2})(?:\.([0-9a-f]+))?$/i.exec(address) ?? [];
  const slot = Number.parseInt(device, 16);
  if (!(slot >= 1 && slot <= 31) || (number !== undefined && Number.parseInt(number, 16) !== 0))
    throw new UserError(
      `${properties.nameOf("addr")}: '${address}' is no place for a device; there are 1 to 1f (hexadecimal), function 0`,
    );
  return { bus: "pci", slot };
}

/** `bus=virtio-mmio-bus.SLOT`. */
function readMmioPlace(properties: Properties): DevicePlace {
  const bus = properties.get("bus");
  if (bus === undefined) return {};
  const [, slot] = /^virtio-mmio-bus\.(\d+)$/.exec(bus) ?? [];
  if (slot === undefined)
    throw new UserError(
      `${properties.nameOf("bus")}: there is no virtio bus '${bus}'; there are virtio-mmio-bus.0 to virtio-mmio-bus.31`,
    );
  return { slot: parseWhole(slot, properties.nameOf("bus"), 0, 31) };
}

/** Six bytes in hexadecimal with colons between. A group address can't be a station's. */
function parseMac(text: string, name: string): Uint8Array {
  const bytes = /^([0-9a-f]{1,2})(:[0-9a-f]{1,2}){5}$/i.test(text)
    ? Uint8Array.from(text.split(":"), (byte) => Number.parseInt(byte, 16))
    : undefined;
  if (!bytes) throw new UserError(`${name}: '${text}' is no Ethernet address such as 52:54:00:12:34:56`);
  if (bytes[0]! & 1) throw new UserError(`${name}: '${text}' is a group's address, not a station's`);
  return bytes;
}
