import { type Core, makeCore } from "./core.js";

/** PMCEID0_EL0: SW_INCR (0), INST_RETIRED (8), CPU_CYCLES (0x11) are counted. */
const pmceid0 = (1n << 0n) | (1n << 8n) | (1n << 0x11n);
/** PMCR_EL0.N and LC as every core here has them: 6 counters. */
const pmcr = (6n << 11n) | (1n << 6n);

/** DCZID_EL0.BS: 16 words, 64 bytes. */
const dczid = 4n;

/*
 * Values are those of the Technical Reference Manuals, with what this machine lacks taken out: AArch32 at any level,
 * big-endian data (BigEnd, BigEndEL0), external debug's and trace's extras, statistical profiling, LORegions (so LORID_EL1
 * is zero). EL2 and EL3 in ID_AA64PFR0_EL1 are filled in by the PE, by what the board gives it.
 */

/** ARM Cortex-A53 MPCore, r0p4 (DDI 0500). */
export const cortexA53: Core = makeCore(
  {
    name: "cortex-a53",
    registers: {
      MIDR_EL1: 0x410fd034n,
      ID_AA64PFR0_EL1: 0x01000011n,
      ID_AA64DFR0_EL1: 0x10305106n,
      ID_AA64ISAR0_EL1: 0x00011120n,
      // 40-bit PA, 16-bit ASIDs, 4 KB and 64 KB granules.
      ID_AA64MMFR0_EL1: 0x00001022n,
      CTR_EL0: 0x84448004n,
      CLIDR_EL1: 0x0a200023n,
      DCZID_EL0: dczid,
      PMCR_EL0: 0x41030000n | pmcr,
      PMCEID0_EL0: pmceid0,
    },
    cacheSizes: { 0: 0x700fe01an, 1: 0x201fe00an, 2: 0x707fe07an },
  },
  ["cortex-a5x"],
);

/** ARM Cortex-A57 MPCore, r1p0 (DDI 0488). */
export const cortexA57: Core = makeCore(
  {
    name: "cortex-a57",
    registers: {
      MIDR_EL1: 0x411fd070n,
      ID_AA64PFR0_EL1: 0x01000011n,
      ID_AA64DFR0_EL1: 0x10305106n,
      ID_AA64ISAR0_EL1: 0x00011120n,
      // 44-bit PA, 16-bit ASIDs, 4 KB and 64 KB granules.
      ID_AA64MMFR0_EL1: 0x00001024n,
      CTR_EL0: 0x8444c004n,
      CLIDR_EL1: 0x0a200023n,
      DCZID_EL0: dczid,
      PMCR_EL0: 0x41010000n | pmcr,
      PMCEID0_EL0: pmceid0,
    },
    cacheSizes: { 0: 0x701fe00an, 1: 0x201fe012n, 2: 0x70ffe07an },
  },
  ["cortex-a5x"],
);

/** Arm Neoverse N1, r4p1 (100616). */
export const neoverseN1: Core = makeCore(
  {
    name: "neoverse-n1",
    registers: {
      MIDR_EL1: 0x414fd0c1n,
      ID_AA64PFR0_EL1: 0x11000000_11110011n,
      ID_AA64PFR1_EL1: 0x00000020n,
      ID_AA64DFR0_EL1: 0x10305408n,
      ID_AA64ISAR0_EL1: 0x00001000_10211120n,
      ID_AA64ISAR1_EL1: 0x00100001n,
      // 48-bit PA, 16-bit ASIDs, all granules.
      ID_AA64MMFR0_EL1: 0x00101025n,
      ID_AA64MMFR1_EL1: 0x10212122n,
      ID_AA64MMFR2_EL1: 0x00001011n,
      CTR_EL0: 0x8444c004n,
      CLIDR_EL1: 0x82000023n,
      DCZID_EL0: dczid,
      PMCR_EL0: 0x410c0000n | pmcr,
      PMCEID0_EL0: pmceid0,
    },
    cacheSizes: { 0: 0x701fe01an, 1: 0x201fe01an, 2: 0x70ffe03an, 4: 0x71ffe03an },
  },
  ["neoverse-n1"],
);

/** Everything this machine has, under the part number that QEMU gives its `max`. */
export const max: Core = makeCore({
  name: "max",
  registers: {
    MIDR_EL1: 0x000f0510n,
    // CSV3, CSV2_2, DIT, RAS, GICv3, FP16.
    ID_AA64PFR0_EL1: 0x12010000_11110011n,
    // SSBS2, BTI.
    ID_AA64PFR1_EL1: 0x00000021n,
    ID_AA64DFR0_EL1: 0x10305408n,
    // TLBIRANGE, FlagM2, DotProd, SHA3, RDM, LSE, CRC32, SHA512, SHA1, PMULL.
    ID_AA64ISAR0_EL1: 0x02201001_10212120n,
    // SPECRES, SB, FRINTTS, GPI, LRCPC2, FCMA, JSCVT, API, DPB2.
    ID_AA64ISAR1_EL1: 0x00000111_10211102n,
    ID_AA64MMFR0_EL1: 0x00101025n,
    // HCX, ETS, XNX, PAN2, LO, HPDS, VHE, VMID16, hardware access flag and dirty state.
    ID_AA64MMFR1_EL1: 0x00000110_10212122n,
    // E0PD, BBM level 2 (nothing ever conflicts), TTL, S2FWB, IDST, LSE2, TTST, IESB, UAO, TTCNP.
    ID_AA64MMFR2_EL1: 0x10210111_10001011n,
    // DIC and IDC: stores reach instruction fetches without cache maintenance.
    CTR_EL0: 0xb444c004n,
    CLIDR_EL1: 0x0a200023n,
    DCZID_EL0: dczid,
    PMCR_EL0: 0x41000000n | pmcr,
    PMCEID0_EL0: pmceid0,
  },
  cacheSizes: { 0: 0x701fe00an, 1: 0x201fe012n, 2: 0x70ffe07an },
});

/** The cores by their `-cpu` names. */
export const cores: ReadonlyMap<string, Core> = new Map(
  [cortexA53, cortexA57, neoverseN1, max].map((core) => [core.name, core]),
);
