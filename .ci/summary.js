// Prints "N passed, N failed" from vitest's JSON report and the number of failures elsewhere; fails when any did.
import { existsSync, readFileSync } from "node:fs";

const [report, elsewhere] = process.argv.slice(2);
let passed = 0;
let failed = Number(elsewhere);
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  passed = numPassedTests;
  failed += numFailedTests;
  // Files that couldn't even be loaded have no tests to count.
  failed += testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0).length;
} else {
  failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
