import { AccessFlag, accessAlignmentShift } from "../ir/statement.js";
import { currentInstruction, DataAbort, dataAbort, instructionAbort } from "./aborts.js";
import { pageIsWatched, takeWatchpoint } from "./debug-exceptions.js";
import { canonicalHigh, ExceptionClass, setFar, takeSynchronous } from "./exceptions.js";
import type { ProcessingElement } from "./processing-element.js";
import { Sctlr } from "./register-words.js";
import { PeState } from "./state-layout.js";
import { lowestTarget } from "./system-register-access.js";
import { FaultStatus } from "./translation/fault-status.js";
import { AccessKind } from "./translation/walker.js";
import { logTranslation } from "./translation-log.js";

const panWord = PeState.pan >> 2;
const uaoWord = PeState.uao >> 2;

interface Part {
  /** Host address for RAM that can be accessed in place, else -1. */
  host: number;
  physical: number;
  secure: boolean;
}

const first: Part = { host: -1, physical: 0, secure: false };
const second: Part = { host: -1, physical: 0, secure: false };

/**
 * A data access that missed the inline TLB. The virtual address is at PeState.argument; `descriptor` holds the size in bytes
 * (bits 7..0), AccessFlag bits, and in bits 23..16 an alignment other than the size. Returns where in linear memory the
 * bytes can be read or written, 0 when an exception was taken, or -1 when the instruction must be executed alone
 * (`ProcessingElement.alone`). A store that was given PeState.scratch is put off: the run loop must {@link commit} it.
 */
