import type { ProfiledRegion } from "../code-library/code-profile.js";
import type { RegionLibrary } from "../code-library/region-library.js";
import { pageEndOperation, undecodedOperation } from "../interpreter/record.js";
import { jumpCacheOffset, PeState } from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import { undefinedInstruction } from "../isa/undefined.js";
import { compileRegions, planRegion, type RegionEnvironment, type RegionPlan } from "../jit/region-compiler.js";
import { likelyTargets, regionLimits } from "../jit/region-limits.js";
import type { CodeCache } from "./code-cache.js";
import { recordNearPc } from "./execute-record.js";
import type { LinearMemory } from "./linear-memory.js";
import type { RegionIndex } from "./region-index.js";

/** A page that a region's code lies in: how far from the entry's page, and which physical page it must be. */
interface RegionPage {
  readonly distance: number;
  readonly page: number;
}

/** A region that waits to be compiled with others. */
interface Planned {
  readonly plan: RegionPlan;
  readonly physical: number;
  readonly inPage: number;
  readonly pages: ReadonlyMap<number, number>;
  readonly callees: ProfiledRegion["callees"];
}

/** A compiled region. */
interface Region {
  readonly slot: number;
  readonly entry: number;
  readonly pages: readonly RegionPage[];
  /** Physical byte ranges of its blocks, [start, end) in pairs. */
  readonly ranges: readonly number[];
  /** What its planning was told of indirect branches; undefined for one of the library's. */
  readonly indirect: Pick<ProfiledRegion, "targets" | "callees"> | undefined;
}

/** Regions that are compiled together, at most: a module costs more than what is in it. */
const batchSize = 12;

/** Slots that the region table may have. */
const largestTable = 1 << 20;

/** Slot 0 is always stale: an empty jump cache entry looks like one of pc 0 for it. */
const firstSlot = 1;

/**
 * Compiled regions by the physical address of their entry. Code is position-independent: the same region serves every
 * mapping that has its pages at the same distances.
 */
export class Regions {
  private readonly byEntry = new Map<number, Region[]>();
  private readonly byPage = new Map<number, Set<Region>>();
  /** By physical address of the entry. */
  private readonly planned = new Map<number, Planned>();
  /** Entries, by physical address, for which the library had other code than theirs. */
  private readonly notInLibrary = new Set<number>();
  private nextSlot = firstSlot;
  /** Counts for statistics. */
  compiled = 0;
  fromLibrary = 0;
  dropped = 0;
  instructions = 0;
  milliseconds = 0;

  constructor(
    private readonly memory: LinearMemory,
    private readonly code: CodeCache,
    private readonly table: WebAssembly.Table,
    private readonly environment: RegionEnvironment,
    private readonly stale: WebAssembly.ExportValue,
    private readonly onExhausted: () => void,
    /** Enters the page of an address, so many bytes from pc, in the execute TLB, where that can be done unnoticed. */
    private readonly fetchAhead: (offset: number) => boolean,
    private readonly library: RegionLibrary | undefined,
    private readonly index?: RegionIndex,
  ) {}

