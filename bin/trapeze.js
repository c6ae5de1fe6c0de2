#!/usr/bin/env node
import { statSync } from "node:fs";

const built = (path) => {
  const url = new URL(`../dist/${path}`, import.meta.url);
  return { url, time: statSync(url, { throwIfNoEntry: false })?.mtimeMs ?? -1 };
};

// The bundle, unless `tsc -b` alone has run since it was made.
const bundle = built("cli/bundle/trapeze.js");
const compiled = Math.max(built("core.tsbuildinfo").time, built("cli.tsbuildinfo").time);
const main = bundle.time >= compiled ? bundle : built("cli/main.js");
if (main.time < 0) {
  process.stderr.write("trapeze: it isn't built yet; run: npm ci\n");
  process.exit(1);
}
const command = await import(main.url.href);
process.exit(await command.main(process.argv.slice(2)));
