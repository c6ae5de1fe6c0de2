import { type CpioEntry, fileType, writeCpio } from "./cpio.js";
import { type ModuleFiles, modulesDep, withDependencies } from "./modules.js";

export interface InitramfsContents {
  readonly init: Uint8Array;
  readonly busybox: Uint8Array;
  /** `uname -r`. */
  readonly kernelVersion: string;
  readonly modules: ModuleFiles;
}

/** Drivers for this machine's devices that Debian builds as modules, and file systems for what they carry. */
export const wantedModules = [
  "virtio_mmio",
  "virtio_pci",
  "virtio_blk",
  "virtio_console",
  "virtio_rng",
  "virtio_net",
  "9pnet_virtio",
  "9p",
  "crc32c_generic",
  "ext4",
] as const;

/** The archive that `trapeze run debian` boots: busybox, /init, a console and a few modules. */
export function buildInitramfs(contents: InitramfsContents): Uint8Array {
  const directory = (path: string): CpioEntry => ({ path, mode: fileType.directory | 0o755 });
  const file = (path: string, content: Uint8Array, mode = 0o644): CpioEntry => ({
    path,
    mode: fileType.file | mode,
    content,
  });
  const moduleRoot = `lib/modules/${contents.kernelVersion}`;
  const names = withDependencies(wantedModules, contents.modules);
  const files = names.map((name) => contents.modules.get(name)!);
  const directories = new Set<string>();
  for (const { path } of [...files.map((f) => ({ path: `${moduleRoot}/${f.path}` })), { path: `${moduleRoot}/x` }]) {
    const parts = path.split("/");
    for (let i = 1; i < parts.length; i++) directories.add(parts.slice(0, i).join("/"));
  }
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  return writeCpio([
    file("init", contents.init, 0o755),
    directory("bin"),
    file("bin/busybox", contents.busybox, 0o755),
    directory("sbin"),
    { path: "sbin/modprobe", mode: fileType.link | 0o777, content: text("/bin/busybox") },
    directory("etc"),
    file("etc/passwd", text("root:x:0:0:root:/root:/bin/sh\n")),
    file("etc/group", text("root:x:0:\n")),
    directory("dev"),
    { path: "dev/console", mode: fileType.character | 0o600, device: [5, 1] },
    ...[...directories].sort().map(directory),
    ...files.map(({ path, content }) => file(`${moduleRoot}/${path}`, content)),
    file(`${moduleRoot}/modules.dep`, text(modulesDep(names, contents.modules))),
  ]);
}
