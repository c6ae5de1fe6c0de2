import { writeFileSync } from "node:fs";
import { coveragePage } from "../src/isa/coverage.js";

writeFileSync(new URL("../docs/coverage.md", import.meta.url), coveragePage());
