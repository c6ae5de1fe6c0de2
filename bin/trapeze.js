#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write("trapeze: it isn't built yet; run: npm ci\n");
  process.exit(1);
}
const command = await import(main.href);
process.exit(await command.main(process.argv.slice(2)));
