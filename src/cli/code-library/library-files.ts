import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CodeProfile, encodeProfile } from "../../code-library/code-profile.js";
import type { RegionVolume } from "../../code-library/region-library.js";
import { hasFusedMultiplyAdd } from "../../wasm/fused.js";
import { cacheDirectory } from "../debian/cache.js";
import { loadModule } from "./native-modules.js";
import { openVolume } from "./volume-file.js";

/** Arrivals by branch that make code worth compiling ahead. */
export const leastHeat = 100;
/** Places with such code for which it is worth to do so. */
export const leastPlaces = 10;

const volumeSuffix = ".volume";
const profileSuffix = ".profile";

/** Whether the environment variable TRAPEZE_CODE_LIBRARY lets regions be kept. */
export function libraryAllowed(): boolean {
  return process.env["TRAPEZE_CODE_LIBRARY"] !== "off";
}

/** Where code that was compiled ahead is kept: the directory in TRAPEZE_CODE_LIBRARY, if there is one. */
export function libraryDirectory(): string {
  const wanted = process.env["TRAPEZE_CODE_LIBRARY"];
  return wanted && wanted !== "off" ? wanted : join(cacheDirectory(), "library");
}

/** What a build's directory is called: nothing else in the library's directory is touched. */
const buildName = /^[0-9a-f]{16}-v[\d.]+-\w+(-unfused)?$/;

function builds(): string[] {
  const root = libraryDirectory();
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => buildName.test(name))
    .map((name) => join(root, name))
    .filter((path) => statSync(path).isDirectory());
}

/**
 * Regions compiled ahead, kept between runs: of this build of the command, this version of Node, and one kind of core. Runs that met new
 * code leave a profile of it; a process of low priority then compiles what was warm.
 */
export class LibraryFiles {
  readonly directory: string;

  /** Undefined when the command isn't the built one, which alone can be told from other builds. */
  static forCore(core: string): LibraryFiles | undefined {
    const build = import.meta.bundle;
    if (build === undefined) return undefined;
    const host = `${process.version}-${process.arch}${hasFusedMultiplyAdd() ? "" : "-unfused"}`;
    return new LibraryFiles(join(libraryDirectory(), `${build}-${host}`, core), core);
  }

  private constructor(
    directory: string,
    readonly core: string,
  ) {
    this.directory = directory;
  }

  /** What has been compiled ahead. Files that can't be read or aren't whole are passed over: they only save time. */
  volumes(): RegionVolume[] {
    const volumes: RegionVolume[] = [];
    for (const file of this.files(volumeSuffix)) {
      const volume = openVolume(join(this.directory, file));
      if (volume === undefined) continue;
      const { description, code } = volume;
      volumes.push({
        description,
        module: () => {
          const parts = code();
          return parts && loadModule(parts.module, parts.native);
        },
      });
    }
    return volumes;
  }

  /** Profiles that wait to be compiled from. */
  profiles(): string[] {
    return this.files(profileSuffix).map((file) => join(this.directory, file));
  }

  private files(suffix: string): string[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory)
      .filter((name) => name.endsWith(suffix))
      .sort();
  }

  /** Keeps a run's profile, and starts the compiler. */
  keep(profile: CodeProfile): void {
    mkdirSync(this.directory, { recursive: true });
    this.write(`${process.pid}-${Date.now()}${profileSuffix}`, encodeProfile(profile));
    const script = process.argv[1];
    if (script === undefined) return;
    spawn(process.execPath, [script, "code-library", "build"], { detached: true, stdio: "ignore" }).unref();
  }

  /** Writes a file that others see whole or not at all. */
  write(name: string, bytes: Uint8Array): void {
    const path = join(this.directory, name);
    const partial = `${path}.${process.pid}.partial`;
    writeFileSync(partial, bytes);
    renameSync(partial, path);
  }

  /** Removes all volumes but the `kept` newest. */
  dropOldest(kept: number): void {
    for (const file of this.files(volumeSuffix).slice(0, -kept)) rmSync(join(this.directory, file), { force: true });
  }

  addVolume(file: Uint8Array): void {
    const last = this.files(volumeSuffix).at(-1);
    const number = last === undefined ? 1 : Number.parseInt(last, 10) + 1;
    this.write(`${String(number).padStart(6, "0")}${volumeSuffix}`, file);
  }
}

/** Everything that is kept, the newest first. */
export function libraryContents(): { readonly path: string; readonly core: string; readonly bytes: number }[] {
  const found: { path: string; core: string; bytes: number; time: number }[] = [];
  for (const build of builds()) {
    for (const core of readdirSync(build)) {
      const path = join(build, core);
      if (!statSync(path).isDirectory()) continue;
      const sizes = readdirSync(path).map((name) => statSync(join(path, name)).size);
      found.push({ path, core, bytes: sizes.reduce((sum, n) => sum + n, 0), time: statSync(path).mtimeMs });
    }
  }
  return found.sort((a, b) => b.time - a.time);
}

/** Forgets all code that was compiled ahead. */
export function clearLibrary(): void {
  for (const path of builds()) rmSync(path, { recursive: true, force: true });
}
