import type { MmioDevice } from "../ports/index.js";
import type { GicState } from "./gic-state.js";
import { distributorPart, implementerIdentification, readIdentification } from "./identification.js";
import { isInterruptRegister, readInterruptRegister, writeInterruptRegister } from "./interrupt-registers.js";
import { Group } from "./types.js";

const GICD_CTLR = 0x0000;
const GICD_TYPER = 0x0004;
const GICD_IIDR = 0x0008;
const GICD_TYPER2 = 0x000c;
const GICD_STATUSR = 0x0010;
const GICD_IROUTER = 0x6000;
const GICD_IROUTER_end = 0x8000;

/** INTIDs of 16 bits, as GICD_TYPER.IDbits says. */
const intidBits = 16;

/** The Distributor's 64 KB frame as one Security state sees it (IHI 0069, 12.9). Affinity routing is always on. */
export class Distributor implements MmioDevice {
  readonly name = "gicv3_dist";
  readonly size = 0x10000;
  readonly #gic: GicState;
  readonly #secure: boolean;

  constructor(gic: GicState, secure: boolean) {
    this.#gic = gic;
    this.#secure = secure;
  }

  read(offset: number, size: 1 | 2 | 4): number {
    const gic = this.#gic;
    const restricted = gic.isRestricted(this.#secure);
    if (isInterruptRegister(offset, size)) {
      const own = spiOffset(offset);
      return own < 0 ? 0 : readInterruptRegister(gic, gic.spis, own, size, restricted);
    }
    if (size === 4) {
      if (offset >= GICD_IROUTER && offset < GICD_IROUTER_end) return this.#readRoute(offset, restricted);
      switch (offset) {
        case GICD_CTLR:
          return this.#readControl(restricted);
        case GICD_TYPER:
          return this.#type();
        case GICD_IIDR:
          return implementerIdentification;
        case GICD_TYPER2:
        case GICD_STATUSR:
          return 0;
      }
      const identification = readIdentification(offset, distributorPart);
      if (identification !== undefined) return identification;
    }
    if (!isLegacy(offset)) this.#reserved("read", offset, size);
    return 0;
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const gic = this.#gic;
    const restricted = gic.isRestricted(this.#secure);
    if (isInterruptRegister(offset, size)) {
      const own = spiOffset(offset);
      if (own < 0) return;
      writeInterruptRegister(gic, gic.spis, own, size, value, restricted);
      gic.updateAll();
    } else if (size === 4 && offset >= GICD_IROUTER && offset < GICD_IROUTER_end)
      this.#writeRoute(offset, value, restricted);
    else if (size === 4 && offset === GICD_CTLR) this.#writeControl(value, restricted);
    else if (!isLegacy(offset) && !(size === 4 && isReadOnly(offset))) this.#reserved("write", offset, size);
  }

  /** GICD_CTLR (12.9.4). RWP reads as 0: every write has taken effect when it returns. */
  #readControl(restricted: boolean): number {
    const { groupEnable, disableSecurity } = this.#gic;
    const group0 = groupEnable[Group.group0] ? 1 : 0;
    const secureGroup1 = groupEnable[Group.secureGroup1] ? 4 : 0;
    const nonSecureGroup1 = groupEnable[Group.nonSecureGroup1] ? 2 : 0;
    if (disableSecurity) return (1 << 6) | (1 << 4) | nonSecureGroup1 | group0;
    if (restricted) return (1 << 4) | nonSecureGroup1;
    return (3 << 4) | secureGroup1 | nonSecureGroup1 | group0;
  }

  #writeControl(value: number, restricted: boolean): void {
    const gic = this.#gic;
    gic.groupEnable[Group.nonSecureGroup1] = (value & 2) !== 0;
    if (!restricted) {
      gic.groupEnable[Group.group0] = (value & 1) !== 0;
      // DS can be set once; only a reset clears it.
      if (value & (1 << 6)) gic.disableSecurity = true;
      gic.groupEnable[Group.secureGroup1] = !gic.disableSecurity && (value & 4) !== 0;
    }
    gic.updateAll();
  }

  /** GICD_TYPER (12.9.38): A3V, 1-of-N SPIs (No1N 0), LPIS, no message-based SPIs. RSS where an Aff0 above 15 needs it. */
  #type(): number {
    const { options, disableSecurity } = this.#gic;
    return (
      ((options.peAffinities.some((affinity) => (affinity & 0xff) > 15) ? 1 << 26 : 0) |
        (1 << 24) |
        ((intidBits - 1) << 19) |
        (options.dma ? 1 << 17 : 0) |
        (disableSecurity ? 0 : 1 << 10) |
        (options.spiCount / 32)) >>>
      0
    );
  }

  /** GICD_IROUTER: low word Interrupt_Routing_Mode and Aff2-Aff0, high word Aff3. */
  #readRoute(offset: number, restricted: boolean): number {
    const n = ((offset - GICD_IROUTER) >> 3) - 32;
    if (!this.#mayRoute(n, restricted)) return 0;
    const { route, routeToAny } = this.#gic;
    if (offset & 4) return route[n]! >>> 24;
    return ((route[n]! & 0xffffff) | (routeToAny[n] ? 0x8000_0000 : 0)) >>> 0;
  }

  #writeRoute(offset: number, value: number, restricted: boolean): void {
    const n = ((offset - GICD_IROUTER) >> 3) - 32;
    if (!this.#mayRoute(n, restricted)) return;
    const gic = this.#gic;
    const route = gic.route[n]!;
    if (offset & 4) gic.setRoute(n, ((value << 24) | (route & 0xffffff)) >>> 0, gic.routeToAny[n] !== 0);
    else gic.setRoute(n, ((route & 0xff00_0000) | (value & 0xffffff)) >>> 0, value >= 0x8000_0000);
  }

  #mayRoute(n: number, restricted: boolean): boolean {
    const { spis, options } = this.#gic;
    if (n < 0 || n >= options.spiCount) return false;
    if (!restricted) return true;
    const word = n >> 5;
    return (((spis.group[word]! | spis.nonSecureAccessAtLeast(word, 3)) >>> (n & 31)) & 1) === 1;
  }

  #reserved(verb: string, offset: number, size: number): void {
    const { log } = this.#gic.options;
    if (log.enabled("guest"))
      log.write("guest", `${this.name}: ${verb} of ${size} bytes at reserved offset 0x${offset.toString(16)}`);
  }
}

/** ITARGETSR, SGIR, CPENDSGIR, SPENDSGIR: RES0 with affinity routing. */
const isLegacy = (offset: number): boolean =>
  (offset >= 0x800 && offset < 0xc00) || (offset >= 0xf00 && offset < 0xf30);

const isReadOnly = (offset: number): boolean =>
  offset === GICD_TYPER ||
  offset === GICD_IIDR ||
  offset === GICD_TYPER2 ||
  offset === GICD_STATUSR ||
  offset >= 0xffd0;

/** Moves an offset from INTID numbering to SPI numbering; negative for the fields of INTIDs 0-31, which are RES0 here. */
function spiOffset(offset: number): number {
  let base = offset & 0xf80;
  let skipped = 4;
  if (offset >= 0x400 && offset < 0x800) [base, skipped] = [0x400, 32];
  else if (offset >= 0xc00 && offset < 0xd00) [base, skipped] = [0xc00, 8];
  else if (offset >= 0xe00) [base, skipped] = [0xe00, 8];
  return offset - base < skipped ? -1 : offset - skipped;
}
