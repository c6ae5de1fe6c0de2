import type { ProcessingElement } from "./processing-element.js";

/** What a watchpoint waits for. */
export type WatchKind = "read" | "write" | "access";

interface Watchpoint {
  readonly kind: WatchKind;
  readonly address: bigint;
  readonly size: number;
}

/** An access that a watchpoint waits for: it wasn't made, and pc is at its instruction. */
export interface WatchpointHit {
  readonly kind: WatchKind;
  /** The first byte accessed that is watched. */
  readonly address: bigint;
}

/** Where a debugger outside the guest wants to be told that a PE has come. */
export interface DebugPointsListener {
  /** pc is at a breakpoint. False: the instruction is to be executed as if there were none. */
  breakpoint(pe: ProcessingElement): boolean;
  watchpoint(pe: ProcessingElement, hit: WatchpointHit): void;
}

/** The predecoded code that breakpoints mark. */
export interface MarkedCode {
  mark(physicalAddress: number): void;
  unmarkAll(): void;
  physicalAddress(record: number): number;
}

const addressMask = (1n << 56n) - 1n;

function addressOf(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/**
 * A debugger's breakpoints and watchpoints, at virtual addresses in whatever context. Guest memory isn't changed. A breakpoint
 * marks the records of the physical addresses that its address leads to: those in TLBs when it is set, and what is fetched
 * later (`mapped`). No region covers a marked word. A watched page gets no tags for data, so that every access of it comes to
 * `access`. While nothing is set, PEs don't know of this at all.
 */
export class DebugPoints {
  /** As the debugger has set them, and those that records are marked for. */
  readonly #breakpoints = new Set<bigint>();
  #applied: ReadonlySet<bigint> = new Set();
  readonly #watchpoints: Watchpoint[] = [];
  /** By page, without the top byte: offsets of breakpoints that are applied; and the pages that are watched. */
  readonly #breakpointPages = new Map<bigint, Set<number>>();
  readonly #watchedPages = new Set<bigint>();
  readonly #processors: readonly ProcessingElement[];
  readonly #code: MarkedCode;
  listener: DebugPointsListener | undefined;
  /** Set by {@link watches} for the run loop, which takes it. */
  hit: WatchpointHit | undefined;

  constructor(processors: readonly ProcessingElement[], code: MarkedCode) {
    this.#processors = processors;
    this.#code = code;
  }

  /** `address`: virtual, a multiple of 4. Setting one that is there does nothing. Acts after {@link apply}. */
  addBreakpoint(address: bigint): void {
    this.#breakpoints.add(address);
  }

  /** False when there is none. No PE stops there any more; {@link apply} gives back its speed too. */
  removeBreakpoint(address: bigint): boolean {
    return this.#breakpoints.delete(address);
  }

  /**
   * Makes the marks what breakpoints need, before PEs go on. Debuggers take breakpoints away and set them again whenever they look
   * at something: nothing is done then.
   */
  apply(): void {
    const wanted = this.#breakpoints;
    const added = [...wanted].filter((address) => !this.#applied.has(address));
    const removed = [...this.#applied].some((address) => !wanted.has(address));
    if (added.length === 0 && !removed) return;
    if (removed) this.#code.unmarkAll();
    this.#applied = new Set(wanted);
    this.#update();
    for (const pe of this.#processors) {
      for (const address of removed ? wanted : added)
        for (const records of pe.tlbs.recordsOf(Number(address & 0xffff_ffffn) | 0, Number(address >> 32n) | 0))
          this.#code.mark(this.#code.physicalAddress(records) + Number(address & 0xfffn));
      // A region may be known for an address whose translation the TLB has lost: now it must be fetched again.
      pe.tlbs.clearJumpCaches();
    }
  }

  addWatchpoint(kind: WatchKind, address: bigint, size: number): void {
    this.#watchpoints.push({ kind, address, size });
    this.#update();
    for (const page of this.#watchedPages) {
      const at = page << 12n;
      for (const pe of this.#processors)
        pe.tlbs.dropDataTags(Number(at & 0xffff_ffffn) | 0, Number((at >> 32n) & 0xff_ffffn));
    }
  }

  /** False when there is none. */
  removeWatchpoint(kind: WatchKind, address: bigint, size: number): boolean {
    const at = this.#watchpoints.findIndex((w) => w.kind === kind && w.address === address && w.size === size);
    if (at < 0) return false;
    this.#watchpoints.splice(at, 1);
    this.#update();
    return true;
  }

  clear(): void {
    this.#breakpoints.clear();
    this.#watchpoints.length = 0;
    this.#update();
    this.apply();
  }

  #update(): void {
    this.#breakpointPages.clear();
    for (const address of this.#applied) {
      const page = (address & addressMask) >> 12n;
      const offsets = this.#breakpointPages.get(page) ?? new Set();
      this.#breakpointPages.set(page, offsets.add(Number(address & 0xfffn)));
    }
    this.#watchedPages.clear();
    for (const { address, size } of this.#watchpoints) {
      const last = ((address + BigInt(size) - 1n) & addressMask) >> 12n;
      for (let page = (address & addressMask) >> 12n; page <= last; page++) this.#watchedPages.add(page);
    }
    const used = this.#applied.size + this.#watchpoints.length > 0;
    for (const pe of this.#processors) pe.debugPoints = used ? this : undefined;
  }

  /** The page at virtual address `high:low` is fetched from, and is the physical one with number `page`. */
  mapped(low: number, high: number, page: number): void {
    if (this.#breakpointPages.size === 0) return;
    const offsets = this.#breakpointPages.get((addressOf(low, high) & addressMask) >> 12n);
    for (const offset of offsets ?? []) this.#code.mark(page * 4096 + offset);
  }

  /** Whether the PE stops at its pc, which is marked: by another mapping of the page it may not have come to a breakpoint. */
  stopsAt(pe: ProcessingElement): boolean {
    return this.#breakpoints.has(pe.pc) && this.listener?.breakpoint(pe) === true;
  }

  /** Whether any byte of an access is in a page with a watchpoint: it gets no tags, and is executed alone. */
  watches(low: number, high: number, size: number): boolean {
    if (this.#watchedPages.size === 0) return false;
    const address = addressOf(low, high) & addressMask;
    return this.#watchedPages.has(address >> 12n) || this.#watchedPages.has((address + BigInt(size) - 1n) >> 12n);
  }

  /** Whether a watchpoint waits for an access; {@link hit} then says which, and the access must not be made. */
  stopsAccess(low: number, high: number, size: number, read: boolean, write: boolean): boolean {
    const start = addressOf(low, high) & addressMask;
    const end = start + BigInt(size);
    for (const watchpoint of this.#watchpoints) {
      const { kind } = watchpoint;
      if (kind === "read" ? !read : kind === "write" && !write) continue;
      const first = watchpoint.address & addressMask;
      if (end <= first || start >= first + BigInt(watchpoint.size)) continue;
      const offset = start > first ? start - first : 0n;
      this.hit = { kind, address: BigInt.asUintN(64, watchpoint.address + offset) };
      return true;
    }
    return false;
  }
}