export function access(pe: ProcessingElement, descriptor: number): number {
  const { i32, w, walker } = pe;
  const low = pe.argumentLow;
  const high = pe.argumentHigh;
  const size = descriptor & 0xff;
  const write = (descriptor & AccessFlag.write) !== 0;
  const atomic = (descriptor & AccessFlag.atomic) !== 0;
  const zeroes = (descriptor & AccessFlag.cacheMaintenance) !== 0;
  const el = pe.el;
  const unprivileged =
    (descriptor & AccessFlag.unprivileged) !== 0 && i32[w + uaoWord] === 0 && (el === 1 || (el === 2 && pe.host));
  const privileged = el !== 0 && !unprivileged;
  // A read-modify-write that could not even read is reported as a read (D17.2.37, WnR).
  const iss = write && !atomic ? DataAbort.write : 0;

  const strict = (descriptor & (AccessFlag.exclusive | AccessFlag.ordered | AccessFlag.atomic)) !== 0;
  // A pair is two accesses, but for the exclusives and CASP, which are single-copy atomic as a whole.
  const halves = (descriptor & AccessFlag.pair) !== 0 && !strict;
  const alignment = (descriptor >>> accessAlignmentShift) & 0xff || (halves ? size >> 1 : size);
  const aligned = zeroes || (alignment & (alignment - 1)) !== 0 || (low & (alignment - 1)) === 0;
  const sctlr = pe.register(pe.sctlrWord);
  if (!aligned) {
    // FEAT_LSE2: unaligned within 16 bytes will do, or with nAA for ordered accesses (B2.2.1.1).
    const relaxed =
      pe.haveLse2 &&
      ((low & 15) + size <= 16 ||
        ((descriptor & AccessFlag.ordered) !== 0 &&
          (descriptor & (AccessFlag.exclusive | AccessFlag.atomic)) === 0 &&
          (sctlr & Sctlr.nAA) !== 0));
    if ((sctlr & Sctlr.A) !== 0 || (strict && !relaxed)) {
      dataAbort(pe, low, high, FaultStatus.alignment, iss, false);
      return 0;
    }
  }

  const firstSize = Math.min(size, 4096 - (low & 4095));
  if (!translatePart(pe, first, low, high, privileged, write, atomic, aligned, iss, zeroes)) return 0;
  if (pe.watching) {
    const level = unprivileged ? 0 : el;
    if (atomic && takeWatchpoint(pe, low, high, size, false, level, 0)) return 0;
    if (takeWatchpoint(pe, low, high, size, write, level, write ? DataAbort.write : 0)) return 0;
  }
  const watched = pe.debugPoints?.watches(low, high, size) === true;
  if (watched) {
    if (!pe.alone) return -1;
    if (pe.debugPoints!.stopsAccess(low, high, size, !write || atomic, write)) return 0;
  }
  const { tlbs } = pe;
  const scratch = pe.base + PeState.scratch;
  if (firstSize === size) {
    if (!pe.alone && (first.host < 0 || (write && pe.codePages.isCode(Math.floor(first.physical / 4096))))) return -1;
    if (first.host >= 0) {
      if (
        (!walker.device || pe.regimeIsFlat) &&
        (!pe.mustAlign || pe.alignmentCheckedInline) &&
        !watched &&
        !(pe.watching && pageIsWatched(pe, low, high))
      ) {
        const context = unprivileged ? tlbs.currentUnprivileged : tlbs.current;
        const page = Math.floor(first.physical / 4096);
        const code = pe.codePages.isCode(page);
        const hostPage = first.host - (low & 4095);
        const mayWrite = walker.writable && !code && pe.ramIsWritable(first.physical, first.secure);
        tlbs.fill(context, low, high, hostPage, walker.readable, mayWrite, walker.shift, walker.global);
        if (mayWrite) pe.noteWriteTag(hostPage, low);
        if (write && code) pe.codePages.written(first.physical, size);
      } else if (write && pe.codePages.isCode(Math.floor(first.physical / 4096)))
        pe.codePages.written(first.physical, size);
      return first.host;
    }
    if (write) {
      const { pendingStore } = pe;
      pendingStore.first = first.physical;
      pendingStore.firstSize = size;
      pendingStore.firstSecure = first.secure;
      pendingStore.secondSize = 0;
      pe.storePending = true;
      pendingStore.low = low;
      pendingStore.high = high;
      pendingStore.iss = iss;
      if (!atomic) return exists(pe, first, low, high, iss) ? scratch : 0;
    }
    return readPart(pe, first, low, high, firstSize, scratch, iss) ? scratch : 0;
  }

  const nextLow = (low + firstSize) | 0;
  const nextHigh = nextLow >>> 0 < low >>> 0 ? (high + 1) | 0 : high;
  if (!translatePart(pe, second, nextLow, nextHigh, privileged, write, atomic, aligned, iss, zeroes)) return 0;
  if (!pe.alone && (write || first.host < 0 || second.host < 0)) return -1;
  if (write) {
    const { pendingStore } = pe;
    pe.storePending = true;
    pendingStore.first = first.physical;
    pendingStore.firstSize = firstSize;
    pendingStore.firstSecure = first.secure;
    pendingStore.second = second.physical;
    pendingStore.secondSize = size - firstSize;
    pendingStore.secondSecure = second.secure;
    pendingStore.low = low;
    pendingStore.high = high;
    pendingStore.iss = iss;
    if (!atomic) return exists(pe, first, low, high, iss) && exists(pe, second, nextLow, nextHigh, iss) ? scratch : 0;
  }
  const ok =
    readPart(pe, first, low, high, firstSize, scratch, iss) &&
    readPart(pe, second, nextLow, nextHigh, size - firstSize, scratch + firstSize, iss);
  return ok ? scratch : 0;
}