  /**
   * Sees to the region that starts at the pc of the PE at `base`. "ready": it is in the PE's jump cache. "planned": it will
   * be compiled with others, soon. "elsewhere": the library may have it, but not all of its pages are in the execute TLB.
   * "none": there is none to be had, or nobody knows yet whether it is worth one; the pc isn't in the execute TLB, or no region
   * can start there.
   */
  install(base: number): "ready" | "planned" | "elsewhere" | "none" {
    const physical = this.physicalOf(base, 0);
    if (physical === undefined) return "none";
    let region = this.byEntry.get(physical)?.find((r) => this.fits(base, r));
    if (region === undefined && this.library !== undefined && !this.notInLibrary.has(physical)) {
      const found = this.takeFromLibrary(base, physical, this.library);
      if (found === undefined) this.notInLibrary.add(physical);
      if (found === undefined || found === "elsewhere") return found ?? "none";
      region = found;
    }
    if (region === undefined) {
      if (!this.planned.has(physical)) {
        const planned = this.plan(base, physical);
        if (planned === undefined) return "none";
        this.planned.set(physical, planned);
        if (this.planned.size < batchSize) return "planned";
      }
      this.compilePlanned();
      region = this.byEntry.get(physical)?.find((r) => this.fits(base, r));
      if (region === undefined) return "none";
    }
    const { i32 } = this.memory;
    const pcLow = i32[(base + PeState.pc) >> 2]!;
    const entry = (i32[(base + PeState.jumpCache) >> 2]! + jumpCacheOffset(pcLow)) >> 2;
    i32[entry] = pcLow;
    i32[entry + 1] = i32[(base + PeState.pc + 4) >> 2]!;
    i32[entry + 2] = region.slot;
    return "ready";
  }

  private physicalOf(base: number, offset: number): number | undefined {
    const record = recordNearPc(this.memory, base, offset);
    return record === undefined ? undefined : this.code.physicalAddress(record);
  }

  /** The physical page at an offset from pc, if it is to be had without the guest's asking for it. */
  private pageAt(base: number, offset: number): number | undefined {
    let physical = this.physicalOf(base, offset);
    if (physical === undefined && this.fetchAhead(offset)) physical = this.physicalOf(base, offset);
    return physical === undefined ? undefined : Math.floor(physical / 4096);
  }

  /** Whether the PE's current mapping has all of a region's pages where the region expects them. */
  private fits(base: number, region: Region): boolean {
    const inPage = this.memory.i32[(base + PeState.pc) >> 2]! & 0xfff;
    return region.pages.every(({ distance, page }) => {
      return this.pageAt(base, distance * 4096 - inPage) === page;
    });
  }

  /** The library's region for the code at pc, entered among the others; undefined: it has none. */
  private takeFromLibrary(base: number, entry: number, library: RegionLibrary): Region | "elsewhere" | undefined {
    const inPage = entry % 4096;
    const pages = new Map<number, number | undefined>([[0, Math.floor(entry / 4096)]]);
    const pageNumber = (distance: number): number | undefined => {
      if (!pages.has(distance)) {
        pages.set(distance, this.pageAt(base, distance * 4096 - inPage));
      }
      return pages.get(distance);
    };
    const found = library.find(inPage, (distance) => {
      const page = pageNumber(distance);
      return page === undefined ? undefined : this.code.words(page);
    });
    if (found === undefined || found === "elsewhere") return found;
    const region = library.region(found);
    if (region === undefined) return undefined;
    const inUse = new Map<number, number>();
    const ranges = inPages(region.ranges, inPage, (distance) => {
      const page = pageNumber(distance)!;
      inUse.set(distance, page);
      return page;
    });
    for (let i = 0; i < ranges.length; i += 2) if (this.code.isMarked(ranges[i]!, ranges[i + 1])) return "elsewhere";
    for (const page of inUse.values()) this.code.cover(page);
    this.makeRoom(1);
    this.fromLibrary++;
    return this.enter(region.compiled, entry, inUse, ranges, undefined);
  }

