import type { InstructionTable } from "../isa/table.js";
import type { Instruction } from "../isa/template.js";
import { undefinedInstruction } from "../isa/undefined.js";
import { planRegion, type RegionPlan, regionModule } from "../jit/region-compiler.js";
import { likelyTargets, regionLimits, tableJumpRange } from "../jit/region-limits.js";
import { type CodeProfile, type ProfiledPage, type ProfiledRegion, unexecuted } from "./code-profile.js";
import type { PageOfWords, RegionLibrary } from "./region-library.js";
import { encodeVolume, regionOf } from "./volume.js";

export interface BuiltVolume {
  /** How many it has. */
  readonly regions: number;
  /** See volume.ts. */
  readonly description: Int32Array<ArrayBuffer>;
  readonly module: Uint8Array<ArrayBuffer>;
}

/**
 * Compiles regions for the code in a profile at which control arrived at least `leastHeat` times and for which `library` has
 * none; the hottest `most`, in volumes of `volumeSize`.
 */
export function buildVolumes(
  profile: CodeProfile,
  options: {
    readonly table: InstructionTable;
    readonly features: ReadonlySet<string>;
    readonly library: RegionLibrary;
    readonly leastHeat: number;
    readonly most: number;
    readonly volumeSize: number;
  },
): BuiltVolume[] {
  const { library, leastHeat, most } = options;
  const planner = new Planner(profile, options.table, options.features);
  const planned: { plan: RegionPlan; inPage: number }[] = [];
  // By physical address: starts of blocks, and of loops that are regions of their own.
  const covered = new Set<number>();
  const loops = new Set<number>();
  for (const { page, index, region, called } of warmEntries(planner, profile, leastHeat)) {
    if (planned.length >= most) break;
    const inPage = index * 4;
    if (!called && region === undefined && covered.has(page.page * 4096 + inPage)) continue;
    if (library.find(inPage, (distance) => planner.pageAt(page, distance)) !== undefined) continue;
    const plan = planner.plan(page, inPage, region, loops);
    if (plan === undefined) continue;
    planned.push({ plan, inPage });
    if (region !== undefined && plan.flow.blocks[0]!.loopHeader) loops.add(region.entry);
    for (const { start } of plan.flow.blocks) covered.add(planner.physical(page, inPage + start)!);
  }
  const volumes: BuiltVolume[] = [];
  for (let i = 0; i < planned.length; i += options.volumeSize) {
    const some = planned.slice(i, i + options.volumeSize);
    volumes.push({
      regions: some.length,
      description: encodeVolume(some.map((p) => regionOf(p.plan, p.inPage))),
      module: regionModule(
        some.map((p) => p.plan),
        "inside",
      ).module,
    });
  }
  return volumes;
}

interface WarmEntry {
  readonly page: ProfiledPage;
  readonly index: number;
  readonly heat: number;
  /** The region that the machine compiled there itself. */
  readonly region: ProfiledRegion | undefined;
  /** It is where a BL leads. */
  readonly called: boolean;
}

/**
 * Where control arrived at least `leastHeat` times: what the machine compiled, then functions, then what is inside of them; the
 * hottest first. What is inside of a region that begins earlier is hardly arrived at any more once that region is there, so
 * that it comes later and only if it must.
 */
function warmEntries(planner: Planner, { pages, regions: profiled }: CodeProfile, leastHeat: number): WarmEntry[] {
  const called = planner.called();
  const regions = new Map(profiled.map((region) => [region.entry, region]));
  const entries: WarmEntry[] = [];
  for (const page of pages) {
    page.heat.forEach((heat, index) => {
      const region = regions.get(page.page * 4096 + index * 4);
      if (region === undefined && (heat < leastHeat || heat === unexecuted)) return;
      entries.push({ page, index, heat, region, called: called.has(page.page * 1024 + index) });
    });
  }
  const kind = ({ region, called }: WarmEntry): number => (region !== undefined ? 0 : called ? 1 : 2);
  return entries.sort((a, b) => kind(a) - kind(b) || b.heat - a.heat || a.page.page - b.page.page || a.index - b.index);
}