/** Translates one page's part of an access; false when that raised an exception. */
function translatePart(
  pe: ProcessingElement,
  part: Part,
  low: number,
  high: number,
  privileged: boolean,
  write: boolean,
  atomic: boolean,
  aligned: boolean,
  iss: number,
  zeroes: boolean,
): boolean {
  const { walker } = pe;
  const pan = privileged && pe.i32[pe.w + panWord] !== 0;
  pe.tlbMisses[write ? 1 : 0]!++;
  const kind = write ? AccessKind.write : AccessKind.read;
  const ok = walker.translate(low, high, kind, pe.regime, privileged, pan, pe.secure);
  if (pe.observer !== undefined) pe.observer.translated(pe, kind, ok);
  if (pe.logsTranslations) logTranslation(pe, ok, write ? "write" : "read", low, high, privileged);
  if (!ok) {
    const status = walker.faultStatus;
    let bits = iss;
    // Of an atomic access, a permission fault that only the write meets is a write's.
    if (atomic && (status & 0b111100) === FaultStatus.permission && couldRead(pe, low, high, privileged, pan))
      bits |= DataAbort.write;
    if (zeroes) reportZeroFault(pe, low, high, status, bits);
    else dataAbort(pe, low, high, status, bits, true);
    return false;
  }
  if (atomic && !walker.readable) {
    dataAbort(pe, low, high, FaultStatus.permission + 3, iss, true);
    return false;
  }
  // Device memory takes no unaligned accesses and no DC ZVA (AArch64.S1HasAlignmentFault).
  if (walker.device && (!aligned || zeroes)) {
    if (zeroes) reportZeroFault(pe, low, high, FaultStatus.alignment, iss);
    else dataAbort(pe, low, high, FaultStatus.alignment, iss, false);
    return false;
  }
  part.physical = walker.physical;
  part.secure = !walker.nonSecure;
  part.host = pe.physical.hostAddress(part.physical, 1, part.secure);
  if (part.host >= 0 && write && !pe.ramIsWritable(part.physical, part.secure)) part.host = -1;
  return true;
}

/** Whether a read of the same address is allowed; leaves the walker as the failed write did, but for its permissions. */
function couldRead(pe: ProcessingElement, low: number, high: number, privileged: boolean, pan: boolean): boolean {
  const { walker } = pe;
  const { faultStatus, stage2Fault, onWalk, ipa } = walker;
  const ok = walker.translate(low, high, AccessKind.read, pe.regime, privileged, pan, pe.secure);
  walker.faultStatus = faultStatus;
  walker.stage2Fault = stage2Fault;
  walker.onWalk = onWalk;
  walker.ipa = ipa;
  return ok;
}

/** DC ZVA faults name the address that its register holds, not the start of the block. */
function reportZeroFault(pe: ProcessingElement, low: number, high: number, status: number, iss: number): void {
  const instruction = currentInstruction(pe);
  const offset = (instruction & 31) === 31 ? 0 : pe.i32[pe.w + (instruction & 31) * 2]! & 63;
  dataAbort(pe, low | offset, high, status, iss, (status & 0b100000) === 0);
}

function readPart(
  pe: ProcessingElement,
  part: Part,
  low: number,
  high: number,
  size: number,
  target: number,
  iss: number,
): boolean {
  pe.physical.requester = pe.index;
  if (pe.physical.read(part.physical, size, target, part.secure)) return true;
  dataAbort(pe, low, high, FaultStatus.external, iss, false);
  return false;
}

function exists(pe: ProcessingElement, part: Part, low: number, high: number, iss: number): boolean {
  if (part.host >= 0 || pe.physical.exists(part.physical, part.secure)) return true;
  pe.physical.refuseWrite(part.physical);
  dataAbort(pe, low, high, FaultStatus.external, iss, false);
  return false;
}

/**
 * Performs the store whose bytes generated code has put at PeState.scratch, after {@link access} said so. False when the bus
 * refused it and an External abort was taken.
 */
export function commit(pe: ProcessingElement): boolean {
  const { pendingStore, physical } = pe;
  const scratch = pe.base + PeState.scratch;
  physical.requester = pe.index;
  const ok =
    store(pe, pendingStore.first, pendingStore.firstSize, scratch, pendingStore.firstSecure) &&
    (pendingStore.secondSize === 0 ||
      store(
        pe,
        pendingStore.second,
        pendingStore.secondSize,
        scratch + pendingStore.firstSize,
        pendingStore.secondSecure,
      ));
  if (!ok) dataAbort(pe, pendingStore.low, pendingStore.high, FaultStatus.external, DataAbort.write, false);
  return ok;
}

