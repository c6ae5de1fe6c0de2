import { fileURLToPath } from "node:url";
import { findDebian, isDebianKind } from "../debian/cache.js";
import { UserError } from "../errors.js";
import type { DeviceOption, RunConfiguration } from "../options/run-configuration.js";
import { nearest } from "../options/suggest.js";
import { applyXen } from "./xen.js";

/** The demo image, seen from src/ and from dist/ alike. */
const demoImage = fileURLToPath(new URL("../../../guest/images/demo.elf", import.meta.url));

const debianMemory = 512 * 2 ** 20;

/** Modules of Debian's kernel that a device needs, and those for what it carries. */
const deviceModules: Readonly<Record<DeviceOption["kind"], readonly string[]>> = {
  "virtio-blk": ["virtio_blk", "crc32c_generic", "ext4"],
  "virtio-console": ["virtio_console"],
  "virtio-rng": ["virtio_rng"],
  "virtio-9p": ["9pnet_virtio", "9p"],
  "virtio-net": ["virtio_net"],
};

const transportModule = { mmio: "virtio_mmio", pci: "virtio_pci" } as const;

/** What `trapeze run` has names for. */
export const presets = {
  demo: "a small bare-metal program that brings up MMU, exceptions, GIC and timer at EL1",
  debian: "Debian's kernel with busybox (fetched by `trapeze get debian`)",
  "debian-cloud": "the same with Debian's smaller kernel for clouds",
  xen: "Debian's Xen with Debian's kernel as dom0, whose command line -append is (fetched by `trapeze get xen`)",
} as const;

/** Fills in what a named image needs and the options didn't give. */
export function applyPreset(name: string, configuration: RunConfiguration): void {
  if (name === "demo") {
    configuration.kernel ??= demoImage;
  } else if (name === "xen") {
    applyXen(configuration);
  } else if (isDebianKind(name)) {
    const found = findDebian(name);
    if (!found) throw new UserError(`${name} isn't here yet; fetch it with: trapeze get ${name}`);
    configuration.kernel ??= found.image;
    configuration.initrd ??= found.initramfs;
    configuration.memory ??= debianMemory;
    const modules = [
      ...new Set(
        configuration.devices.flatMap(({ kind, bus = "mmio" }) => [transportModule[bus], ...deviceModules[kind]]),
      ),
    ];
    configuration.append = [
      "console=ttyAMA0",
      ...(modules.length > 0 ? [`trapeze.modules=${modules.join(",")}`] : []),
      ...(configuration.append === undefined ? [] : [configuration.append]),
    ].join(" ");
  } else {
    const names = Object.keys(presets);
    const near = nearest(name, names);
    throw new UserError(
      `there is nothing called '${name}' to run${near ? `; did you mean ${near}?` : `: there are ${names.join(", ")}, or -kernel FILE`}`,
    );
  }
}