/** Plans regions in the pages of a profile, as a machine plans them in its memory. */
class Planner {
  private readonly byVirtualPage = new Map<number, ProfiledPage>();

  constructor(
    private readonly profile: CodeProfile,
    private readonly table: InstructionTable,
    private readonly features: ReadonlySet<string>,
  ) {
    for (const page of profile.pages) this.byVirtualPage.set(page.virtualPage, page);
  }

  /** The page that was mapped `distance` pages from `page`. */
  profiledPage(page: ProfiledPage, distance: number): ProfiledPage | undefined {
    return distance === 0 ? page : this.byVirtualPage.get(page.virtualPage + distance);
  }

  pageAt(page: ProfiledPage, distance: number): PageOfWords | undefined {
    const found = this.profiledPage(page, distance);
    return found && { memory: found.words, start: 0 };
  }

  /** Where BLs lead that were executed: page * 1024 + number of the word. */
  called(): Set<number> {
    const found = new Set<number>();
    for (const page of this.profile.pages) {
      page.words.forEach((word, index) => {
        if (page.heat[index] === unexecuted || word >>> 26 !== 0b100101) return;
        const target = index + ((word << 6) >> 6);
        const at = this.profiledPage(page, target >> 10);
        if (at !== undefined) found.add(at.page * 1024 + (target & 1023));
      });
    }
    return found;
  }

  /** The word `offset` bytes from the start of `page`, which may be in another one. */
  private place(page: ProfiledPage, offset: number): { page: ProfiledPage; index: number } | undefined {
    const distance = Math.floor(offset / 4096);
    const found = this.profiledPage(page, distance);
    return found && { page: found, index: (offset - distance * 4096) >> 2 };
  }

  /** Its physical address. */
  physical(page: ProfiledPage, offset: number): number | undefined {
    const at = this.place(page, offset);
    return at && at.page.page * 4096 + at.index * 4;
  }

  /** How often control arrived there; {@link unexecuted} for what isn't known either. */
  private heat(page: ProfiledPage, offset: number): number {
    const at = this.place(page, offset);
    return at?.page.heat[at.index] ?? unexecuted;
  }

  /**
   * Plans the region that starts at a place; of the words of `like`, if it is given. Otherwise it stops where `loops` begin, which
   * are regions already: V8 makes the better code for a hot loop the less there is around it.
   */
  plan(
    page: ProfiledPage,
    inPage: number,
    like: ProfiledRegion | undefined,
    loops: ReadonlySet<number>,
  ): RegionPlan | undefined {
    const allowed = like && wordsOf(like);
    const targets = new Set(like?.targets);
    const physicalAt = (offset: number): number => this.physical(page, inPage + offset) ?? -1;
    const mayBe = (offset: number): boolean =>
      allowed === undefined ? offset === 0 || !loops.has(physicalAt(offset)) : allowed.has(physicalAt(offset));
    const heatAt = (offset: number): number => {
      const heat = this.heat(page, inPage + offset);
      return heat === unexecuted ? 0 : heat;
    };
    const fetch = (offset: number): Instruction | undefined => {
      if (this.heat(page, inPage + offset) === unexecuted || !mayBe(offset)) return undefined;
      const at = this.place(page, inPage + offset)!;
      const word = at.page.words[at.index]!;
      return this.table.decode(word, this.features) ?? undefinedInstruction(word);
    };
    return planRegion(
      fetch,
      regionLimits,
      (offset) =>
        like === undefined
          ? likelyTargets(offset, heatAt)
          : tableJumpRange(offset).filter((o) => targets.has(physicalAt(o))),
      (register) => like?.callees.find((callee) => callee.register === register)?.distance,
    );
  }
}

/** Physical addresses of a region's words. */
function wordsOf({ ranges }: ProfiledRegion): ReadonlySet<number> {
  const words = new Set<number>();
  for (let i = 0; i < ranges.length; i += 2) for (let at = ranges[i]!; at < ranges[i + 1]!; at += 4) words.add(at);
  return words;
}
