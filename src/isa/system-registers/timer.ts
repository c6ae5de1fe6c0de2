import { register, type SystemRegisterEntry } from "./system-register.js";
import type { TrapControlName } from "./trap-controls.js";

const controlFields = "ISTATUS:2! IMASK:1 ENABLE:0";

/** TVAL, CTL and CVAL of one timer, at op2 0, 1, 2. */
function timer(
  prefix: string,
  suffix: string,
  code: string,
  level: number,
  details: { traps?: readonly TrapControlName[]; feature?: string; hook?: string; e2h?: (name: string) => string },
): SystemRegisterEntry[] {
  const { e2h, ...rest } = details;
  return (["TVAL", "CTL", "CVAL"] as const).map((part, op2) => {
    const fields = part === "CTL" ? controlFields : part === "TVAL" ? "TimerValue:31-0" : "CompareValue:63-0";
    return register(`${prefix}_${part}_${suffix}`, `${code} ${op2}`, `R${level} W${level}`, {
      hook: "timer",
      ...rest,
      fields,
      effects: ["timer"],
      ...(e2h === undefined ? {} : { e2h: e2h(part) }),
    });
  });
}

function timerAlias(prefix: string, code: string): SystemRegisterEntry[] {
  return ["TVAL", "CTL", "CVAL"].map((part, op2) =>
    register(`${prefix}_${part}_EL02`, `${code} ${op2}`, "R2 W2", { alias: `${prefix}_${part}_EL0` }),
  );
}

/** The generic timers (DDI 0487 D11, D17.11). */
export const timerRegisters: readonly SystemRegisterEntry[] = [
  register("CNTFRQ_EL0", "3 3 14 0 0", "R0 W1", { fields: "Frequency:31-0", hook: "cntfrq", traps: ["EL0anyCTEN"] }),
  register("CNTPCT_EL0", "3 3 14 0 1", "R0", { hook: "timer", traps: ["EL0PCTEN", "EL1PCTEN"] }),
  register("CNTVCT_EL0", "3 3 14 0 2", "R0", { hook: "timer", traps: ["EL0VCTEN"] }),
  ...timer("CNTP", "EL0", "3 3 14 2", 0, { traps: ["EL0PTEN", "EL1PCEN"], e2h: (part) => `CNTHP_${part}_EL2` }),
  ...timer("CNTV", "EL0", "3 3 14 3", 0, { traps: ["EL0VTEN"], e2h: (part) => `CNTHV_${part}_EL2` }),
  register("CNTKCTL_EL1", "3 0 14 1 0", "R1 W1", {
    fields: "EL0PTEN:9 EL0VTEN:8 EVNTI:7-4 EVNTDIR:3 EVNTEN:2 EL0VCTEN:1 EL0PCTEN:0",
    effects: ["timer"],
    e2h: "CNTHCTL_EL2",
  }),
  register("CNTVOFF_EL2", "3 4 14 0 3", "R2 W2", { effects: ["timer"] }),
  register("CNTHCTL_EL2", "3 4 14 1 0", "R2 W2", {
    // The union of the layouts for E2H = 0 and 1: EL0PCTEN and EL0VCTEN are called EL1PCTEN and EL1PCEN with E2H = 0.
    // EL2 is left able to give the counters away: QEMU and Linux expect the low two bits set at reset.
    reset: 3n,
    fields:
      "EL1PTEN:11@VHE EL1PCTEN:10@VHE EL0PTEN:9@VHE EL0VTEN:8@VHE EVNTI:7-4 EVNTDIR:3 EVNTEN:2 EL0VCTEN:1 EL0PCTEN:0",
    effects: ["timer"],
  }),
  ...timer("CNTHP", "EL2", "3 4 14 2", 2, {}),
  ...timer("CNTHV", "EL2", "3 4 14 3", 2, { feature: "VHE" }),
  ...timer("CNTPS", "EL1", "3 7 14 2", 1, { feature: "EL3", hook: "secureTimer", traps: ["SCR_ST"] }),
  register("CNTKCTL_EL12", "3 5 14 1 0", "R2 W2", { alias: "CNTKCTL_EL1" }),
  ...timerAlias("CNTP", "3 5 14 2"),
  ...timerAlias("CNTV", "3 5 14 3"),
];
