#!/usr/bin/env node
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const built = (path) => {
  const url = new URL(`../dist/${path}`, import.meta.url);
  return { url, time: statSync(url, { throwIfNoEntry: false })?.mtimeMs ?? -1 };
};

// The bundle, unless `tsc -b` alone has run since it was made.
const bundle = built("cli/bundle/trapeze.cjs");
const modules = built("cli/main.js");
const compiled = Math.max(modules.time, built("core.tsbuildinfo").time, built("cli.tsbuildinfo").time);
let command;
if (bundle.time >= compiled && bundle.time >= 0) {
  const { loadBundle } = createRequire(import.meta.url)("./load-bundle.cjs");
  command = loadBundle(fileURLToPath(bundle.url)).exports;
} else if (modules.time >= 0) command = await import(modules.url.href);
else {
  process.stderr.write("trapeze: it isn't built yet; run: npm ci\n");
  process.exit(1);
}
process.exit(await command.main(process.argv.slice(2)));
