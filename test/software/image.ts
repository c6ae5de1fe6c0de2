import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../src/cli/debian/apt.js";
import { type CpioEntry, fileType, writeCpio } from "../../src/cli/debian/cpio.js";
import { UserError } from "../../src/cli/errors.js";
import { rootDirectory } from "./machines.js";
import { packageDirectory, readManifest, softwareDirectory, softwareSet } from "./packages.js";
import type { Workload } from "./workloads.js";

const here = `${rootDirectory}test/software/`;
const interpreter = "lib/ld-linux-aarch64.so.1";
const libraryDirectories = ["lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu"];

/**
 * Makes the initial RAM disk of a workload in the cache and returns its path: busybox, /init, the steps, and of the
 * packages no more than the programs, the libraries that they are linked with, and the folders that the workload names.
 * It isn't compressed, since unpacking would cost the guest more than all the rest of its boot.
 */
export function buildImage(name: string, workload: Workload): string {
  const root = new Root(softwareSet, "npx tsx scripts/fetch-software.ts");
  root.add("init", readFileSync(join(here, "init")), 0o755);
  root.add("steps", text(stepsScript(workload)));
  root.add("etc/passwd", text("root:x:0:0:root:/root:/bin/sh\n"));
  root.add("etc/group", text("root:x:0:\n"));
  root.device("dev/console", 5, 1);
  root.fetched("bin/busybox");
  for (const path of workload.programs ?? []) root.program(path);
  for (const [path, source] of Object.entries(workload.fromPackages ?? {}))
    root.add(path, readFileSync(root.find(source)), 0o755);
  for (const soname of workload.loads ?? []) root.library(soname);
  for (const path of workload.trees ?? []) root.tree(path);
  for (const [path, content] of Object.entries(workload.files?.() ?? {})) root.add(path, content);
  const directory = join(softwareDirectory(), "images");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.cpio`);
  writeFileSync(file, root.archive());
  return file;
}

/** The steps as /init sources them: `step NAME` with the command as a here-document. */
function stepsScript({ steps }: Workload): string {
  const end = "END_OF_STEP";
  return Object.entries(steps)
    .map(([name, { command }]) => `step ${name} <<'${end}'\n${command}\n${end}\n`)
    .join("");
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** A root file system that's put together from the unpacked packages of a set; `command` fetches them. */
export class Root {
  readonly #entries = new Map<string, CpioEntry>();
  readonly #packages: readonly string[];

  constructor(set: string, command: string) {
    const manifest = readManifest(set);
    if (!manifest) throw new UserError(`the programs aren't in ${softwareDirectory()}: run ${command}`);
    this.#packages = manifest.packages.map(({ name }) => packageDirectory(name));
  }

  add(path: string, content: Uint8Array, mode = 0o644): void {
    this.#put({ path, mode: fileType.file | mode, content });
  }

  device(path: string, major: number, minor: number): void {
    this.#put({ path, mode: fileType.character | 0o600, device: [major, minor] });
  }

  /** A file or folder of a package, with what it points to when it's a link. */
  fetched(path: string): void {
    if (this.#entries.has(path)) return;
    const file = this.find(path);
    const status = lstatSync(file);
    if (status.isDirectory()) {
      this.tree(path);
      return;
    }
    if (!status.isSymbolicLink()) {
      this.#put({ path, mode: fileType.file | (status.mode & 0o777), content: readFileSync(file) });
      return;
    }
    const target = readlinkSync(file);
    this.#put({ path, mode: fileType.link | 0o777, content: text(target) });
    const parent = path.slice(0, path.lastIndexOf("/"));
    this.fetched(target.startsWith("/") ? target.slice(1) : join(parent, target));
  }

  /** A program and everything that it's linked with. */
  program(path: string): void {
    this.fetched(path);
    const needed = neededBy(this.find(path));
    if (needed.length > 0 && !this.#entries.has(interpreter)) this.fetched(interpreter);
    for (const soname of needed) this.library(soname);
  }

  library(soname: string): void {
    const path = libraryDirectories
      .map((directory) => `${directory}/${soname}`)
      .find((candidate) => this.#locate(candidate) !== undefined);
    if (!path) throw new UserError(`no fetched package holds the library ${soname}`);
    if (!this.#entries.has(path)) this.program(path);
  }

  /** A folder, put together from all packages, and all below it. Its shared objects bring their libraries. */
  tree(path: string): void {
    this.find(path);
    for (const directory of this.#packages) {
      if (!existsSync(join(directory, path))) continue;
      for (const entry of readdirSync(join(directory, path), { withFileTypes: true })) {
        const below = `${path}/${entry.name}`;
        if (entry.isDirectory()) this.tree(below);
        else if (/\.so(\.|$)/.test(entry.name)) this.program(below);
        else this.fetched(below);
      }
    }
  }

  /** Where a path of the guest lies on the host. */
  find(path: string): string {
    const found = this.#locate(path);
    if (!found) throw new UserError(`no fetched package holds /${path}; fetch again with --force`);
    return found;
  }

  #locate(path: string): string | undefined {
    return this.#packages
      .map((directory) => join(directory, path))
      .find((file) => existsSync(file) || lstatSync(file, { throwIfNoEntry: false }) !== undefined);
  }

  link(path: string, target: string): void {
    this.#put({ path, mode: fileType.link | 0o777, content: text(target) });
  }

  /** An empty folder. */
  directory(path: string): void {
    this.#put({ path, mode: fileType.directory | 0o755 });
  }

  #put(entry: CpioEntry): void {
    const parts = entry.path.split("/");
    for (let i = 1; i < parts.length; i++) {
      const path = parts.slice(0, i).join("/");
      if (!this.#entries.has(path)) this.#entries.set(path, { path, mode: fileType.directory | 0o755 });
    }
    this.#entries.set(entry.path, entry);
  }

  /** Puts it all, but for devices, below a folder of the host that is empty. */
  write(directory: string): void {
    for (const { path, mode, content } of this.#entries.values()) {
      const target = join(directory, path);
      const type = mode & 0o170000;
      if (type === fileType.directory) mkdirSync(target, { recursive: true });
      else if (type === fileType.link) symlinkSync(new TextDecoder().decode(content), target);
      else if (type === fileType.file) {
        writeFileSync(target, content!);
        chmodSync(target, mode & 0o777);
      }
    }
  }

  archive(): Uint8Array {
    return writeCpio([...this.#entries.values()]);
  }
}

/** The sonames that an ELF file is linked with; none for a static program or a script. */
function neededBy(file: string): string[] {
  if (readFileSync(file).subarray(0, 4).toString("latin1") !== "\x7fELF") return [];
  const listing = runProgram("aarch64-linux-gnu-readelf", ["-d", file]).toString();
  return [...listing.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]!);
}
