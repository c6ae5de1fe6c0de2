import { expect, test } from "vitest";
import { ReferenceEvaluator } from "../../../interpreter/reference-evaluator.js";
import { PeState, routine } from "../../../ir/index.js";
import { reciprocalEstimate, rootEstimate } from "./estimate.js";

const evaluator = new ReferenceEvaluator({
  memory: new DataView(new ArrayBuffer(PeState.size)),
  base: 0,
  access: () => undefined,
  environment: () => undefined,
});

/** RecipSqrtEstimate as the Arm ARM's shared pseudocode has it. */
function countedRootEstimate(input: number): number {
  const a = input < 256 ? input * 2 + 1 : ((input >> 1) * 2 + 1) * 2;
  let b = 512;
  while (a * (b + 1) * (b + 1) < 2 ** 28) b++;
  return (b + 1) >> 1;
}

test("the square root estimate is what counting up gives", () => {
  const estimate = routine("root", ["i64"], "i64", (pe, a) => pe.return(rootEstimate(pe, a!)));
  for (let a = 128; a < 512; a++) {
    expect(evaluator.callRoutine(estimate, [BigInt(a)])).toBe(BigInt(countedRootEstimate(a)));
  }
});

test("the reciprocal estimate has nine bits", () => {
  const estimate = routine("reciprocal", ["i64"], "i64", (pe, a) => pe.return(reciprocalEstimate(pe, a!)));
  for (let a = 256; a < 512; a++) {
    const r = Number(evaluator.callRoutine(estimate, [BigInt(a)]));
    expect(Math.abs(r / 512 - 256 / (a + 0.5))).toBeLessThan(1 / 512);
  }
});
