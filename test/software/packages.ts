import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Apt, runProgram } from "../../src/cli/debian/apt.js";
import { cacheDirectory } from "../../src/cli/debian/cache.js";
import { UserError } from "../../src/cli/errors.js";
import { rootDirectory } from "./machines.js";

/** A package whose files lie unpacked in the cache. */
export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/** Written last: its presence means that every package in it is whole. */
export interface SoftwareManifest {
  readonly packages: readonly FetchedPackage[];
}

/**
 * Dependencies that no program here loads: what the GL libraries, of which stress-ng's GPU stressor is linked, use to
 * draw with (LLVM among it).
 */
const notNeeded: ReadonlySet<string> = new Set(["libegl-mesa0", "libgl1-mesa-dri", "libglx-mesa0"]);

/** Which dependencies are followed: libraries, and the modules that Debian's node keeps in packages of their own. */
const followed = /^(lib|zlib1g$|node-)/;

export const esbuildPackage = "@esbuild/linux-arm64";

/** The set of packages that {@link fetchPackages} fetches unless told otherwise. */
export const softwareSet = "manifest";

/** ${XDG_CACHE_HOME:-~/.cache}/trapeze/software */
export function softwareDirectory(): string {
  return join(cacheDirectory(), "software");
}

/** The folder that a fetched package was unpacked into. */
export function packageDirectory(name: string): string {
  return join(softwareDirectory(), "packages", name.replace("/", "+"));
}

/** What was fetched under a name: {@link softwareSet} for the workloads' programs. */
export function readManifest(set = softwareSet): SoftwareManifest | undefined {
  const file = join(softwareDirectory(), `${set}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as SoftwareManifest) : undefined;
}

/** The version of esbuild that the development tools brought: the same program for the host's architecture. */
export function esbuildVersion(): string {
  const description = JSON.parse(readFileSync(`${rootDirectory}node_modules/esbuild/package.json`, "utf8")) as {
    version: string;
  };
  return description.version;
}

/**
 * Downloads Debian packages for arm64 with the libraries that they depend on, and for {@link softwareSet} esbuild for
 * arm64 from npm, and unpacks them into the cache. Nothing is installed, and no maintainer script is run. `say` takes a
 * line of progress. Of packages in `parts` only the files that match its patterns (tar's) are unpacked, and no
 * dependencies fetched.
 */
export function fetchPackages(
  roots: readonly string[],
  say: (line: string) => void,
  set = softwareSet,
  parts: Readonly<Record<string, readonly string[]>> = {},
): SoftwareManifest {
  mkdirSync(join(softwareDirectory(), "packages"), { recursive: true });
  const work = mkdtempSync(join(softwareDirectory(), "fetch-"));
  try {
    const apt = new Apt(join(work, "apt"));
    say("reading Debian's package lists");
    apt.update();
    const packages: FetchedPackage[] = [];
    const queue = [...new Set(roots)];
    for (const name of queue) {
      const file = apt.download(name);
      const field = (key: string): string => runProgram("dpkg-deb", ["-f", file, key]).toString().trim();
      const version = field("Version");
      say(`${name} ${version}`);
      const patterns = parts[name];
      unpack(name, (directory) => extract(file, directory, patterns));
      packages.push({ name, version, sha256: sha256(file) });
      if (patterns) continue;
      for (const dependency of dependencies(`${field("Pre-Depends")},${field("Depends")}`))
        if (followed.test(dependency) && !notNeeded.has(dependency) && !queue.includes(dependency))
          queue.push(dependency);
    }
    if (set === softwareSet) packages.push(fetchEsbuild(work, say));
    const manifest = { packages };
    const written = join(softwareDirectory(), `${set}.json`);
    writeFileSync(`${written}.new`, `${JSON.stringify(manifest, undefined, 2)}\n`);
    renameSync(`${written}.new`, written);
    return manifest;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function fetchEsbuild(work: string, say: (line: string) => void): FetchedPackage {
  const version = esbuildVersion();
  say(`${esbuildPackage} ${version}`);
  const downloads = join(work, "npm");
  mkdirSync(downloads);
  runProgram("npm", ["pack", "--silent", "--pack-destination", downloads, `${esbuildPackage}@${version}`], work);
  const file = readdirSync(downloads).find((entry) => entry.endsWith(".tgz"));
  if (!file) throw new UserError(`npm pack ${esbuildPackage}@${version} brought no package`);
  unpack(esbuildPackage, (directory) => runProgram("tar", ["-C", directory, "-xzf", join(downloads, file)]));
  return { name: esbuildPackage, version, sha256: sha256(join(downloads, file)) };
}

/** Unpacks a Debian package, or those of its files that match one of the patterns. */
function extract(file: string, directory: string, patterns: readonly string[] | undefined): void {
  if (!patterns) {
    runProgram("dpkg-deb", ["-x", file, directory]);
    return;
  }
  const archive = `${file}.tar`;
  writeFileSync(archive, runProgram("dpkg-deb", ["--fsys-tarfile", file]));
  runProgram("tar", ["-C", directory, "--wildcards", "-xf", archive, ...patterns]);
  rmSync(archive);
}

/** Replaces a package's folder by what `extract` puts into an empty one. */
function unpack(name: string, extract: (directory: string) => void): void {
  const directory = packageDirectory(name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  extract(directory);
}

/** The first alternative of each dependency: "libc6 (>= 2.36), a | b" is libc6 and a. */
function dependencies(field: string): string[] {
  return field
    .split(",")
    .map((alternatives) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(alternatives)?.[1])
    .filter((name) => name !== undefined);
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
