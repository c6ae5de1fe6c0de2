/**
 * Bundles the command that `tsc -b` has put in dist/ into dist/cli/bundle/: Node loads a few files faster than some
 * three hundred. Subcommands stay apart, so that each loads only what it needs. Files there are one folder deeper than
 * dist/cli, as those of dist/cli/run are: URLs of assets mean the same in both.
 */
import { readdirSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}dist/cli/bundle`;
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { trapeze: "dist/cli/main.js" },
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  outdir: folder,
  metafile: true,
  logLevel: "warning",
});
const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
for (const name of readdirSync(folder)) if (!made.has(name)) rmSync(`${folder}/${name}`);