  private plan(base: number, physical: number): Planned | undefined {
    const started = performance.now();
    const pages = new Map<number, number>();
    const callees: { register: number; distance: number }[] = [];
    const inPage = physical % 4096;
    const fetch = (offset: number): Instruction | undefined => {
      const record = recordNearPc(this.memory, base, offset);
      if (record === undefined) return undefined;
      const operation = this.memory.u16[record >> 1]!;
      // What was never executed is left out: it would make the region larger for nothing.
      if (operation === undecodedOperation || operation === pageEndOperation) return undefined;
      const address = this.code.physicalAddress(record);
      if (this.code.isMarked(address)) return undefined;
      pages.set(Math.floor((inPage + offset) / 4096), Math.floor(address / 4096));
      const word = this.code.word(address)!;
      return this.code.instruction(word) ?? undefinedInstruction(word);
    };
    const plan = planRegion(
      fetch,
      regionLimits,
      (offset) => likelyTargets(offset, (o) => this.arrivals(base, o)),
      (register) => {
        const distance = this.pointsTo(base, register);
        if (distance !== undefined) callees.push({ register, distance });
        return distance;
      },
    );
    // Of what was looked at, only what became part of the region ties it to a page.
    const inRegion = (page: number): boolean =>
      plan?.flow.blocks.some((b) => {
        const last = b.start + 4 * Math.max(0, b.instructions.length - 1);
        return Math.floor((inPage + b.start) / 4096) <= page && page <= Math.floor((inPage + last) / 4096);
      }) ?? false;
    for (const page of pages.keys()) if (!inRegion(page)) pages.delete(page);
    this.milliseconds += performance.now() - started;
    return plan && { plan, physical, inPage, pages, callees };
  }

  /** How far from the PE's pc an X register points: where a BLR may go, now and then. */
  private pointsTo(base: number, register: number): number | undefined {
    const { i32 } = this.memory;
    const [pc, x] = [(base + PeState.pc) >> 2, (base + PeState.x + 8 * register) >> 2];
    if (register < 0 || i32[x + 1] !== i32[pc + 1]) return undefined;
    const distance = (i32[x]! >>> 0) - (i32[pc]! >>> 0);
    return distance % 4 === 0 ? distance : undefined;
  }

  /** How often control arrived by a branch at an offset from pc. */
  private arrivals(base: number, offset: number): number {
    const record = recordNearPc(this.memory, base, offset);
    return record === undefined ? 0 : this.code.arrivals(record);
  }

  /** Regions that were compiled here. */
  profile(): ProfiledRegion[] {
    const profiled: ProfiledRegion[] = [];
    for (const [entry, regions] of this.byEntry) {
      for (const { ranges, indirect } of regions) {
        if (indirect !== undefined) profiled.push({ entry, ranges, ...indirect });
      }
    }
    return profiled;
  }

  /** Puts 1 for each word of a page that a region lies over. */
  cover(page: number, words: Uint8Array): void {
    const start = page * 4096;
    for (const { ranges } of this.byPage.get(page) ?? []) {
      for (let i = 0; i < ranges.length; i += 2) {
        if (ranges[i]! >= start && ranges[i]! < start + 4096)
          words.fill(1, (ranges[i]! - start) / 4, (ranges[i + 1]! - start) / 4);
      }
    }
  }

  /** Makes sure that the table has free slots. */
  private makeRoom(slots: number): void {
    if (this.nextSlot + slots <= this.table.length) return;
    if (this.table.length >= largestTable) {
      this.dropAll();
      this.onExhausted();
    } else this.table.grow(Math.max(1024, this.table.length));
  }

  private compilePlanned(): void {
    const started = performance.now();
    const batch = [...this.planned.values()];
    this.planned.clear();
    this.makeRoom(batch.length);
    const functions = compileRegions(
      batch.map((p) => p.plan),
      this.environment,
    );
    batch.forEach((planned, i) => void this.register(planned, functions[i]!));
    this.milliseconds += performance.now() - started;
  }

  private register({ plan, physical, inPage, pages, callees }: Planned, compiled: WebAssembly.ExportValue): void {
    const targets = indirectTargets(plan).flatMap((offset) => {
      const distance = Math.floor((inPage + offset) / 4096);
      const page = pages.get(distance);
      return page === undefined ? [] : page * 4096 + (inPage + offset - distance * 4096);
    });
    this.enter(compiled, physical, pages, physicalRanges(plan, inPage, pages), { targets, callees });
    this.compiled++;
    this.instructions += plan.flow.instructionCount;
  }

