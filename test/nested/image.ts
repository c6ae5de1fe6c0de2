import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../src/cli/debian/apt.js";
import { fileType, writeCpio } from "../../src/cli/debian/cpio.js";
import { Root } from "../software/image.js";
import { rootDirectory } from "../software/machines.js";
import { fetchPackages, readManifest, softwareDirectory } from "../software/packages.js";

const packages = "nested";
const here = `${rootDirectory}test/nested/`;
const diskMiB = 160;

export interface NestedImages {
  /** An ext4 file system with Debian's QEMU, and what it boots. */
  readonly disk: string;
  /** Debian's initramfs, with a program that mounts the disk. */
  readonly initrd: string;
}

/** Fetches Debian's QEMU for arm64 when it isn't there, and makes the images from it and from a kernel and its initramfs. */
export function buildNestedImages(kernel: string, initramfs: string, say: (line: string) => void): NestedImages {
  if (!readManifest(packages)) fetchPackages(["busybox-static", "qemu-system-arm"], say, packages);
  const directory = join(softwareDirectory(), "images");
  mkdirSync(directory, { recursive: true });
  const root = new Root(packages, "npm run test:nested");
  root.fetched("bin/busybox");
  root.program("usr/bin/qemu-system-aarch64");
  root.add("start", readFileSync(`${here}start`), 0o755);
  root.add("boot/Image", readFileSync(kernel));
  root.add("boot/initramfs.cpio.gz", readFileSync(initramfs));
  for (const path of ["proc", "sys", "dev", "tmp", "usr/share/qemu"]) root.directory(path);
  return { disk: writeDisk(root, directory), initrd: writeInitrd(initramfs, directory) };
}

/** mke2fs makes a file system of a folder without being root. */
function writeDisk(root: Root, directory: string): string {
  const disk = join(directory, "nested.ext4");
  const folder = mkdtempSync(join(directory, "nested-"));
  try {
    root.write(folder);
    rmSync(`${disk}.new`, { force: true });
    runProgram("mke2fs", ["-q", "-t", "ext4", "-E", "root_owner=0:0", "-d", folder, `${disk}.new`, `${diskMiB}M`]);
    renameSync(`${disk}.new`, disk);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return disk;
}

/** The kernel unpacks archives one after another; those that aren't compressed begin at a multiple of 4. */
function writeInitrd(initramfs: string, directory: string): string {
  const first = readFileSync(initramfs);
  const padding = new Uint8Array(-first.length & 3);
  const second = writeCpio([
    { path: "nested", mode: fileType.directory | 0o755 },
    { path: "nested/mount", mode: fileType.file | 0o755, content: readFileSync(`${here}mount`) },
  ]);
  const file = join(directory, "nested.cpio");
  writeFileSync(file, Buffer.concat([first, padding, second]));
  return file;
}
