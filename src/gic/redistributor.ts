import type { MmioDevice } from "../ports/index.js";
import type { GicState } from "./gic-state.js";
import { implementerIdentification, readIdentification, redistributorPart } from "./identification.js";
import { isInterruptRegister, readInterruptRegister, writeInterruptRegister } from "./interrupt-registers.js";
import type { PeState } from "./pe-state.js";

const GICR_CTLR = 0x0000;
const GICR_IIDR = 0x0004;
const GICR_TYPER = 0x0008;
const GICR_STATUSR = 0x0010;
const GICR_WAKER = 0x0014;
const GICR_PROPBASER = 0x0070;
const GICR_PENDBASER = 0x0078;

/** GICR_CTLR.CES: EnableLPIs can be cleared again. */
const GICR_CTLR_CES = 1 << 1;

/** Bytes per PE: RD_base, then SGI_base, 64 KB each. */
const stride = 0x20000;

/** GICR_WAKER.ProcessorSleep and ChildrenAsleep, which follows it at once. */
const asleep = (1 << 2) | (1 << 1);

/** The Redistributors of all PEs, one after the other, as one Security state sees them (IHI 0069, 12.10 and 12.11). */
export class Redistributors implements MmioDevice {
  readonly name = "gicv3_redist";
  readonly size: number;
  readonly #gic: GicState;
  readonly #secure: boolean;

  constructor(gic: GicState, secure: boolean) {
    this.#gic = gic;
    this.#secure = secure;
    this.size = gic.pes.length * stride;
  }

  read(offset: number, size: 1 | 2 | 4): number {
    const gic = this.#gic;
    const pe = gic.pes[Math.floor(offset / stride)]!;
    const restricted = gic.isRestricted(this.#secure);
    const frame = offset & 0xffff;
    if (offset & 0x10000) {
      if (isInterruptRegister(frame, size)) return readInterruptRegister(gic, pe.interrupts, frame, size, restricted);
    } else if (size === 4) {
      switch (frame) {
        case GICR_CTLR:
          return pe.lpis ? GICR_CTLR_CES | (pe.lpis.enabled ? 1 : 0) : 0;
        case GICR_STATUSR:
          return 0;
        case GICR_PROPBASER:
        case GICR_PROPBASER + 4:
        case GICR_PENDBASER:
        case GICR_PENDBASER + 4:
          return Number((readTableBase(pe, frame) >> (frame & 4 ? 32n : 0n)) & 0xffff_ffffn);
        case GICR_IIDR:
          return implementerIdentification;
        case GICR_TYPER:
          return this.#type(pe);
        case GICR_TYPER + 4:
          return pe.affinity;
        case GICR_WAKER:
          return restricted || !pe.processorSleep ? 0 : asleep;
      }
    }
    if (size === 4) {
      const identification = readIdentification(frame, redistributorPart);
      if (identification !== undefined) return identification;
    }
    this.#reserved("read", offset, size);
    return 0;
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const gic = this.#gic;
    const pe = gic.pes[Math.floor(offset / stride)]!;
    const restricted = gic.isRestricted(this.#secure);
    const frame = offset & 0xffff;
    if (offset & 0x10000) {
      if (isInterruptRegister(frame, size)) {
        writeInterruptRegister(gic, pe.interrupts, frame, size, value, restricted);
        gic.update(pe);
        return;
      }
    } else if (size === 4) {
      if (frame === GICR_WAKER) {
        if (!restricted) {
          pe.processorSleep = (value & (1 << 1)) !== 0;
          gic.updateAll();
        }
        return;
      }
      if (frame === GICR_CTLR && pe.lpis) {
        pe.lpis.setEnabled((value & 1) !== 0);
        gic.update(pe);
        return;
      }
      if (frame < GICR_WAKER) return;
      if (frame >= GICR_PROPBASER && frame < GICR_PENDBASER + 8) {
        const before = readTableBase(pe, frame);
        const half = BigInt(value);
        writeTableBase(
          pe,
          frame,
          frame & 4 ? (before & 0xffff_ffffn) | (half << 32n) : (before & ~0xffff_ffffn) | half,
        );
        return;
      }
    }
    if (size !== 4 || frame < 0xffd0) this.#reserved("write", offset, size);
  }

  /** GICR_TYPER's low word (12.10.40): PLPIS, CommonLPIAff 1 (Aff3), Processor_Number, Last. */
  #type(pe: PeState): number {
    return (
      ((pe.lpis ? 1 : 0) | (1 << 24) | (pe.index << 8) | (pe.index === this.#gic.pes.length - 1 ? 1 << 4 : 0)) >>> 0
    );
  }

  #reserved(verb: string, offset: number, size: number): void {
    const { log } = this.#gic.options;
    if (log.enabled("guest"))
      log.write("guest", `${this.name}: ${verb} of ${size} bytes at reserved offset 0x${offset.toString(16)}`);
  }
}

const readTableBase = (pe: PeState, frame: number): bigint =>
  (frame & ~7) === GICR_PROPBASER ? (pe.lpis?.propertyBase ?? 0n) : (pe.lpis?.pendingBase ?? 0n);

function writeTableBase(pe: PeState, frame: number, value: bigint): void {
  if (pe.lpis === undefined) return;
  if ((frame & ~7) === GICR_PROPBASER) pe.lpis.propertyBase = value;
  else pe.lpis.pendingBase = value;
}
