/**
 * Bundles the command that `tsc -b` has put in dist/ into dist/cli/bundle/, with V8's compiled code beside it (Node loads
 * that much faster than some three hundred modules) and the WebAssembly modules that machines start with. The folder is one deeper than dist/cli, as dist/cli/run is: URLs of
 * assets mean the same in both.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}dist/cli/bundle/`;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
// Node's modules that few runs need are loaded when something of them is used first: all of them take 10 ms and more.
const rare = /^node:(child_process|crypto|dgram|dns|net|tty)$/;
const lazyModules = {
  name: "lazy-modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: rare }, ({ path, namespace }) =>
      namespace === "lazy" ? { path, external: true } : { path, namespace: "lazy" },
    );
    onLoad({ filter: rare, namespace: "lazy" }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== "default");
      const getters = names.map((name) => `get ${name}() { return require("${path}").${name}; }`);
      return { contents: `module.exports = { ${getters.join(", ")} };` };
    });
  },
};

const unnamed = "?".repeat(16);
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["dist/cli/main.js"],
  write: false,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  charset: "ascii",
  plugins: [lazyModules],
  define: { "import.meta.url": "bundleUrl", "import.meta.bundle": JSON.stringify(unnamed) },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  logLevel: "warning",
});
const { text } = outputFiles[0];
const name = createHash("sha256").update(text).digest("hex").slice(0, unnamed.length);
// The function that Node makes of a CommonJS module.
const module = `(function (exports, require, module, __filename, __dirname) {${text.replaceAll(unnamed, name)}\n})`;
writeFileSync(`${folder}trapeze.cjs`, module);

// Core modules, so that no start has to make them: those of all cores, for hosts with and without a fused multiply-add. They are
// of this bundle, as its name says.
const { moduleToKeep, coreFacts } = await import("../dist/cpu/core-modules.js");
const { cores } = await import("../dist/cpu/cores/cores.js");
mkdirSync(`${folder}${name}`);
for (const core of cores.values()) {
  for (const fused of [true, false]) {
    const module = moduleToKeep(coreFacts(core, { jit: true, observed: false, fused }));
    writeFileSync(`${folder}${name}/${module.name}.wasm`, module.bytes);
  }
}

// The code cache holds the functions that have been called by the time it is made: those of a short run, and of a guest that
// keeps the compiler, the MMU and the GIC busy for a moment. A cache made under other flags would be refused, so that they
// are restored.
setFlagsFromString("--no-flush-bytecode");
const { disableHostFeatures } = await import("../dist/cli/host-features.js");
const { compileBundle, runBundle } = createRequire(import.meta.url)("../bin/load-bundle.js");
const script = compileBundle(`${folder}trapeze.cjs`);
const { main } = runBundle(script, `${folder}trapeze.cjs`);
const images = `${root}guest/images/`;
const board = ["-M", "virt,gic-version=3,virtualization=on", "-m", "256", "-serial", "null"];
const guest = ["-kernel", `${images}nanovisor.image`, "-initrd", `${images}hyplets-classic.bundle`];
const limit = 12_000_000;
process.env.TRAPEZE_CODE_LIBRARY = "off";
await run(["run", "demo", "-serial", "null"], 0);
await run(["run", ...board, ...guest, "--max-instructions", `${limit}`], 2);

async function run(words, expected) {
  const write = process.stderr.write;
  // That the limit was reached is no news.
  if (expected !== 0) process.stderr.write = () => true;
  const status = await main(words);
  process.stderr.write = write;
  if (status !== expected) throw new Error(`trapeze ${words.join(" ")} ended with status ${status}`);
}
setFlagsFromString("--flush-bytecode");
disableHostFeatures();
writeFileSync(`${folder}trapeze.cache`, script.createCachedData());
