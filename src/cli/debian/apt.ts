import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.js";

/**
 * The machine's apt client with a state directory of our own and arm64 as its architecture: the system's sources and
 * keyrings are used, its package lists and installed packages are neither read nor changed.
 */
export class Apt {
  readonly #options: string[];
  readonly #downloads: string;

  constructor(directory: string) {
    this.#downloads = join(directory, "archives");
    const state = join(directory, "state");
    const cache = join(directory, "cache");
    for (const made of [this.#downloads, join(state, "lists/partial"), join(cache, "archives/partial")])
      mkdirSync(made, { recursive: true });
    writeFileSync(join(state, "status"), "");
    const settings = {
      "Dir::State": state,
      "Dir::State::status": join(state, "status"),
      "Dir::Cache": cache,
      "APT::Architecture": "arm64",
      "APT::Architectures": "arm64",
      "Acquire::Languages": "none",
      // As root, apt would read and write as another user, who can't reach a cache in root's home.
      ...(process.getuid?.() === 0 ? { "APT::Sandbox::User": "root" } : {}),
    };
    this.#options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  }

  /** Fetches the package lists. */
  update(): void {
    this.#run("apt-get", ["update", "--quiet"]);
  }

  /** The first dependency of a metapackage: linux-image-arm64 -> linux-image-6.1.0-NN-arm64. */
  dependencyOf(metapackage: string): string {
    const output = this.#run("apt-cache", ["depends", "--important", metapackage]);
    const found = /^ +Depends: (\S+)$/m.exec(output)?.[1];
    if (!found)
      throw new UserError(
        `apt knows no package ${metapackage} for arm64: this needs Debian's package sources in /etc/apt (bookworm or later)`,
      );
    return found;
  }

  /** The version that would be installed. */
  versionOf(name: string): string {
    const version = /^Version: (.*)$/m.exec(this.#run("apt-cache", ["show", "--no-all-versions", name]))?.[1];
    if (!version) throw new UserError(`apt knows no package ${name} for arm64`);
    return version;
  }

  /** Downloads a package, its signature and checksum verified by apt; returns the file's path. */
  download(name: string): string {
    rmSync(this.#downloads, { recursive: true, force: true });
    mkdirSync(this.#downloads, { recursive: true });
    this.#run("apt-get", ["download", "--quiet", name], this.#downloads);
    const file = readdirSync(this.#downloads).find((entry) => entry.endsWith(".deb"));
    if (!file) throw new UserError(`apt-get download ${name} brought no package`);
    return join(this.#downloads, file);
  }

  #run(program: string, args: string[], cwd?: string): string {
    return runProgram(program, [...this.#options, ...args], cwd).toString();
  }
}

/** Runs a program of the system's; a missing program or a failure becomes one sentence. */
export function runProgram(program: string, args: readonly string[], cwd?: string): Buffer {
  const result = spawnSync(program, args, {
    ...(cwd ? { cwd } : {}),
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.error) {
    if ("code" in result.error && result.error.code === "ENOENT")
      throw new UserError(`${program} isn't installed: fetching Debian's kernel needs a Debian machine's apt and dpkg`);
    throw new UserError(`${program}: ${result.error.message}`);
  }
  if (result.status !== 0) {
    const said = result.stderr.toString().trim().split("\n").at(-1) ?? "";
    throw new UserError(`${program} ${args.at(-1)} failed with status ${result.status}: ${said}`);
  }
  return result.stdout;
}
