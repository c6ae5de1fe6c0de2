import { register, type SystemRegisterEntry } from "./system-register.js";

/** SCTLR_EL1 and SCTLR_EL2 under HCR_EL2.E2H (DDI 0487 D17.2.118). */
const sctlrEl1Fields =
  "DSSBS:44@SSBS BT1:36@BTI BT0:35@BTI EnIA:31@PAuth EnIB:30@PAuth EnDA:27@PAuth UCI:26 SPAN:23@PAN IESB:21@IESB " +
  "TSCXT:20@CSV2_2 WXN:19 nTWE:18 nTWI:16 UCT:15 DZE:14 EnDB:13@PAuth I:12 EnRCTX:10@SPECRES UMA:9 nAA:6@LSE2 SA0:4 SA:3 C:2 A:1 M:0";
/** LSMAOE, nTLSMD, SPAN, EIS, TSCXT, EOS; SED and ITD, which are RES1 where EL0 has no AArch32. */
const sctlrEl1Res1 = 0x30d00980n;
const sctlrEl2Fields =
  "DSSBS:44@SSBS BT1:36@VHE BT:36@BTI BT0:35@VHE EnIA:31@PAuth EnIB:30@PAuth EnDA:27@PAuth UCI:26@VHE SPAN:23@VHE " +
  "IESB:21@IESB TSCXT:20@CSV2_2 WXN:19 nTWE:18@VHE nTWI:16@VHE UCT:15@VHE DZE:14@VHE EnDB:13@PAuth I:12 EnRCTX:10@VHE UMA:9@VHE nAA:6@LSE2 " +
  "SA0:4@VHE SA:3 C:2 A:1 M:0";
const sctlrEl3Fields =
  "DSSBS:44@SSBS BT:36@BTI EnIA:31@PAuth EnIB:30@PAuth EnDA:27@PAuth IESB:21@IESB WXN:19 EnDB:13@PAuth I:12 " +
  "nAA:6@LSE2 SA:3 C:2 A:1 M:0";
/** Cleared where an issue of the architecture has no use for the bits: 29, 28, 23, 22, 18, 16, 11, 5, 4. */
const sctlrEl2Res1 = 0x30c50830n;

const cpacrFields = "TTA:28 FPEN:21-20";

/** Register values at reset that software may rely on nowhere but at the highest level: SA, nTWI, nTWE as QEMU sets them. */
const sctlrReset = 0x30c50838n;

/** Control registers of the PE (DDI 0487 D17.2). */
export const controlRegisters: readonly SystemRegisterEntry[] = [
  register("SCTLR_EL1", "3 0 1 0 0", "R1 W1", {
    reset: sctlrReset,
    res1: sctlrEl1Res1,
    fields: sctlrEl1Fields,
    traps: ["TVM", "TRVM"],
    effects: ["context", "regime1"],
    e2h: "SCTLR_EL2",
  }),
  register("ACTLR_EL1", "3 0 1 0 1", "R1 W1", { fields: "", traps: ["TACR"] }),
  register("CPACR_EL1", "3 0 1 0 2", "R1 W1", {
    fields: cpacrFields,
    traps: ["CPTR_EL2_TCPAC", "CPTR_EL3_TCPAC"],
    effects: ["fp"],
    e2h: "CPTR_EL2",
  }),
  register("SCTLR_EL2", "3 4 1 0 0", "R2 W2", {
    reset: sctlrReset,
    res1: sctlrEl2Res1,
    fields: sctlrEl2Fields,
    effects: ["context", "regime2"],
  }),
  register("ACTLR_EL2", "3 4 1 0 1", "R2 W2", { fields: "" }),
  register("HCR_EL2", "3 4 1 1 0", "R2 W2", {
    // Without AArch32 at EL1, RW is RAO/WI. MIOCNCE may be RAZ/WI where mismatched cacheability loses no coherency.
    res1: 1n << 31n,
    fields:
      "TTLBOS:55@EVT TTLBIS:54@EVT EnSCXT:53@CSV2_2 TOCU:52@EVT TICAB:50@EVT TID4:49@EVT FWB:46@S2FWB NV2:45@NV2 AT:44@NV NV1:43@NV " +
      "NV:42@NV API:41@PAuth APK:40@PAuth TEA:37@RAS TERR:36@RAS TLOR:35@LOR E2H:34@VHE ID:33 CD:32 " +
      "TRVM:30 HCD:29@!EL3 TDZ:28 TGE:27 TVM:26 TTLB:25 TPU:24 TPCP:23 TSW:22 TACR:21 TIDCP:20 TSC:19 TID3:18 " +
      "TID2:17 TID1:16 TID0:15 TWE:14 TWI:13 DC:12 BSU:11-10 FB:9 VSE:8 VI:7 VF:6 AMO:5 IMO:4 FMO:3 PTW:2 SWIO:1 VM:0",
    effects: ["context", "stage2", "routing", "fp"],
  }),
  register("CPTR_EL2", "3 4 1 1 2", "R2 W2", {
    // The layout for E2H = 0; with E2H = 1 it is CPACR_EL1's, and the hook accepts those bits.
    hook: "cptrEl2",
    fields: "TCPAC:31 TTA:20 TFP:10",
    traps: ["CPTR_EL3_TCPAC"],
    effects: ["fp"],
  }),
  register("HSTR_EL2", "3 4 1 1 3", "R2 W2", { fields: "" }),
  // Every field belongs to a feature that no core here has.
  register("HCRX_EL2", "3 4 1 2 2", "R2 W2", { feature: "HCX", fields: "", traps: ["SCR_HXEn"] }),
  register("HACR_EL2", "3 4 1 1 7", "R2 W2", { fields: "" }),
  register("SCTLR_EL3", "3 6 1 0 0", "R3 W3", {
    reset: sctlrReset,
    res1: sctlrEl2Res1,
    fields: sctlrEl3Fields,
    effects: ["context", "regime3"],
  }),
  register("ACTLR_EL3", "3 6 1 0 1", "R3 W3", { fields: "" }),
  register("SCR_EL3", "3 6 1 1 0", "R3 W3", {
    // RW is RAO/WI without AArch32 below; bits 5:4 are RES1.
    res1: 0x430n,
    fields:
      "HXEn:38@HCX EnSCXT:25@CSV2_2 FIEN:21@RASv1p1 API:17@PAuth APK:16@PAuth TERR:15@RAS TLOR:14@LOR TWE:13 TWI:12 ST:11 SIF:9 HCE:8 SMD:7 EA:3 " +
      "FIQ:2 IRQ:1 NS:0",
    effects: ["context", "routing", "gic", "fp"],
  }),
  register("SDER32_EL3", "3 6 1 1 1", "R3 W3", { fields: "" }),
  register("CPTR_EL3", "3 6 1 1 2", "R3 W3", { fields: "TCPAC:31 TTA:20 TFP:10", effects: ["fp"] }),
  register("CPACR_EL12", "3 5 1 0 2", "R2 W2", { alias: "CPACR_EL1" }),
  register("SCTLR_EL12", "3 5 1 0 0", "R2 W2", { alias: "SCTLR_EL1" }),
];
