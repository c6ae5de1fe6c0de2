import { expect, it } from "vitest";
import { describeAccess, Kind, ModelMachine } from "./replay.js";
import { itsWalk, random, Script, seeds, start, virtualWalk, walk } from "./walks.js";

/** The walks that are compared with QEMU's GIC too: whatever they leave pending or active has to come through. */
const walks = {
  "SGIs, PPIs and SPIs": (script: Script, pick: (below: number) => number) =>
    walk(script, pick, { steps: 1000, groups: [0, 1], secure: false, priorityShift: 3 }),
  "the ITS and LPIs": (script: Script, pick: (below: number) => number) => itsWalk(script, pick, 600),
  "list registers and a guest": (script: Script, pick: (below: number) => number) => virtualWalk(script, pick, 300),
} as const;

function expectSameAfterExchanges(script: Script, security: "single" | "two", seed: number): void {
  const pick = random(seed);
  const model = new ModelMachine(security);
  for (const [index, access] of script.accesses.entries()) {
    if (pick(8) === 0) model.exchangeGic();
    const result = model.perform(access);
    if (result !== script.results[index])
      expect.fail(
        `${index}: ${describeAccess(access)} gives 0x${result.toString(16)}, unbroken 0x${script.results[index]!.toString(16)}`,
      );
  }
  expect(model.gic.save()).toEqual(script.model.gic.save());
}

for (const [name, body] of Object.entries(walks))
  it.each(seeds)(`goes on from saved state as if unbroken: ${name} (seed %i)`, (seed) => {
    const script = new Script("single");
    start(script, false);
    body(script, random(seed * 0x9e3779b1));
    expectSameAfterExchanges(script, "single", seed);
  });

it.each(seeds)("goes on from saved state as if unbroken: two Security states (seed %i)", (seed) => {
  const script = new Script("two");
  const pick = random(seed * 0x85ebca6b);
  start(script, true);
  walk(script, pick, { steps: 1000, groups: [0, 1], secure: true, priorityShift: 3 });
  script.add(Kind.dropToEl1, 0, 0x431n);
  walk(script, pick, { steps: 500, groups: [1], secure: false, priorityShift: 4 });
  expectSameAfterExchanges(script, "two", seed);
});
