import type { InstructionTable } from "../isa/table.js";
import type { Instruction } from "../isa/template.js";
import { undefinedInstruction } from "../isa/undefined.js";
import { planRegion, type RegionPlan, regionModule } from "../jit/region-compiler.js";
import { regionLimits, tableJumpReach, tableTargetHeat, tableTargets } from "../jit/region-limits.js";
import { type CodeProfile, type ProfiledPage, unexecuted } from "./code-profile.js";
import type { RegionLibrary } from "./region-library.js";
import { encodeVolume, regionOf } from "./volume.js";

export interface BuiltVolume {
  /** How many it has. */
  readonly regions: number;
  /** See volume.ts. */
  readonly description: Uint8Array<ArrayBuffer>;
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
  const planner = new Planner(profile, options.table, options.features);
  const entries = warmEntries(profile, options.leastHeat).slice(0, options.most);
  const planned: { plan: RegionPlan; inPage: number }[] = [];
  for (const { page, index } of entries) {
    const inPage = index * 4;
    const known = options.library.find(inPage, (offset) => planner.word(page, inPage + offset));
    if (known !== undefined) continue;
    const plan = planner.plan(page, inPage);
    if (plan !== undefined) planned.push({ plan, inPage });
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

/** Where control arrived at least `leastHeat` times; the hottest first. */
function warmEntries({ pages }: CodeProfile, leastHeat: number): { page: ProfiledPage; index: number }[] {
  const entries: { page: ProfiledPage; index: number; heat: number }[] = [];
  for (const page of pages) {
    page.heat.forEach((heat, index) => {
      if (heat >= leastHeat && heat !== unexecuted) entries.push({ page, index, heat });
    });
  }
  return entries.sort((a, b) => b.heat - a.heat || a.page.page - b.page.page || a.index - b.index);
}

/** Plans regions in the pages of a profile, as a machine plans them in its memory. */
class Planner {
  private readonly byVirtualPage = new Map<number, ProfiledPage>();
  private readonly callees = new Map<number, Map<number, number>>();

  constructor(
    profile: CodeProfile,
    private readonly table: InstructionTable,
    private readonly features: ReadonlySet<string>,
  ) {
    for (const page of profile.pages) this.byVirtualPage.set(page.virtualPage, page);
    for (const { entry, register, distance } of profile.callees) {
      const byRegister = this.callees.get(entry);
      if (byRegister === undefined) this.callees.set(entry, new Map([[register, distance]]));
      else byRegister.set(register, distance);
    }
  }

  /** The executed word at `offset` bytes from the start of `page`, or beyond it, where the next pages were mapped. */
  word(page: ProfiledPage, offset: number): number | undefined {
    const distance = Math.floor(offset / 4096);
    const at = distance === 0 ? page : this.byVirtualPage.get(page.virtualPage + distance);
    if (at === undefined) return undefined;
    const index = (offset - distance * 4096) >> 2;
    return at.heat[index] === unexecuted ? undefined : at.words[index];
  }

  plan(page: ProfiledPage, inPage: number): RegionPlan | undefined {
    const fetch = (offset: number): Instruction | undefined => {
      const word = this.word(page, inPage + offset);
      return word === undefined ? undefined : (this.table.decode(word, this.features) ?? undefinedInstruction(word));
    };
    const callees = this.callees.get(page.page * 4096 + inPage);
    return planRegion(
      fetch,
      regionLimits,
      (offset) => this.arrivalsNear(page, inPage, offset),
      (register) => callees?.get(register),
    );
  }

  /** As `Regions.arrivalsNear` in cpu. */
  private arrivalsNear(page: ProfiledPage, inPage: number, offset: number): number[] {
    const found: { offset: number; heat: number }[] = [];
    for (let o = offset - tableJumpReach; o <= offset + tableJumpReach; o += 4) {
      const distance = Math.floor((inPage + o) / 4096);
      const at = distance === 0 ? page : this.byVirtualPage.get(page.virtualPage + distance);
      const heat = at?.heat[(inPage + o - distance * 4096) >> 2] ?? unexecuted;
      if (heat !== unexecuted && heat >= tableTargetHeat) found.push({ offset: o, heat });
    }
    found.sort((a, b) => b.heat - a.heat);
    return found.slice(0, tableTargets).map((f) => f.offset);
  }
}
