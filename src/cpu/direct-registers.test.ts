import { expect, it } from "vitest";
import { Fixture } from "../../test/cpu/fixture.js";
import { systemRegister } from "../isa/system-registers/index.js";
import type { ProcessingElement } from "./processing-element.js";
import { setPstate } from "./pstate.js";
import { DirectRegisters, PeState } from "./state-layout.js";
import { resolveRegister, trapTarget } from "./system-register-access.js";
import { registerHooks } from "./system-register-hooks.js";

const { el1, el1Read, el1Write, el2, el3, cacheType, zeroSize } = DirectRegisters;
const registers = [
  { name: "ELR_EL1", read: el1, write: el1 },
  { name: "SPSR_EL1", read: el1, write: el1 },
  { name: "ESR_EL1", read: el1Read, write: el1Write },
  { name: "FAR_EL1", read: el1Read, write: el1Write },
  { name: "ELR_EL2", read: el2, write: el2 },
  { name: "SPSR_EL2", read: el2, write: el2 },
  { name: "ESR_EL2", read: el2, write: el2 },
  { name: "FAR_EL2", read: el2, write: el2 },
  { name: "HPFAR_EL2", read: el2, write: el2 },
  ...["ELR", "SPSR", "ESR", "FAR"].map((name) => ({ name: `${name}_EL3`, read: el3, write: el3 })),
  { name: "CTR_EL0", read: cacheType, write: 0 },
  { name: "DCZID_EL0", read: zeroSize, write: 0 },
];

/** DCZID_EL0.DZP. */
function saysProhibited(pe: ProcessingElement): boolean {
  const { read } = registerHooks["dczid"]!;
  read!(pe, systemRegister("DCZID_EL0"));
  return (pe.argumentLow & 16) !== 0;
}

it.each([
  { core: "cortex-a57", el2: false, el3: false },
  { core: "cortex-a57", el2: true, el3: false },
  { core: "max", el2: true, el3: true },
])("registers are direct where nothing traps or redirects them: %o", (options) => {
  const { pe } = new Fixture(options);
  if (options.el3) pe.writeSystemRegister("SCR_EL3", 0x501n);
  const TVM = 1n << 26n;
  const TRVM = 1n << 30n;
  const E2H = 1n << 34n;
  const TID2 = 1n << 17n;
  const TDZ = 1n << 28n;
  for (const hcr of options.el2 ? [0n, TVM, TRVM, TVM | TRVM, E2H, TID2, TDZ] : [0n]) {
    if (options.el2) pe.writeSystemRegister("HCR_EL2", (1n << 31n) | hcr);
    for (let el = 0; el <= (options.el3 ? 3 : options.el2 ? 2 : 1); el++) {
      setPstate(pe, 0x3c0 | (el << 2) | (el === 0 ? 0 : 1));
      const allowed = pe.state(PeState.directRegisters);
      for (const { name, read, write } of registers) {
        const entry = systemRegister(name);
        for (const access of [1, 2]) {
          const kind = access === 2 ? write : read;
          const direct =
            kind !== 0 &&
            resolveRegister(pe, entry, access === 2) === entry &&
            trapTarget(pe, pe.registerAccess.rules[entry.index]!, access) === 0 &&
            (name !== "DCZID_EL0" || !saysProhibited(pe));
          expect((allowed & kind) !== 0, `${name}, access ${access}, EL${el}, HCR_EL2 ${hcr}`).toBe(direct);
        }
      }
    }
  }
  expect(pe.state(PeState.spsrWritable)).toBe(pe.registerAccess.writableLow[systemRegister("SPSR_EL2").index]);
});
