import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { findDebian } from "../../src/cli/debian/cache.js";
import { readModules } from "../../src/cli/debian/get.js";
import { withDependencies } from "../../src/cli/debian/modules.js";
import { UserError } from "../../src/cli/errors.js";
import { Root } from "../software/image.js";
import { rootDirectory } from "../software/machines.js";
import { fetchPackages, packageDirectory, readManifest, softwareDirectory } from "../software/packages.js";

const set = "xen";
const toolstack = "xen-utils-4.17";

/** What the toolstack reaches the hypervisor through: Debian builds these as modules. */
const modules = ["xen_privcmd", "xen_evtchn", "xen_gntdev", "xen_gntalloc", "xenfs"];

/**
 * dom0's initramfs with Debian's toolstack (xenstored, xenconsoled, xl), the modules that it needs, and the kernel and
 * initramfs of the domain that it starts. Fetches what isn't there. Returns the file's path.
 */
export function buildDomuInitrd(debian: NonNullable<ReturnType<typeof findDebian>>, say: (line: string) => void) {
  const kernel = debian.manifest.packages.find(({ name }) => name.startsWith("linux-image-"));
  if (!kernel) throw new UserError("the cache doesn't say which kernel package it holds: run npx trapeze get debian");
  const holdsKernel = (): boolean =>
    readManifest(set)?.packages.some(({ name, version }) => name === kernel.name && version === kernel.version) ??
    false;
  if (!holdsKernel())
    fetchPackages([toolstack, kernel.name], say, set, { [kernel.name]: ["./lib/modules/*/kernel/drivers/xen/*"] });
  if (!holdsKernel())
    throw new UserError(
      `Debian has a newer ${kernel.name} than the cache's ${kernel.version}: run npx trapeze get debian`,
    );
  const root = new Root(set, "npm run test:xen");
  for (const name of ["xl", "xenconsole", "xenconsoled", "xenstored", "xen-init-dom0"])
    root.program(`usr/lib/${toolstack.replace("utils-", "")}/bin/${name}`);
  root.link("usr/lib/xen", toolstack.replace("utils-", ""));
  // The C library loads it by name when a thread is cancelled, as xl does.
  root.library("libgcc_s.so.1");
  const found = readModules(join(packageDirectory(kernel.name), "lib/modules", kernelVersion(kernel.name)));
  for (const [order, name] of withDependencies(modules, found).entries()) {
    const { path, content } = found.get(name)!;
    root.add(`domu/modules/${order}-${basename(path)}`, content);
  }
  root.add("domu/start", readFileSync(`${rootDirectory}test/xen/start-domu`), 0o755);
  root.add("domu/Image", readFileSync(debian.image));
  root.add("domu/initramfs.cpio.gz", readFileSync(debian.initramfs));
  const first = readFileSync(debian.initramfs);
  const directory = join(softwareDirectory(), "images");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "domu.cpio");
  // The kernel unpacks archives one after another; those that aren't compressed begin at a multiple of 4.
  writeFileSync(file, Buffer.concat([first, new Uint8Array(-first.length & 3), root.archive()]));
  return file;
}

/** `uname -r` of a kernel package. */
const kernelVersion = (name: string): string => name.slice("linux-image-".length);
