/** Cores whose instructions are compared, and how QEMU is told. */
export interface Core {
  readonly name: string;
  /** Value of qemu-aarch64's -cpu. */
  readonly qemu: string;
  readonly features: ReadonlySet<string>;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const crypto = words("FEAT_AES FEAT_PMULL FEAT_SHA1 FEAT_SHA256 FEAT_CRC32");
const v82 = words("FEAT_LSE FEAT_RDM FEAT_FP16 FEAT_DotProd FEAT_LRCPC FEAT_LOR FEAT_PAN FEAT_UAO FEAT_DPB");
const later = words(`FEAT_BTI FEAT_FlagM FEAT_FlagM2 FEAT_FRINTTS FEAT_JSCVT FEAT_FCMA FEAT_SHA512 FEAT_SHA3
  FEAT_SB FEAT_SSBS FEAT_SSBS2 FEAT_LRCPC2 FEAT_DIT FEAT_DPB2 FEAT_FHM`);

/**
 * Without FEAT_PAuth, since qemu-aarch64 makes up its own keys. SVE is off: its signal frame record would override the V registers that a case starts with.
 */
export const cores: readonly Core[] = [
  { name: "cortex-a57", qemu: "cortex-a57", features: new Set(crypto) },
  { name: "neoverse-n1", qemu: "neoverse-n1", features: new Set([...crypto, ...v82]) },
  { name: "max", qemu: "max,sve=off,pauth-impdef=on", features: new Set([...crypto, ...v82, ...later]) },
];
