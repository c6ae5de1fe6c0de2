import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What `trapeze get` can fetch: names, and Debian's package that depends on the newest kernel of the kind. */
export const debianKinds = {
  debian: "linux-image-arm64",
  "debian-cloud": "linux-image-cloud-arm64",
} as const;

export type DebianKind = keyof typeof debianKinds;

export function isDebianKind(name: string): name is DebianKind {
  return Object.hasOwn(debianKinds, name);
}

/** What was fetched and made; written last, so that its presence means that the rest is whole. */
export interface DebianManifest {
  readonly packages: readonly { readonly name: string; readonly version: string; readonly sha256: string }[];
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/** ${XDG_CACHE_HOME:-~/.cache}/trapeze */
export function cacheDirectory(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "trapeze");
}

/** Where the kernel and initramfs of a kind are, or undefined when they haven't been fetched. */
export function findDebian(
  kind: DebianKind,
): { image: string; initramfs: string; manifest: DebianManifest } | undefined {
  const directory = join(cacheDirectory(), kind);
  const manifestFile = join(directory, "manifest.json");
  if (!existsSync(manifestFile)) return undefined;
  return {
    image: join(directory, "Image"),
    initramfs: join(directory, "initramfs.cpio.gz"),
    manifest: JSON.parse(readFileSync(manifestFile, "utf8")) as DebianManifest,
  };
}
