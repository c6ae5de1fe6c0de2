import { describe, expect, it } from "vitest";
import { fuzzLevels, fuzzRegisters } from "./register-fuzz.js";

describe("random writes to the GIC, timers, PMU and devices", () => {
  it.each(fuzzLevels)("%s", async (level) => {
    const { ends, hashes, interrupts } = await fuzzRegisters(level, 1, 200_000);
    expect(ends[1]).toEqual(ends[0]);
    expect(hashes[1]).toBe(hashes[0]);
    // Programs that raise nothing would try little.
    expect(interrupts).toBeGreaterThan(0);
  });
});
