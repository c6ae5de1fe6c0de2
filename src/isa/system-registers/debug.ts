import { register, type SystemRegisterDetails, type SystemRegisterEntry } from "./system-register.js";
import type { TrapControlName } from "./trap-controls.js";

const tda: readonly TrapControlName[] = ["MDCR_EL2_TDA", "MDCR_EL3_TDA"];
const tdosa: readonly TrapControlName[] = ["MDCR_EL2_TDOSA", "MDCR_EL3_TDOSA"];

function debug(name: string, code: string, access: string, details: SystemRegisterDetails): SystemRegisterEntry {
  return register(name, code, access, { effects: ["debug"], traps: tda, ...details });
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const breakpointControl = "BT:23-20 LBN:19-16 SSC:15-14 HMC:13 PMC:2-1 E:0";
/** DBGBCR.BAS is RES1 where no level has AArch32. */
const breakpointRes1 = 0x1e0n;
const watchpointControl = "MASK:28-24 WT:20 LBN:19-16 SSC:15-14 HMC:13 BAS:12-5 LSC:4-3 PAC:2-1 E:0";

/** Self-hosted debug and OS lock (DDI 0487 D2, D17.3). Every core has 6 breakpoints, 4 watchpoints, 2 context-aware. */
export const debugRegisters: readonly SystemRegisterEntry[] = [
  ...numbers(6).flatMap((n) => [
    debug(`DBGBVR${n}_EL1`, `2 0 0 ${n} 4`, "R1 W1", {}),
    debug(`DBGBCR${n}_EL1`, `2 0 0 ${n} 5`, "R1 W1", { fields: breakpointControl, res1: breakpointRes1 }),
  ]),
  ...numbers(4).flatMap((n) => [
    debug(`DBGWVR${n}_EL1`, `2 0 0 ${n} 6`, "R1 W1", { fields: "VA:63-2" }),
    debug(`DBGWCR${n}_EL1`, `2 0 0 ${n} 7`, "R1 W1", { fields: watchpointControl }),
  ]),
  debug("OSDTRRX_EL1", "2 0 0 0 2", "R1 W1", { fields: "VALUE:31-0" }),
  debug("MDCCINT_EL1", "2 0 0 2 0", "R1 W1", { fields: "RX:30 TX:29" }),
  debug("MDSCR_EL1", "2 0 0 2 2", "R1 W1", {
    fields: "RXfull:30 TXfull:29 RXO:27 TXU:26 INTdis:23-22 TDA:21 SC2:19 MDE:15 HDE:14 KDE:13 TDCC:12 ERR:6 SS:0",
  }),
  debug("OSDTRTX_EL1", "2 0 0 3 2", "R1 W1", { fields: "VALUE:31-0" }),
  debug("OSECCR_EL1", "2 0 0 6 2", "R1 W1", { fields: "" }),
  debug("MDRAR_EL1", "2 0 1 0 0", "R1", { fields: "", traps: ["MDCR_EL2_TDRA", "MDCR_EL3_TDA"] }),
  debug("OSLAR_EL1", "2 0 1 0 4", "W1", { fields: "OSLK:0", hook: "oslar", traps: tdosa }),
  // OSLM says that the OS lock is implemented; the lock is set at reset.
  debug("OSLSR_EL1", "2 0 1 1 4", "R1", { reset: 10n, fields: "OSLM:3 nTT:2 OSLK:1 OSLM0:0", traps: tdosa }),
  debug("OSDLR_EL1", "2 0 1 3 4", "R1 W1", { fields: "DLK:0", traps: tdosa }),
  debug("DBGPRCR_EL1", "2 0 1 4 4", "R1 W1", { fields: "CORENPDRQ:0", traps: tdosa }),
  debug("DBGCLAIMSET_EL1", "2 0 7 8 6", "R1 W1", { fields: "CLAIM:7-0", hook: "claimSet" }),
  debug("DBGCLAIMCLR_EL1", "2 0 7 9 6", "R1 W1", { fields: "CLAIM:7-0", hook: "claimClear" }),
  // Non-secure and secure debug authentication: implemented, enabled (as an unlocked development board).
  debug("DBGAUTHSTATUS_EL1", "2 0 7 14 6", "R1", { reset: 0xffn, fields: "SNID:7-6 SID:5-4 NSNID:3-2 NSID:1-0" }),
  debug("MDCCSR_EL0", "2 3 0 1 0", "R0", { fields: "RXfull:30 TXfull:29", traps: ["TDCC", ...tda] }),
  debug("DBGDTR_EL0", "2 3 0 4 0", "R0 W0", { fields: "", traps: ["TDCC", ...tda] }),
  debug("DBGDTRRX_EL0", "2 3 0 5 0", "R0 W0", { fields: "", traps: ["TDCC", ...tda] }),
  debug("DBGVCR32_EL2", "2 4 0 7 0", "R2 W2", { fields: "", traps: ["MDCR_EL3_TDA"] }),
  debug("MDCR_EL2", "3 4 1 1 1", "R2 W2", {
    reset: 6n,
    fields: "HPMD:17@PMUv3p1 TPMS:14@SPE TDRA:11 TDOSA:10 TDA:9 TDE:8 HPME:7 TPM:6 TPMCR:5 HPMN:4-0",
    effects: ["debug", "pmu"],
    traps: ["MDCR_EL3_TDA"],
  }),
  debug("MDCR_EL3", "3 6 1 3 1", "R3 W3", {
    fields: "EPMAD:21 EDAD:20 SPME:17 SDD:16 SPD32:15-14 TDOSA:10 TDA:9 TPM:6",
    effects: ["debug", "pmu"],
    traps: [],
  }),
];
