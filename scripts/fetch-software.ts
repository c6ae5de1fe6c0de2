/**
 * Fetches the programs that test/software runs: Debian's arm64 packages with the machine's apt client, and esbuild from
 * npm, into ${XDG_CACHE_HOME:-~/.cache}/trapeze/software.
 * npx tsx scripts/fetch-software.ts [--force]     fetches what is there already only with --force
 */
import { parseArgs } from "node:util";
import { esbuildPackage, esbuildVersion, fetchPackages, readManifest, softwareDirectory } from "../test/software/packages.js";
import { workloads } from "../test/software/workloads.js";

try {
  const { values } = parseArgs({ options: { force: { type: "boolean", default: false } } });
  const roots = ["busybox-static", ...Object.values(workloads).flatMap((workload) => workload.packages)];
  const have = readManifest()?.packages ?? [];
  const missing = roots.filter((root) => !have.some(({ name }) => name === root));
  const esbuild = have.find(({ name }) => name === esbuildPackage)?.version;
  if (values.force || missing.length > 0 || esbuild !== esbuildVersion()) {
    const { packages } = fetchPackages(roots, (line) => console.error(line));
    console.error(`${packages.length} packages in ${softwareDirectory()}`);
  } else {
    console.error(`${have.length} packages are in ${softwareDirectory()} (--force fetches them again)`);
  }
} catch (error) {
  console.error(`fetch-software: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
