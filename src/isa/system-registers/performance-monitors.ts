import { register, type SystemRegisterDetails, type SystemRegisterEntry } from "./system-register.js";
import type { TrapControlName } from "./trap-controls.js";

const el2And3: readonly TrapControlName[] = ["MDCR_EL2_TPM", "MDCR_EL3_TPM"];

function pmu(
  name: string,
  code: string,
  access: string,
  details: SystemRegisterDetails & { el0?: TrapControlName | readonly TrapControlName[] },
) {
  const { el0, ...rest } = details;
  return register(name, code, access, {
    feature: "PMUv3",
    effects: ["pmu"],
    hook: "pmu",
    ...rest,
    traps: [...(el0 === undefined ? [] : [el0].flat()), ...(details.traps ?? []), ...el2And3],
  });
}

const filterFields = "P:31 U:30 NSK:29 NSU:28 NSH:27 M:26 evtCount:15-0";
const counters = [0, 1, 2, 3, 4, 5];
const mask = "C:31 P:30-0";

/** Performance Monitors Extension, PMUv3 (DDI 0487 D8, D17.5). PMCCNTR_EL0 counts one cycle per instruction. */
export const performanceMonitorRegisters: readonly SystemRegisterEntry[] = [
  pmu("PMCR_EL0", "3 3 9 12 0", "R0 W0", {
    reset: "core",
    fields: "IMP:31-24! IDCODE:23-16! N:15-11! LC:6 DP:5 X:4 D:3 C:2 P:1 E:0",
    el0: "PMUSER_EN",
    traps: ["MDCR_EL2_TPMCR"],
  }),
  pmu("PMCNTENSET_EL0", "3 3 9 12 1", "R0 W0", { fields: mask, el0: "PMUSER_EN" }),
  pmu("PMCNTENCLR_EL0", "3 3 9 12 2", "R0 W0", { fields: mask, el0: "PMUSER_EN" }),
  pmu("PMOVSCLR_EL0", "3 3 9 12 3", "R0 W0", { fields: mask, el0: "PMUSER_EN" }),
  pmu("PMSWINC_EL0", "3 3 9 12 4", "W0", { fields: "P:30-0", el0: "PMUSER_SW" }),
  pmu("PMSELR_EL0", "3 3 9 12 5", "R0 W0", { fields: "SEL:4-0", el0: "PMUSER_ER" }),
  pmu("PMCEID0_EL0", "3 3 9 12 6", "R0", { reset: "core", el0: "PMUSER_EN" }),
  pmu("PMCEID1_EL0", "3 3 9 12 7", "R0", { reset: "core", el0: "PMUSER_EN" }),
  pmu("PMCCNTR_EL0", "3 3 9 13 0", "R0 W0", { el0: ["PMUSER_CR_read", "PMUSER_EN_write"] }),
  pmu("PMXEVTYPER_EL0", "3 3 9 13 1", "R0 W0", { fields: filterFields, el0: "PMUSER_EN" }),
  pmu("PMXEVCNTR_EL0", "3 3 9 13 2", "R0 W0", { fields: "VALUE:31-0", el0: ["PMUSER_ER_read", "PMUSER_EN_write"] }),
  pmu("PMUSERENR_EL0", "3 3 9 14 0", "R0 W1", { fields: "ER:3 CR:2 SW:1 EN:0" }),
  pmu("PMOVSSET_EL0", "3 3 9 14 3", "R0 W0", { fields: mask, el0: "PMUSER_EN" }),
  pmu("PMINTENSET_EL1", "3 0 9 14 1", "R1 W1", { fields: mask }),
  pmu("PMINTENCLR_EL1", "3 0 9 14 2", "R1 W1", { fields: mask }),
  ...counters.map((n) =>
    pmu(`PMEVCNTR${n}_EL0`, `3 3 14 8 ${n}`, "R0 W0", {
      fields: "VALUE:31-0",
      el0: ["PMUSER_ER_read", "PMUSER_EN_write"],
    }),
  ),
  ...counters.map((n) =>
    pmu(`PMEVTYPER${n}_EL0`, `3 3 14 12 ${n}`, "R0 W0", { fields: filterFields, el0: "PMUSER_EN" }),
  ),
  pmu("PMCCFILTR_EL0", "3 3 14 15 7", "R0 W0", { fields: "P:31 U:30 NSK:29 NSU:28 NSH:27 M:26", el0: "PMUSER_EN" }),
];
