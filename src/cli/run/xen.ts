import { findDebian } from "../debian/cache.js";
import { findXen } from "../debian/xen.js";
import { UserError } from "../errors.js";
import type { RunConfiguration } from "../options/run-configuration.js";

const memory = 1536 * 2 ** 20;
const dom0Memory = "512M";
/** Where dom0's kernel and its initial RAM disk wait: behind Xen and the device tree, apart by more than a kernel. */
const kernelAddress = 0x4900_0000;
const ramdiskAddress = 0x4d00_0000;

/** Debian's Xen with Debian's kernel as dom0; a command line that was given is dom0's. */
export function applyXen(configuration: RunConfiguration): void {
  const xen = findXen();
  const debian = findDebian("debian");
  if (!xen) throw new UserError("xen isn't here yet; fetch it with: trapeze get xen");
  if (!debian) throw new UserError("dom0's kernel isn't here yet; fetch it with: trapeze get debian");
  const { processors, append } = configuration;
  configuration.kernel ??= xen;
  configuration.memory ??= memory;
  configuration.virtualization = true;
  configuration.append = [
    `dom0_mem=${dom0Memory} dom0_max_vcpus=${processors}`,
    "console=dtuart dtuart=/pl011@9000000 loglvl=all noreboot",
  ].join(" ");
  const commandLine = ["console=hvc0 earlycon=xenboot", ...(append === undefined ? [] : [append])].join(" ");
  configuration.modules.push(
    { kind: "kernel", address: kernelAddress, file: debian.image, commandLine },
    { kind: "ramdisk", address: ramdiskAddress, file: debian.initramfs },
  );
}
