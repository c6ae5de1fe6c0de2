#!/usr/bin/env node
// A CommonJS file, as bin/package.json says: Node's loader of ES modules alone takes a while to start.
const { statSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const built = (name) => {
  const path = join(__dirname, "../dist", name);
  return { path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1 };
};

/** The bundle, unless `tsc -b` alone has run since it was made. */
function load() {
  const bundle = built("cli/bundle/trapeze.cjs");
  const modules = built("cli/main.js");
  const compiled = Math.max(modules.time, built("core.tsbuildinfo").time, built("cli.tsbuildinfo").time);
  if (bundle.time >= compiled && bundle.time >= 0) return require("./load-bundle.js").loadBundle(bundle.path);
  if (modules.time >= 0) return import(pathToFileURL(modules.path).href);
  process.stderr.write("trapeze: it isn't built yet; run: npm ci\n");
  process.exit(1);
}

Promise.resolve(load())
  .then(({ main }) => main(process.argv.slice(2)))
  .then((status) => process.exit(status));
