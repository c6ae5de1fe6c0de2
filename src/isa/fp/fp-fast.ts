import { PeState } from "../../ir/index.js";

/** FPCR fields, Arm ARM C5.2.8. Trap enables are RES0: this machine never traps floating-point exceptions. */
export const Fpcr = { ahp: 1 << 26, dn: 1 << 25, fz: 1 << 24, rmode: 3 << 22, fz16: 1 << 19 } as const;

/** FPSR fields, Arm ARM C5.2.10. */
export const Fpsr = { ioc: 1, dzc: 2, ofc: 4, ufc: 8, ixc: 16, idc: 128, qc: 1 << 27 } as const;

/** FPCR bits that can be written, without FZ16 (which FEAT_FP16 adds). */
export const fpcrWritable = Fpcr.ahp | Fpcr.dn | Fpcr.fz | Fpcr.rmode;
/** FPSR bits that can be written. */
export const fpsrWritable = Fpsr.ioc | Fpsr.dzc | Fpsr.ofc | Fpsr.ufc | Fpsr.ixc | Fpsr.idc | Fpsr.qc;

/**
 * Recomputes `PeState.fpFast` of the PE whose state is at `base`; to be called after FPCR or FPSR was written. It is 1
 * while an operation of WebAssembly gives what the architecture wants, but for NaNs, infinities and tiny results:
 * round to nearest, no flushing to zero, and FPSR.IXC already set, so that inexact results change nothing.
 */
export function updateFpFast(memory: DataView, base: number): void {
  const fpcr = memory.getInt32(base + PeState.fpcr, true);
  const fpsr = memory.getInt32(base + PeState.fpsr, true);
  const fast = (fpcr & (Fpcr.fz | Fpcr.rmode)) === 0 && (fpsr & Fpsr.ixc) !== 0;
  memory.setInt32(base + PeState.fpFast, fast ? 1 : 0, true);
}