function store(pe: ProcessingElement, address: number, size: number, source: number, secure: boolean): boolean {
  if (pe.codePages.isCode(Math.floor(address / 4096))) pe.codePages.written(address, size);
  return pe.physical.write(address, size, source, secure);
}

/**
 * Translates pc for execution and enters it in the TLB. Returns the physical address, or -1 when an exception was taken.
 * A pc whose top byte is to be ignored is made canonical first, as a branch to it does.
 */
export function fetch(pe: ProcessingElement): number {
  const { walker } = pe;
  const low = pe.pcLow;
  let high = pe.pcHigh;
  if (high >> 24 !== 0 && high >> 24 !== -1) {
    high = canonicalHigh(pe, high);
    pe.setPc(low, high);
  }
  if (low & 3) {
    const target = lowestTarget(pe);
    setFar(pe, target, low, high);
    takeSynchronous(pe, target, ExceptionClass.pcAlignment, 0);
    return -1;
  }
  pe.tlbMisses[2]!++;
  const ok = walker.translate(low, high, AccessKind.execute, pe.regime, pe.el !== 0, false, pe.secure);
  if (pe.observer !== undefined) pe.observer.translated(pe, AccessKind.execute, ok);
  if (pe.logsTranslations) logTranslation(pe, ok, "fetch", low, high, pe.el !== 0);
  if (!ok) {
    instructionAbort(pe, walker.faultStatus, true);
    return -1;
  }
  const address = walker.physical;
  const host = pe.physical.hostAddress(address, 4, !walker.nonSecure);
  if (host < 0) {
    pe.physical.refuseFetch(address);
    instructionAbort(pe, FaultStatus.external, false);
    return -1;
  }
  enterExecutable(pe, low, high, host);
  return address;
}

/**
 * Enters the page of an address in the TLB for execution, as {@link fetch} does, without anything that the guest could notice: no
 * exception, no access flag. False where that can't be.
 */
export function fetchAhead(pe: ProcessingElement, low: number, high: number): boolean {
  const { walker } = pe;
  if (pe.observer !== undefined || pe.logsTranslations) return false;
  walker.speculating = true;
  let ok: boolean;
  try {
    ok = walker.translate(low, high, AccessKind.execute, pe.regime, pe.el !== 0, false, pe.secure);
  } finally {
    walker.speculating = false;
  }
  if (!ok) return false;
  const host = pe.physical.hostAddress(walker.physical, 4, !walker.nonSecure);
  if (host < 0) return false;
  enterExecutable(pe, low, high, host);
  return true;
}

/** Enters the translation that the walker has just made of an address at which code lies. */
function enterExecutable(pe: ProcessingElement, low: number, high: number, host: number): void {
  const { walker } = pe;
  const address = walker.physical;
  const page = Math.floor(address / 4096);
  const hostPage = host - (low & 4095);
  if (!pe.codePages.isCode(page)) pe.dropWriteTags(hostPage);
  if (walker.guarded) pe.setState(PeState.guardedPages, 1);
  const { shift, global } = walker;
  const records = pe.codePages.records(page, (high >>> 0) * 0x10_0000 + (low >>> 12));
  pe.debugPoints?.mapped(low, high, page);
  pe.tlbs.fillExecute(pe.tlbs.current, low, high, hostPage, records, shift, global);
}

/** SP isn't a multiple of 16 where it is a base address (AArch64.SPAlignmentFault). */
export function stackAlignmentFault(pe: ProcessingElement): void {
  takeSynchronous(pe, lowestTarget(pe), ExceptionClass.spAlignment, 0);
}
