import { pageEndOperation, RecordLayout, undecodedOperation } from "../interpreter/record.js";
import { jumpCacheOffset, PeState } from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import { undefinedInstruction } from "../isa/undefined.js";
import type { RegionLimits } from "../jit/control-flow.js";
import { compileRegions, planRegion, type RegionEnvironment, type RegionPlan } from "../jit/region-compiler.js";
import type { CodeCache } from "./code-cache.js";
import { recordNearPc } from "./execute-record.js";
import type { LinearMemory } from "./linear-memory.js";

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
}

/** A compiled region. */
interface Region {
  readonly slot: number;
  readonly entry: number;
  readonly pages: readonly RegionPage[];
  /** Physical byte ranges of its blocks, [start, end) in pairs. */
  readonly ranges: readonly number[];
}

/** Bounds that keep one region's compilation, and the pause for it, short. */
const limits: RegionLimits = { blocks: 160, instructions: 1500 };

/** Regions that are compiled together, at most: a module costs more than what is in it. */
const batchSize = 12;

/** How far from a BR through a table its targets are looked for, in bytes; how many are taken; and how hot they must be. */
const tableJumpReach = 1024;
const tableTargets = 64;
const tableTargetHeat = 50;

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
  private nextSlot = firstSlot;
  /** Counts for statistics. */
  compiled = 0;
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
  ) {}

  /**
   * Sees to the region that starts at the pc of the PE at `base`. "ready": it is in the PE's jump cache. "planned": it will
   * be compiled with others, soon. "none": there is none to be had; the pc isn't in the execute TLB, or no region can start
   * there.
   */
  install(base: number): "ready" | "planned" | "none" {
    const physical = this.physicalOf(base, 0);
    if (physical === undefined) return "none";
    let region = this.byEntry.get(physical)?.find((r) => this.fits(base, r));
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

  /** Whether the PE's current mapping has all of a region's pages where the region expects them. */
  private fits(base: number, region: Region): boolean {
    const inPage = this.memory.i32[(base + PeState.pc) >> 2]! & 0xfff;
    return region.pages.every(({ distance, page }) => {
      const physical = this.physicalOf(base, distance * 4096 - inPage);
      return physical !== undefined && Math.floor(physical / 4096) === page;
    });
  }

  private plan(base: number, physical: number): Planned | undefined {
    const started = performance.now();
    const pages = new Map<number, number>();
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
      limits,
      (offset) => this.arrivalsNear(base, offset),
      (register) => this.pointsTo(base, register),
    );
    // Of what was looked at, only what became part of the region ties it to a page.
    const inRegion = (page: number): boolean =>
      plan?.flow.blocks.some((b) => {
        const last = b.start + 4 * Math.max(0, b.instructions.length - 1);
        return Math.floor((inPage + b.start) / 4096) <= page && page <= Math.floor((inPage + last) / 4096);
      }) ?? false;
    for (const page of pages.keys()) if (!inRegion(page)) pages.delete(page);
    this.milliseconds += performance.now() - started;
    return plan && { plan, physical, inPage, pages };
  }

  /** How far from the PE's pc an X register points: where a BLR may go, now and then. */
  private pointsTo(base: number, register: number): number | undefined {
    const { i32 } = this.memory;
    const [pc, x] = [(base + PeState.pc) >> 2, (base + PeState.x + 8 * register) >> 2];
    if (register < 0 || i32[x + 1] !== i32[pc + 1]) return undefined;
    const distance = (i32[x]! >>> 0) - (i32[pc]! >>> 0);
    return distance % 4 === 0 ? distance : undefined;
  }

  /** Offsets near `offset` where control often arrives by a branch. */
  private arrivalsNear(base: number, offset: number): number[] {
    const found: { offset: number; heat: number }[] = [];
    for (let o = offset - tableJumpReach; o <= offset + tableJumpReach; o += 4) {
      const record = recordNearPc(this.memory, base, o);
      const heat = record === undefined ? 0 : this.memory.u16[(record + RecordLayout.heat) >> 1]!;
      if (heat >= tableTargetHeat) found.push({ offset: o, heat });
    }
    found.sort((a, b) => b.heat - a.heat);
    return found.slice(0, tableTargets).map((f) => f.offset);
  }

  private compilePlanned(): void {
    const started = performance.now();
    const batch = [...this.planned.values()];
    this.planned.clear();
    if (this.nextSlot + batch.length > this.table.length) {
      if (this.table.length >= largestTable) {
        this.dropAll();
        this.onExhausted();
      } else this.table.grow(Math.max(1024, this.table.length));
    }
    const functions = compileRegions(
      batch.map((p) => p.plan),
      this.environment,
    );
    batch.forEach((planned, i) => void this.register(planned, functions[i]!));
    this.milliseconds += performance.now() - started;
  }

  private register({ plan, physical, inPage, pages }: Planned, compiled: WebAssembly.ExportValue): void {
    const slot = this.nextSlot++;
    this.table.set(slot, compiled as CallableFunction);
    const region: Region = {
      slot,
      entry: physical,
      pages: [...pages].map(([distance, page]) => ({ distance, page })),
      ranges: physicalRanges(plan, inPage, pages),
    };
    const others = this.byEntry.get(physical);
    if (others === undefined) this.byEntry.set(physical, [region]);
    else others.push(region);
    for (const { page } of region.pages) {
      let set = this.byPage.get(page);
      if (set === undefined) this.byPage.set(page, (set = new Set()));
      set.add(region);
    }
    this.compiled++;
    this.instructions += plan.flow.instructionCount;
  }

  /** Drops regions made from bytes `start` to `end` of a page (all of it by default). */
  dropPage(page: number, start = 0, end = 4096): void {
    for (const [physical, planned] of this.planned) {
      for (const p of planned.pages.values()) if (p === page) this.planned.delete(physical);
    }
    const set = this.byPage.get(page);
    if (set === undefined) return;
    const from = page * 4096 + start;
    const to = page * 4096 + end;
    for (const region of set) {
      const { ranges } = region;
      for (let i = 0; i < ranges.length; i += 2) {
        if (ranges[i]! < to && from < ranges[i + 1]!) {
          this.drop(region);
          break;
        }
      }
    }
  }

  private drop(region: Region): void {
    this.table.set(region.slot, this.stale as CallableFunction);
    const others = this.byEntry.get(region.entry)!;
    others.splice(others.indexOf(region), 1);
    for (const { page } of region.pages) this.byPage.get(page)!.delete(region);
    this.dropped++;
  }

  /** Drops everything; the caller empties the jump caches. */
  dropAll(): void {
    for (let slot = firstSlot; slot < this.nextSlot; slot++) this.table.set(slot, this.stale as CallableFunction);
    this.dropped += this.nextSlot - firstSlot;
    this.planned.clear();
    this.byEntry.clear();
    this.byPage.clear();
    this.nextSlot = firstSlot;
  }
}

function physicalRanges(plan: RegionPlan, inPage: number, pages: ReadonlyMap<number, number>): number[] {
  const ranges: number[] = [];
  for (const block of plan.flow.blocks) {
    for (let at = block.start; at < block.start + block.instructions.length * 4; ) {
      const distance = Math.floor((inPage + at) / 4096);
      const end = Math.min(block.start + block.instructions.length * 4, (distance + 1) * 4096 - inPage);
      const base = pages.get(distance)! * 4096 + (inPage + at - distance * 4096);
      ranges.push(base, base + (end - at));
      at = end;
    }
  }
  return ranges;
}
