import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { coveragePage } from "../../src/isa/coverage.js";

test("docs/coverage.md is what scripts/write-coverage.ts writes", () => {
  const page = readFileSync(new URL("../../docs/coverage.md", import.meta.url), "utf8");
  expect(page).toBe(coveragePage());
});
