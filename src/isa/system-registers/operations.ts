import { systemEncoding } from "./system-register.js";
import type { TrapControlName } from "./trap-controls.js";

/** What a system instruction does; the PE has the behaviour. */
export type SystemOperationKind =
  /** Data cache maintenance by address: checks the address, changes nothing, since the caches are coherent and write-through. */
  | "cacheClean"
  | "cacheInvalidate"
  /** By set and way: nothing to do. */
  | "cacheSetWay"
  | "zero"
  | "instructionCacheAll"
  | "instructionCacheAddress"
  | "translate"
  | "tlb"
  /** CFP, DVP, CPP: nothing to do, since there is no speculation. */
  | "prediction";

/** One SYS instruction with its alias. */
export interface SystemOperation {
  readonly name: string;
  readonly encoding: number;
  /** Lowest exception level that may execute it. */
  readonly level: number;
  readonly kind: SystemOperationKind;
  readonly feature?: string;
  readonly traps: readonly TrapControlName[];
  /** For `tlb`: what it names. */
  readonly tlb?: TlbOperation;
  /** For `translate`: stages 1 or 1 and 2, of which level's regime, for read or write, with PSTATE.PAN (`P` forms). */
  readonly translate?: TranslateOperation;
}

export interface TlbOperation {
  readonly scope: "all" | "va" | "vaAllAsid" | "asid" | "vmall" | "vmallS12" | "ipa";
  /** The exception level of the regime. */
  readonly level: 1 | 2 | 3;
  /** Whether all PEs are meant (Inner or Outer Shareable forms). */
  readonly broadcast: boolean;
  /** RVA forms: the argument is a range. */
  readonly range: boolean;
}

export interface TranslateOperation {
  readonly level: 0 | 1 | 2 | 3;
  readonly stage2: boolean;
  readonly write: boolean;
  readonly pan: boolean;
}

function operation(
  name: string,
  code: string,
  level: number,
  kind: SystemOperationKind,
  traps: readonly TrapControlName[] = [],
  more: Pick<SystemOperation, "feature" | "tlb" | "translate"> = {},
): SystemOperation {
  const [op1, crn, crm, op2] = code.split(" ").map(Number) as [number, number, number, number];
  return { name, encoding: systemEncoding(1, op1, crn, crm, op2), level, kind, traps, ...more };
}

function translate(
  name: string,
  code: string,
  level: number,
  regime: 0 | 1 | 2 | 3,
  more: { stage2?: boolean; pan?: boolean } = {},
) {
  const { stage2 = false, pan = false } = more;
  return operation(name, code, level, "translate", level === 1 ? ["AT"] : [], {
    ...(pan ? { feature: "FEAT_PAN2" } : {}),
    translate: { level: regime, stage2, write: /W P?$|W$|WP$/.test(name), pan },
  });
}

/** A TLBI form in its Non-shareable, Inner Shareable and Outer Shareable variants, which differ in CRm only. */
function tlbi(
  name: string,
  op1: number,
  op2: number,
  level: 1 | 2 | 3,
  scope: TlbOperation["scope"],
  places: { local: number; inner: number; outer?: string; range?: boolean },
): SystemOperation[] {
  const { local, inner, range = false } = places;
  // The EL1&0 forms at EL2 (ALLE1, VMALLS12E1, IPAS2E1) are EL2's own and not trapped.
  const executes = op1 === 0 ? 1 : op1 === 4 ? 2 : 3;
  const traps: readonly TrapControlName[] = executes === 1 ? ["TTLB"] : [];
  const feature = range ? { feature: "FEAT_TLBIRANGE" } : {};
  const outer = (places.outer ?? `8 1 ${op2}`).split(" ").map(Number) as [number, number, number];
  const make = (suffix: string, crm: number, at: number, broadcast: boolean, more: { feature?: string }) =>
    operation(`TLBI ${name}${suffix}`, `${op1} 8 ${crm} ${at}`, executes, "tlb", traps, {
      ...more,
      tlb: { scope, level, broadcast, range },
    });
  return [
    make("", local, op2, false, feature),
    make("IS", inner, op2, true, feature),
    make("OS", outer[1], outer[2], true, { feature: "FEAT_TLBIOS" }),
  ];
}

const main = { local: 7, inner: 3 };
const byRange = { local: 6, inner: 2, range: true };

