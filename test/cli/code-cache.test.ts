import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("loads the bundle with the code cache that was made for it", () => {
  const program = `
    const { compileBundle } = require("./bin/load-bundle.js");
    console.log(compileBundle("dist/cli/bundle/trapeze.cjs").cachedDataRejected);`;
  expect(execFileSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" })).toBe("false\n");
});
