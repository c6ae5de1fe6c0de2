import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { setPriority } from "node:os";
import { dirname, join } from "node:path";
import { type CodeProfile, decodeProfile } from "../../code-library/code-profile.js";
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
/** Volumes of a core that are kept: the newest. */
const keptVolumes = 128;
/** Directories of builds and cores that are kept. */
const keptDirectories = 8;

/** Milliseconds between two looks at whether another process has come to its end. */
const patience = 100;

/** Compiles what profiles ask for, one after the other. Only one process does so at a time: others wait for it. */
export async function buildLibrary(files: LibraryFiles, say: (text: string) => void): Promise<void> {
  while (files.profiles().length > 0) {
    const release = lock(join(files.directory, "lock"));
    if (release === undefined) {
      await new Promise((resolve) => setTimeout(resolve, patience));
      continue;
    }
    setPriority(19);
    try {
      for (const path of files.profiles()) {
        const bytes = readFileSync(path);
        // Before it is compiled from: one that can't be would be in the way for ever.
        rmSync(path, { force: true });
        const profile = readProfile(bytes);
        if (profile === undefined) say(`${path}: passed over, as it isn't a code profile, or isn't whole`);
        else buildFrom(files, profile, say);
      }
      files.dropOldest(keptVolumes);
      for (const { path } of libraryContents().slice(keptDirectories)) rmSync(path, { recursive: true, force: true });
    } finally {
      release();
    }
  }
}

function buildFrom(files: LibraryFiles, profile: CodeProfile, say: (text: string) => void): void {
  const library = new RegionLibrary(files.volumes(), () => ({}));
  const core = cores.get(files.core);
  if (core === undefined) return;
  const { features } = core;
  const options = { table: a64(), features, library, leastHeat, most: mostRegions, volumeSize };
  const volumes = buildVolumes(profile, options);
  for (const { description, module, regions } of volumes) {
    const native = compileAhead(module);
    files.addVolume(encodeVolumeFile({ description, module, native }));
    say(`${files.core}: ${regions} regions, ${Math.round((module.length + native.length) / 1024)} KiB`);
  }
}

function readProfile(bytes: Uint8Array): CodeProfile | undefined {
  try {
    return decodeProfile(bytes);
  } catch {
    return undefined;
  }
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

/** Names of the cores that have a directory beside a library's. */
export function coresBeside(files: LibraryFiles): string[] {
  const parent = dirname(files.directory);
  try {
    return readdirSync(parent).filter((name) => statSync(join(parent, name)).isDirectory());
  } catch {
    return [];
  }
}
