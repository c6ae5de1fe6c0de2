import { register, type SystemRegisterEntry } from "./system-register.js";

const keys = [
  "APIAKeyLo_EL1 3 0 2 1 0",
  "APIAKeyHi_EL1 3 0 2 1 1",
  "APIBKeyLo_EL1 3 0 2 1 2",
  "APIBKeyHi_EL1 3 0 2 1 3",
  "APDAKeyLo_EL1 3 0 2 2 0",
  "APDAKeyHi_EL1 3 0 2 2 1",
  "APDBKeyLo_EL1 3 0 2 2 2",
  "APDBKeyHi_EL1 3 0 2 2 3",
  "APGAKeyLo_EL1 3 0 2 3 0",
  "APGAKeyHi_EL1 3 0 2 3 1",
];

/** Thread and context identification, and pointer authentication keys (DDI 0487 D17.2). */
export const threadAndKeyRegisters: readonly SystemRegisterEntry[] = [
  register("TPIDR_EL0", "3 3 13 0 2", "R0 W0"),
  register("TPIDRRO_EL0", "3 3 13 0 3", "R0 W1"),
  register("TPIDR_EL1", "3 0 13 0 4", "R1 W1"),
  register("TPIDR_EL2", "3 4 13 0 2", "R2 W2"),
  register("TPIDR_EL3", "3 6 13 0 2", "R3 W3"),
  register("SCXTNUM_EL1", "3 0 13 0 7", "R1 W1", {
    feature: "CSV2_2",
    traps: ["EnSCXT", "SCR_EnSCXT"],
    e2h: "SCXTNUM_EL2",
  }),
  register("SCXTNUM_EL2", "3 4 13 0 7", "R2 W2", { feature: "CSV2_2", traps: ["SCR_EnSCXT"] }),
  register("SCXTNUM_EL12", "3 5 13 0 7", "R2 W2", { feature: "CSV2_2", alias: "SCXTNUM_EL1" }),
  register("SCXTNUM_EL3", "3 6 13 0 7", "R3 W3", { feature: "CSV2_2" }),
  register("SCXTNUM_EL0", "3 3 13 0 7", "R0 W0", { feature: "CSV2_2", traps: ["TSCXT", "EnSCXT", "SCR_EnSCXT"] }),
  ...keys.map((line) => {
    const [name, ...code] = line.split(" ") as [string, ...string[]];
    return register(name, code.join(" "), "R1 W1", { feature: "PAuth", traps: ["APK", "SCR_APK"] });
  }),
];
