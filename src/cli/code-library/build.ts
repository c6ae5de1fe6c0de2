import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { setPriority } from "node:os";
import { dirname, join } from "node:path";
import { decodeProfile } from "../../code-library/code-profile.js";
import { RegionLibrary } from "../../code-library/region-library.js";
import { buildVolumes } from "../../code-library/volume-builder.js";
import { cores } from "../../cpu/cores/cores.js";
import { a64 } from "../../isa/a64.js";
import { type LibraryFiles, leastHeat, libraryContents } from "./library-files.js";
import { compileAhead } from "./native-modules.js";
import { encodeVolumeFile } from "./volume-file.js";

/** Regions of one profile that are compiled, at most: the hottest. */
const mostRegions = 8000;
/** Regions that share a module, which is loaded whole when the first of them is wanted. */
const volumeSize = 1000;
/** Directories of builds and cores that are kept. */
const keptDirectories = 8;

/** Compiles what profiles ask for, one after the other; gives how many volumes it made. Only one process does so at a time. */
export function buildLibrary(cache: LibraryFiles, say: (text: string) => void): number {
  if (cache.profiles().length === 0) return 0;
  const release = lock(join(cache.directory, "lock"));
  if (release === undefined) return 0;
  setPriority(19);
  let made = 0;
  try {
    for (let profiles = cache.profiles(); profiles.length > 0; profiles = cache.profiles()) {
      for (const path of profiles) {
        made += buildFrom(cache, path, say);
        rmSync(path, { force: true });
      }
    }
    for (const { path } of libraryContents().slice(keptDirectories)) rmSync(path, { recursive: true, force: true });
  } finally {
    release();
  }
  return made;
}

function buildFrom(cache: LibraryFiles, path: string, say: (text: string) => void): number {
  const profile = decodeProfile(readFileSync(path));
  const library = new RegionLibrary(cache.volumes(), () => ({}));
  const core = cores.get(cache.core);
  if (core === undefined) return 0;
  const { features } = core;
  const options = { table: a64(), features, library, leastHeat, most: mostRegions, volumeSize };
  const volumes = buildVolumes(profile, options);
  for (const { description, module, regions } of volumes) {
    const native = compileAhead(module);
    cache.addVolume(encodeVolumeFile({ description, module, native }));
    say(`${cache.core}: ${regions} regions, ${Math.round((module.length + native.length) / 1024)} KiB`);
  }
  return volumes.length;
}

/** Takes a lock file; one left by a process that is gone doesn't count. Undefined when somebody else has it. */
function lock(path: string): (() => void) | undefined {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(path, "wx");
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch {
      if (isAlive(Number(readOr(path, "0")))) return undefined;
      rmSync(path, { force: true });
    }
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

/** Names of the cores that have a directory beside a cache's. */
export function coresBeside(cache: LibraryFiles): string[] {
  const parent = dirname(cache.directory);
  try {
    return readdirSync(parent).filter((name) => statSync(join(parent, name)).isDirectory());
  } catch {
    return [];
  }
}
