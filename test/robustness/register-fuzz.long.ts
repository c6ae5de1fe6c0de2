import { expect, it } from "vitest";
import { fuzzLevels, fuzzRegisters } from "./register-fuzz.js";

it.each(fuzzLevels)("random writes to the GIC, timers, PMU and devices at %s, for long", async (level) => {
  for (let seed = 100; seed < 200; seed++) {
    const { ends, hashes } = await fuzzRegisters(level, seed, 1_000_000);
    expect(ends[1], `seed ${seed}`).toEqual(ends[0]);
    expect(hashes[1], `seed ${seed}`).toBe(hashes[0]);
  }
});
