import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { Apt, runProgram } from "./apt.js";
import { cacheDirectory, type DebianManifest } from "./cache.js";
import { replaceFile, sha256 } from "./files.js";

/** Debian's package that depends on the newest hypervisor. */
const metapackage = "xen-system-arm64";

/** Fetches Debian's Xen into the cache; `say` takes a line of progress. */
export function getXen(say: (line: string) => void): DebianManifest {
  const target = join(cacheDirectory(), "xen");
  mkdirSync(target, { recursive: true });
  const work = mkdtempSync(join(cacheDirectory(), "xen-"));
  try {
    const apt = new Apt(join(work, "apt"));
    say("reading Debian's package lists");
    apt.update();
    const name = apt.dependencyOf(metapackage);
    const version = apt.versionOf(name);
    say(`downloading ${name} ${version}`);
    const file = apt.download(name);
    runProgram("dpkg-deb", ["-x", file, join(work, "files")]);
    const boot = join(work, "files/boot");
    const image = readdirSync(boot).find((entry) => /^xen-[\d.]+-arm64$/.test(entry));
    if (!image) throw new UserError(`${name} holds no hypervisor`);
    const bytes = readFileSync(join(boot, image));
    const manifest: DebianManifest = {
      packages: [{ name, version, sha256: sha256(readFileSync(file)) }],
      files: { Xen: { bytes: bytes.length, sha256: sha256(bytes) } },
    };
    rmSync(join(target, "manifest.json"), { force: true });
    replaceFile(target, "Xen", bytes);
    replaceFile(target, "manifest.json", new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`));
    return manifest;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Where the hypervisor is, or undefined when it hasn't been fetched. */
export function findXen(): string | undefined {
  const directory = join(cacheDirectory(), "xen");
  return existsSync(join(directory, "manifest.json")) ? join(directory, "Xen") : undefined;
}
