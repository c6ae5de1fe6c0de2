/**
 * Bundles the command that `tsc -b` has put in dist/ into dist/cli/bundle/, with V8's compiled code beside it: Node loads
 * that much faster than some three hundred modules. The folder is one deeper than dist/cli, as dist/cli/run is: URLs of
 * assets mean the same in both.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}dist/cli/bundle/`;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
await build({
  absWorkingDir: root,
  entryPoints: ["dist/cli/main.js"],
  outfile: `${folder}trapeze.cjs`,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  charset: "ascii",
  define: { "import.meta.url": "bundleUrl" },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  logLevel: "warning",
});

// The code cache holds the functions that have been called by the time it is made: those of a short run. A cache made
// under other flags would be refused, so that they are restored.
setFlagsFromString("--no-flush-bytecode");
const { disableHostFeatures } = await import("../dist/cli/host-features.js");
const { compileBundle, runBundle } = createRequire(import.meta.url)("../bin/load-bundle.js");
const script = compileBundle(`${folder}trapeze.cjs`);
const status = await runBundle(script, `${folder}trapeze.cjs`).main(["run", "demo", "-serial", "null"]);
if (status !== 0) throw new Error(`the demo ended with status ${status}`);
setFlagsFromString("--flush-bytecode");
disableHostFeatures();
writeFileSync(`${folder}trapeze.cache`, script.createCachedData());