  private enter(
    compiled: WebAssembly.ExportValue,
    entry: number,
    pages: ReadonlyMap<number, number>,
    ranges: readonly number[],
    indirect: Region["indirect"],
  ): Region {
    const slot = this.nextSlot++;
    this.table.set(slot, compiled as CallableFunction);
    const region: Region = {
      slot,
      entry,
      pages: [...pages].map(([distance, page]) => ({ distance, page })),
      ranges,
      indirect,
    };
    const others = this.byEntry.get(entry);
    if (others === undefined) this.byEntry.set(entry, [region]);
    else others.push(region);
    this.index?.enter(
      slot,
      this.code.recordOf(entry)!,
      region.pages.flatMap(({ distance, page }) =>
        distance === 0 ? [] : { distance, records: this.code.recordOf(page * 4096)! },
      ),
    );
    for (const { page } of region.pages) {
      let set = this.byPage.get(page);
      if (set === undefined) this.byPage.set(page, (set = new Set()));
      set.add(region);
    }
    return region;
  }

  /** Drops regions made from bytes `start` to `end` of a page (all of it by default). Whether there were any. */
  dropPage(page: number, start = 0, end = 4096): boolean {
    for (const [physical, planned] of this.planned) {
      for (const p of planned.pages.values()) if (p === page) this.planned.delete(physical);
    }
    if (this.notInLibrary.size !== 0) {
      for (let at = page * 4096 + start; at < page * 4096 + end; at += 4) this.notInLibrary.delete(at);
    }
    const set = this.byPage.get(page);
    if (set === undefined) return false;
    let dropped = false;
    const from = page * 4096 + start;
    const to = page * 4096 + end;
    for (const region of set) {
      const { ranges } = region;
      for (let i = 0; i < ranges.length; i += 2) {
        if (ranges[i]! < to && from < ranges[i + 1]!) {
          this.drop(region);
          dropped = true;
          break;
        }
      }
    }
    return dropped;
  }

  private drop(region: Region): void {
    this.table.set(region.slot, this.stale as CallableFunction);
    this.index?.remove(region.slot);
    const others = this.byEntry.get(region.entry)!;
    others.splice(others.indexOf(region), 1);
    for (const { page } of region.pages) this.byPage.get(page)!.delete(region);
    this.dropped++;
  }

  /** Drops everything; the caller empties the jump caches. */
  dropAll(): void {
    for (let slot = firstSlot; slot < this.nextSlot; slot++) this.table.set(slot, this.stale as CallableFunction);
    this.dropped += this.nextSlot - firstSlot;
    this.index?.clear();
    this.planned.clear();
    this.notInLibrary.clear();
    this.byEntry.clear();
    this.byPage.clear();
    this.nextSlot = firstSlot;
  }
}

function physicalRanges(plan: RegionPlan, inPage: number, pages: ReadonlyMap<number, number>): number[] {
  const ranges = plan.flow.blocks.flatMap((block) => [block.start, block.start + block.instructions.length * 4]);
  return inPages(ranges, inPage, (distance) => pages.get(distance)!);
}

/** Offsets that a plan's BRs may go to, and those of the functions that were inlined. */
function indirectTargets({ flow }: RegionPlan): number[] {
  const found = new Set<number>();
  for (const { start, terminator } of flow.blocks) {
    if (terminator.kind === "indirect") for (const target of terminator.targets) found.add(target);
    else if (terminator.kind === "inlined return") found.add(start);
  }
  return [...found];
}

/** Physical ranges of ranges around an entry, which may go over the ends of pages. */
function inPages(ranges: readonly number[], inPage: number, pageAt: (distance: number) => number): number[] {
  const physical: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let at = ranges[i]!; at < ranges[i + 1]!; ) {
      const distance = Math.floor((inPage + at) / 4096);
      const end = Math.min(ranges[i + 1]!, (distance + 1) * 4096 - inPage);
      const base = pageAt(distance) * 4096 + (inPage + at - distance * 4096);
      physical.push(base, base + (end - at));
      at = end;
    }
  }
  return physical;
}
