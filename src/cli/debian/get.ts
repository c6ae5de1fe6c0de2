import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "fflate";
import { UserError } from "../errors.js";
import { Apt, runProgram } from "./apt.js";
import { cacheDirectory, type DebianKind, type DebianManifest, debianKinds } from "./cache.js";
import { replaceFile, sha256 } from "./files.js";
import { buildInitramfs, wantedModules } from "./initramfs.js";
import { type ModuleFiles, moduleName } from "./modules.js";

/** The /init of the initramfs, seen from src/ and from dist/ alike. */
const initFile = fileURLToPath(new URL("../../../assets/debian/init", import.meta.url));

/** Fetches Debian's kernel and busybox, and builds the initramfs; `say` takes a line of progress. */
export function getDebian(kind: DebianKind, say: (line: string) => void): DebianManifest {
  const target = join(cacheDirectory(), kind);
  mkdirSync(target, { recursive: true });
  const work = mkdtempSync(join(cacheDirectory(), `${kind}-`));
  try {
    const apt = new Apt(join(work, "apt"));
    say("reading Debian's package lists");
    apt.update();
    const kernel = unpack(apt, apt.dependencyOf(debianKinds[kind]), join(work, "kernel"), say);
    const busybox = unpack(apt, "busybox-static", join(work, "busybox"), say);

    const images = readdirSync(join(work, "kernel/boot")).filter((name) => name.startsWith("vmlinuz-"));
    const image = images[0];
    if (!image) throw new UserError(`${kernel.name} holds no kernel image`);
    const kernelVersion = image.slice("vmlinuz-".length);
    say("building the initramfs");
    const modules = readModules(join(work, "kernel/lib/modules", kernelVersion));
    if (!wantedModules.some((name) => modules.has(name)) && modules.size > 0)
      throw new UserError("the kernel package holds none of the modules wanted");
    const files: Record<string, Uint8Array> = {
      Image: readFileSync(join(work, "kernel/boot", image)),
      "initramfs.cpio.gz": gzipSync(
        buildInitramfs({
          init: readFileSync(initFile),
          busybox: readFileSync(join(work, "busybox/bin/busybox")),
          kernelVersion,
          modules,
        }),
        { level: 9, mtime: 0 },
      ),
    };
    const manifest: DebianManifest = {
      packages: [kernel, busybox],
      files: Object.fromEntries(
        Object.entries(files).map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]),
      ),
    };
    rmSync(join(target, "manifest.json"), { force: true });
    for (const [name, bytes] of Object.entries(files)) replaceFile(target, name, bytes);
    replaceFile(target, "manifest.json", new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`));
    return manifest;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Downloads a package and unpacks the parts that are needed here. */
function unpack(apt: Apt, name: string, directory: string, say: (line: string) => void): DebianManifest["packages"][0] {
  const version = apt.versionOf(name);
  say(`downloading ${name} ${version}`);
  const file = apt.download(name);
  const digest = sha256(readFileSync(file));
  mkdirSync(directory, { recursive: true });
  const archive = `${file}.tar`;
  writeFileSync(archive, runProgram("dpkg-deb", ["--fsys-tarfile", file]));
  const wanted = ["./boot/vmlinuz-*", "./bin/busybox", "./usr/bin/busybox", ...wantedModuleDirectories];
  const members = runProgram("tar", ["-tf", archive]).toString().split("\n");
  const patterns = wanted.filter((pattern) => members.some((member) => matches(member, pattern)));
  runProgram("tar", ["-C", directory, "--wildcards", "-xf", archive, ...patterns]);
  rmSync(archive);
  return { name, version, sha256: digest };
}

/** Where the wanted modules and everything that they may need are. */
const wantedModuleDirectories = [
  "./lib/modules/*/kernel/crypto/*",
  "./lib/modules/*/kernel/drivers/block/virtio*",
  "./lib/modules/*/kernel/drivers/char/*",
  "./lib/modules/*/kernel/drivers/net/*failover*",
  "./lib/modules/*/kernel/drivers/net/virtio_net*",
  "./lib/modules/*/kernel/drivers/virtio/*",
  "./lib/modules/*/kernel/fs/*",
  "./lib/modules/*/kernel/lib/*",
  "./lib/modules/*/kernel/net/9p/*",
  "./lib/modules/*/kernel/net/core/*",
];

function matches(member: string, pattern: string): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${expression}$`).test(member);
}

/** All modules below /lib/modules/VERSION of an unpacked kernel package. */
export function readModules(root: string): ModuleFiles {
  const found = new Map<string, { path: string; content: Uint8Array }>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ko")) continue;
    const file = join(entry.parentPath, entry.name);
    found.set(moduleName(entry.name), { path: relative(root, file), content: readFileSync(file) });
  }
  return found;
}