/** System instructions: AT, DC, IC, TLBI (DDI 0487 C5.3 to C5.6). */
export const systemOperations: readonly SystemOperation[] = [
  operation("IC IALLUIS", "0 7 1 0", 1, "instructionCacheAll", ["TPU"]),
  operation("IC IALLU", "0 7 5 0", 1, "instructionCacheAll", ["TPU"]),
  operation("IC IVAU", "3 7 5 1", 0, "instructionCacheAddress", ["UCI", "TPU"]),
  operation("DC IVAC", "0 7 6 1", 1, "cacheInvalidate", ["TPCP"]),
  operation("DC ISW", "0 7 6 2", 1, "cacheSetWay", ["TSW"]),
  operation("DC CSW", "0 7 10 2", 1, "cacheSetWay", ["TSW"]),
  operation("DC CISW", "0 7 14 2", 1, "cacheSetWay", ["TSW"]),
  operation("DC ZVA", "3 7 4 1", 0, "zero", ["DZE", "TDZ"]),
  operation("DC CVAC", "3 7 10 1", 0, "cacheClean", ["UCI", "TPCP"]),
  operation("DC CVAU", "3 7 11 1", 0, "cacheClean", ["UCI", "TPU"]),
  operation("DC CVAP", "3 7 12 1", 0, "cacheClean", ["UCI", "TPCP"], { feature: "FEAT_DPB" }),
  operation("DC CVADP", "3 7 13 1", 0, "cacheClean", ["UCI", "TPCP"], { feature: "FEAT_DPB2" }),
  operation("DC CIVAC", "3 7 14 1", 0, "cacheClean", ["UCI", "TPCP"]),
  operation("CFP RCTX", "3 7 3 4", 0, "prediction", ["EnRCTX"], { feature: "FEAT_SPECRES" }),
  operation("DVP RCTX", "3 7 3 5", 0, "prediction", ["EnRCTX"], { feature: "FEAT_SPECRES" }),
  operation("CPP RCTX", "3 7 3 7", 0, "prediction", ["EnRCTX"], { feature: "FEAT_SPECRES" }),
  translate("AT S1E1R", "0 7 8 0", 1, 1),
  translate("AT S1E1W", "0 7 8 1", 1, 1),
  translate("AT S1E0R", "0 7 8 2", 1, 0),
  translate("AT S1E0W", "0 7 8 3", 1, 0),
  translate("AT S1E1RP", "0 7 9 0", 1, 1, { pan: true }),
  translate("AT S1E1WP", "0 7 9 1", 1, 1, { pan: true }),
  translate("AT S1E2R", "4 7 8 0", 2, 2),
  translate("AT S1E2W", "4 7 8 1", 2, 2),
  translate("AT S12E1R", "4 7 8 4", 2, 1, { stage2: true }),
  translate("AT S12E1W", "4 7 8 5", 2, 1, { stage2: true }),
  translate("AT S12E0R", "4 7 8 6", 2, 0, { stage2: true }),
  translate("AT S12E0W", "4 7 8 7", 2, 0, { stage2: true }),
  translate("AT S1E3R", "6 7 8 0", 3, 3),
  translate("AT S1E3W", "6 7 8 1", 3, 3),
  ...tlbi("VMALLE1", 0, 0, 1, "vmall", main),
  ...tlbi("VAE1", 0, 1, 1, "va", main),
  ...tlbi("ASIDE1", 0, 2, 1, "asid", main),
  ...tlbi("VAAE1", 0, 3, 1, "vaAllAsid", main),
  ...tlbi("VALE1", 0, 5, 1, "va", main),
  ...tlbi("VAALE1", 0, 7, 1, "vaAllAsid", main),
  ...tlbi("RVAE1", 0, 1, 1, "va", { ...byRange, outer: "8 5 1" }),
  ...tlbi("RVAAE1", 0, 3, 1, "vaAllAsid", { ...byRange, outer: "8 5 3" }),
  ...tlbi("RVALE1", 0, 5, 1, "va", { ...byRange, outer: "8 5 5" }),
  ...tlbi("RVAALE1", 0, 7, 1, "vaAllAsid", { ...byRange, outer: "8 5 7" }),
  ...tlbi("ALLE2", 4, 0, 2, "all", main),
  ...tlbi("VAE2", 4, 1, 2, "va", main),
  ...tlbi("ALLE1", 4, 4, 1, "all", main),
  ...tlbi("VALE2", 4, 5, 2, "va", main),
  ...tlbi("VMALLS12E1", 4, 6, 1, "vmallS12", main),
  ...tlbi("RVAE2", 4, 1, 2, "va", { ...byRange, outer: "8 5 1" }),
  ...tlbi("RVALE2", 4, 5, 2, "va", { ...byRange, outer: "8 5 5" }),
  ...tlbi("IPAS2E1", 4, 1, 1, "ipa", { local: 4, inner: 0, outer: "8 4 0" }),
  ...tlbi("IPAS2LE1", 4, 5, 1, "ipa", { local: 4, inner: 0, outer: "8 4 4" }),
  ...tlbi("RIPAS2E1", 4, 2, 1, "ipa", { local: 4, inner: 0, outer: "8 4 3", range: true }),
  ...tlbi("RIPAS2LE1", 4, 6, 1, "ipa", { local: 4, inner: 0, outer: "8 4 7", range: true }),
  ...tlbi("ALLE3", 6, 0, 3, "all", main),
  ...tlbi("VAE3", 6, 1, 3, "va", main),
  ...tlbi("VALE3", 6, 5, 3, "va", main),
  ...tlbi("RVAE3", 6, 1, 3, "va", { ...byRange, outer: "8 5 1" }),
  ...tlbi("RVALE3", 6, 5, 3, "va", { ...byRange, outer: "8 5 5" }),
];

/** By encoding: index + 1, or 0. */
const indices = new Uint16Array(1 << 16);
for (const [index, entry] of systemOperations.entries()) {
  const other = systemOperations[indices[entry.encoding]! - 1];
  if (other !== undefined) throw new Error(`${entry.name} and ${other.name} have the same encoding`);
  indices[entry.encoding] = index + 1;
}

/** The system instruction with a 16-bit encoding. */
export function systemOperationByEncoding(encoding: number): SystemOperation | undefined {
  const at = indices[encoding]!;
  return at === 0 ? undefined : systemOperations[at - 1];
}
