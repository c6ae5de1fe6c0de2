import { register, type SystemRegisterEntry } from "./system-register.js";

/** Control registers that firmware and kernels write as errata workarounds; none of their bits does anything. */
const cortexA = [
  "CPUACTLR_EL1 3 1 15 2 0",
  "CPUECTLR_EL1 3 1 15 2 1",
  "CPUMERRSR_EL1 3 1 15 2 2",
  "L2MERRSR_EL1 3 1 15 2 3",
  "L2ECTLR_EL1 3 1 11 0 3",
  "L2ACTLR_EL1 3 1 15 0 0",
];

/** Names that the Cortex-A cores use for other encodings are prefixed. */
const neoverseN1 = [
  "N1_CPUACTLR_EL1 3 0 15 1 0",
  "CPUACTLR2_EL1 3 0 15 1 1",
  "CPUACTLR3_EL1 3 0 15 1 2",
  "N1_CPUECTLR_EL1 3 0 15 1 4",
  "CPUCFR_EL1 3 0 15 0 0",
  "CPUPWRCTLR_EL1 3 0 15 2 7",
  "ATCR_EL1 3 0 15 7 0",
  "AVTCR_EL2 3 4 15 7 1",
  "ATCR_EL12 3 5 15 7 0",
  "ATCR_EL2 3 4 15 7 0",
  "ATCR_EL3 3 6 15 7 0",
  "CPUPPMCR_EL3 3 6 15 2 0",
  "CPUPSELR_EL3 3 6 15 8 0",
  "CPUPCR_EL3 3 6 15 8 1",
  "CPUPOR_EL3 3 6 15 8 2",
  "CPUPMR_EL3 3 6 15 8 3",
  "ERXPFGCDN_EL1 3 0 15 2 2",
  "ERXPFGCTL_EL1 3 0 15 2 1",
  "ERXPFGF_EL1 3 0 15 2 0",
  "CLUSTERCFR_EL1 3 0 15 3 0",
  "CLUSTERIDR_EL1 3 0 15 3 1",
  "CLUSTERREVIDR_EL1 3 0 15 3 2",
  "CLUSTERACTLR_EL1 3 0 15 3 3",
  "CLUSTERECTLR_EL1 3 0 15 3 4",
  "CLUSTERPWRCTLR_EL1 3 0 15 3 5",
  "CLUSTERPWRDN_EL1 3 0 15 3 6",
  "CLUSTERPWRSTAT_EL1 3 0 15 3 7",
];

function names(list: readonly string[], feature: string): SystemRegisterEntry[] {
  return list.map((line) => {
    const [name, ...code] = line.split(" ") as [string, ...string[]];
    const level = Math.max(1, [0, 1, 1, 1, 2, 2, 3, 3][Number(code[1])]!);
    return register(name, code.join(" "), `R${level} W${level}`, { feature, fields: "", traps: ["TIDCP"] });
  });
}

/**
 * IMPLEMENTATION DEFINED registers of the named cores, from their technical reference manuals (Cortex-A53 DDI 0500,
 * Cortex-A57 DDI 0488, Neoverse N1 100616). All are RAZ/WI, but for the core count in L2CTLR_EL1.
 */
export const implementationDefinedRegisters: readonly SystemRegisterEntry[] = [
  ...names(cortexA, "cortex-a5x"),
  register("L2CTLR_EL1", "3 1 11 0 2", "R1 W1", {
    feature: "cortex-a5x",
    hook: "l2ctlr",
    fields: "NumberOfCores:25-24! DataRAMLatency:2-0",
    traps: ["TIDCP"],
  }),
  register("CBAR_EL1", "3 1 15 3 0", "R1", { feature: "cortex-a5x", fields: "", traps: ["TIDCP"] }),
  ...names(neoverseN1, "neoverse-n1"),
];
