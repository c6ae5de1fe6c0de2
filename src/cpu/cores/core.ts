/** A named core: what its identification registers say, and with that which features it has. */
export interface Core {
  /** As `-cpu` takes it. */
  readonly name: string;
  /** Values of the registers whose reset is "core"; those absent are zero. */
  readonly registers: Readonly<Record<string, bigint>>;
  /** CCSIDR_EL1 by CSSELR_EL1 (level << 1 | instruction). */
  readonly cacheSizes: Readonly<Record<number, bigint>>;
  /** Feature names, as the system register and instruction tables use them (FEAT_PAN, ...). */
  readonly features: ReadonlySet<string>;
}

/** One rule: the feature is there when the field of the ID register is at least this. */
type FeatureRule = readonly [feature: string, register: string, lowBit: number, atLeast: number];

const isar0 = "ID_AA64ISAR0_EL1";
const isar1 = "ID_AA64ISAR1_EL1";
const isar2 = "ID_AA64ISAR2_EL1";
const mmfr0 = "ID_AA64MMFR0_EL1";
const mmfr1 = "ID_AA64MMFR1_EL1";
const mmfr2 = "ID_AA64MMFR2_EL1";
const pfr0 = "ID_AA64PFR0_EL1";
const pfr1 = "ID_AA64PFR1_EL1";
const dfr0 = "ID_AA64DFR0_EL1";

/** How ID registers name features (DDI 0487 A2, D17.2). ASID16 and DirtyState have no FEAT_ name. */
const rules: readonly FeatureRule[] = [
  ["FEAT_AES", isar0, 4, 1],
  ["FEAT_PMULL", isar0, 4, 2],
  ["FEAT_SHA1", isar0, 8, 1],
  ["FEAT_SHA256", isar0, 12, 1],
  ["FEAT_SHA512", isar0, 12, 2],
  ["FEAT_CRC32", isar0, 16, 1],
  ["FEAT_LSE", isar0, 20, 2],
  ["FEAT_RDM", isar0, 28, 1],
  ["FEAT_SHA3", isar0, 32, 1],
  ["FEAT_SM3", isar0, 36, 1],
  ["FEAT_SM4", isar0, 40, 1],
  ["FEAT_DotProd", isar0, 44, 1],
  ["FEAT_FHM", isar0, 48, 1],
  ["FEAT_FlagM", isar0, 52, 1],
  ["FEAT_FlagM2", isar0, 52, 2],
  ["FEAT_TLBIOS", isar0, 56, 1],
  ["FEAT_TLBIRANGE", isar0, 56, 2],
  ["FEAT_RNG", isar0, 60, 1],
  ["FEAT_DPB", isar1, 0, 1],
  ["FEAT_DPB2", isar1, 0, 2],
  ["FEAT_PAuth", isar1, 4, 1],
  ["FEAT_PAuth", isar1, 8, 1],
  ["FEAT_JSCVT", isar1, 12, 1],
  ["FEAT_FCMA", isar1, 16, 1],
  ["FEAT_LRCPC", isar1, 20, 1],
  ["FEAT_LRCPC2", isar1, 20, 2],
  ["FEAT_FRINTTS", isar1, 32, 1],
  ["FEAT_SB", isar1, 36, 1],
  ["FEAT_SPECRES", isar1, 40, 1],
  ["FEAT_BF16", isar1, 44, 1],
  ["FEAT_I8MM", isar1, 52, 1],
  ["FEAT_WFxT", isar2, 0, 2],
  ["ASID16", mmfr0, 4, 2],
  ["FEAT_ExS", mmfr0, 44, 1],
  ["FEAT_FGT", mmfr0, 56, 1],
  ["FEAT_ECV", mmfr0, 60, 1],
  ["FEAT_HAFDBS", mmfr1, 0, 1],
  ["DirtyState", mmfr1, 0, 2],
  ["FEAT_VMID16", mmfr1, 4, 2],
  ["FEAT_VHE", mmfr1, 8, 1],
  ["FEAT_HPDS", mmfr1, 12, 1],
  ["FEAT_LOR", mmfr1, 16, 1],
  ["FEAT_PAN", mmfr1, 20, 1],
  ["FEAT_PAN2", mmfr1, 20, 2],
  ["FEAT_PAN3", mmfr1, 20, 3],
  ["FEAT_XNX", mmfr1, 28, 1],
  ["FEAT_HCX", mmfr1, 40, 1],
  ["FEAT_TTCNP", mmfr2, 0, 1],
  ["FEAT_UAO", mmfr2, 4, 1],
  ["FEAT_IESB", mmfr2, 12, 1],
  ["FEAT_NV", mmfr2, 24, 1],
  ["FEAT_NV2", mmfr2, 24, 2],
  ["FEAT_TTST", mmfr2, 28, 1],
  ["FEAT_LSE2", mmfr2, 32, 1],
  ["FEAT_IDST", mmfr2, 36, 1],
  ["FEAT_S2FWB", mmfr2, 40, 1],
  ["FEAT_TTL", mmfr2, 48, 1],
  ["FEAT_EVT", mmfr2, 56, 2],
  ["FEAT_E0PD", mmfr2, 60, 1],
  ["GICv3", pfr0, 24, 1],
  ["FEAT_RAS", pfr0, 28, 1],
  ["FEAT_RASv1p1", pfr0, 28, 2],
  ["FEAT_SVE", pfr0, 32, 1],
  ["FEAT_SEL2", pfr0, 36, 1],
  ["FEAT_DIT", pfr0, 48, 1],
  ["FEAT_CSV2_2", pfr0, 56, 2],
  ["FEAT_BTI", pfr1, 0, 1],
  ["FEAT_SSBS", pfr1, 4, 1],
  ["FEAT_SSBS2", pfr1, 4, 2],
  ["FEAT_MTE", pfr1, 8, 1],
  ["FEAT_SME", pfr1, 24, 1],
  ["FEAT_PMUv3", dfr0, 8, 1],
  ["FEAT_PMUv3p1", dfr0, 8, 4],
  ["FEAT_SPE", dfr0, 32, 1],
];

/** Works out the features of a core from its ID registers; `extra` are names that no ID register gives. */
export function makeCore(core: Omit<Core, "features">, extra: readonly string[] = []): Core {
  const features = new Set(extra);
  for (const [feature, name, low, atLeast] of rules)
    if (Number(((core.registers[name] ?? 0n) >> BigInt(low)) & 15n) >= atLeast) features.add(feature);
  // AdvSIMD and FP: 0 without half precision, 1 with; 15 would be absent.
  if (((core.registers[pfr0]! >> 16n) & 15n) === 1n) features.add("FEAT_FP16");
  return { ...core, features };
}
