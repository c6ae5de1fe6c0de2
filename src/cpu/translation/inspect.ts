import type { ProcessingElement } from "../processing-element.js";
import type { DescriptorRecord } from "./fault-status.js";
import { AccessKind, Regime, type Walker } from "./walker.js";

/** Everything about the translation of one address, for debuggers and monitors. */
export interface TranslationResult {
  readonly virtualAddress: bigint;
  /** Translation regime: 0 EL1&0, 1 EL2, 2 EL2&0, 3 EL3. */
  readonly regime: number;
  /** Undefined when the address doesn't translate. */
  readonly physicalAddress: bigint | undefined;
  readonly nonSecure: boolean;
  readonly fault: TranslationFault | undefined;
  /** What the exception level may do there. */
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** As PAR_EL1.ATTR has it (a MAIR_ELx byte). */
  readonly attributes: number;
  readonly device: boolean;
  /** Bytes of the stage 1 block or page. */
  readonly blockSize: number;
  readonly global: boolean;
  /** Every descriptor that the walk read, in order, those of stage 2 among them. */
  readonly descriptors: readonly DescriptorRecord[];
}

export interface TranslationFault {
  /** DFSC or IFSC. */
  readonly status: number;
  readonly stage: 1 | 2;
  /** A stage 2 fault on an access to a stage 1 descriptor. */
  readonly onWalk: boolean;
  /** The address that stage 2 could not translate. */
  readonly intermediateAddress: bigint | undefined;
}

function inspect(walker: Walker, walk: () => boolean): { ok: boolean; descriptors: DescriptorRecord[] } {
  const descriptors: DescriptorRecord[] = [];
  walker.trace = descriptors;
  walker.inspecting = true;
  try {
    return { ok: walk(), descriptors };
  } finally {
    walker.trace = undefined;
    walker.inspecting = false;
  }
}

/** The regime that an exception level would have, with the PE's registers as they are. */
function regimeAt(pe: ProcessingElement, el: number): number {
  if (el === pe.el) return pe.regime;
  if (el === 3) return Regime.el3;
  if (el === 2) return pe.e2h ? Regime.el20 : Regime.el2;
  return el === 0 && pe.host ? Regime.el20 : Regime.el10;
}

function secureAt(pe: ProcessingElement, el: number): boolean {
  if (!pe.haveEl3 || el === pe.el) return pe.secure;
  return el === 3 || (pe.readSystemRegister("SCR_EL3") & 1n) === 0n;
}

/**
 * Translates an address as the PE does now, or would at level `el`, for a read unless `kind` says otherwise, without changing anything:
 * no TLB entry, no access flag, no exception. Permissions count only for the kind of access.
 */
export function inspectTranslation(
  pe: ProcessingElement,
  virtualAddress: bigint,
  kind: keyof typeof AccessKind = "read",
  el: number = pe.el,
): TranslationResult {
  const { walker } = pe;
  const regime = regimeAt(pe, el);
  const low = Number(virtualAddress & 0xffff_ffffn) | 0;
  const high = Number((virtualAddress >> 32n) & 0xffff_ffffn) | 0;
  const { ok, descriptors } = inspect(walker, () =>
    walker.translate(low, high, AccessKind[kind], regime, el !== 0, false, secureAt(pe, el)),
  );
  const stage2 = walker.stage2Fault;
  return {
    virtualAddress,
    regime,
    physicalAddress: ok ? BigInt(walker.physical) : undefined,
    nonSecure: walker.nonSecure,
    fault: ok
      ? undefined
      : {
          status: walker.faultStatus,
          stage: stage2 ? 2 : 1,
          onWalk: stage2 && walker.onWalk,
          intermediateAddress: stage2 ? BigInt(walker.ipa) : undefined,
        },
    readable: ok && walker.readable,
    writable: ok && walker.writable,
    executable: ok && walker.executable,
    attributes: walker.attributes,
    device: walker.device,
    blockSize: 2 ** walker.shift,
    global: walker.global,
    descriptors,
  };
}
