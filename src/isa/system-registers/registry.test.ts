import { expect, it } from "vitest";
import { systemRegisterSlots } from "../../ir/state-layout.js";
import { systemRegisterByEncoding, systemRegisters } from "./index.js";
import { systemEncoding } from "./system-register.js";

it("gives every register a slot of its own that fits the state", () => {
  const slots = systemRegisters.map(({ slot }) => slot);
  expect(new Set(slots).size).toBe(slots.length);
  expect(Math.max(...slots)).toBeLessThan(systemRegisterSlots);
  expect(Math.min(...slots)).toBeGreaterThan(1);
});

it("finds registers by encoding", () => {
  expect(systemRegisterByEncoding(systemEncoding(3, 0, 1, 0, 0))?.name).toBe("SCTLR_EL1");
  expect(systemRegisterByEncoding(systemEncoding(3, 7, 14, 2, 1))?.name).toBe("CNTPS_CTL_EL1");
  expect(systemRegisterByEncoding(systemEncoding(3, 3, 15, 15, 7))).toBeUndefined();
});

it("has no fields that overlap under the same features", () => {
  for (const { name, fields } of systemRegisters)
    for (const [n, a] of fields.entries())
      for (const b of fields.slice(n + 1)) {
        // SCTLR_EL2.BT1 and BT are the same bit with and without FEAT_VHE.
        if (a.feature !== b.feature && a.feature !== undefined && b.feature !== undefined) continue;
        expect(a.low > b.high || b.low > a.high, `${name}: ${a.name} and ${b.name}`).toBe(true);
      }
});
