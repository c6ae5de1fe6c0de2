import type { CodeProfile } from "../code-library/code-profile.js";
import { RegionLibrary, type RegionVolume } from "../code-library/region-library.js";
import { headsSize, RegionLink } from "../interpreter/arrival.js";
import type { Core as CoreFunctions } from "../interpreter/core-module.js";
import { Exit } from "../interpreter/exit.js";
import type { MachineCalls } from "../interpreter/machine-calls.js";
import { makeColdTable, OperationNumbers } from "../interpreter/operations.js";
import { RecordLayout, recordPageSize } from "../interpreter/record.js";
import { warmWords } from "../interpreter/warm-words.js";
import { PeState } from "../ir/index.js";
import { instantiateRegions, type RegionEnvironment } from "../jit/region-compiler.js";
import type { KeptModules, Log } from "../ports/index.js";
import { RoutineLibrary } from "../wasm/routines.js";
import { access, commit, fetch, fetchAhead } from "./access.js";
import { Arrival, arriveByBranch } from "./branch-target.js";
import { CodeCache } from "./code-cache.js";
import { coreFacts, coreModule, hotArrivals, instructionsOf } from "./core-modules.js";
import type { Core } from "./cores/core.js";
import { afterInstruction, beforeInstruction } from "./debug-exceptions.js";
import { DebugPoints } from "./debug-points.js";
import { environment } from "./environment.js";
import { EnvironmentResult } from "./environment-operations.js";
import { recordNearPc } from "./execute-record.js";
import { takableInterrupts } from "./interrupt-routing.js";
import { interruptIsPendingUnmasked, takeInterrupt } from "./interrupts.js";
import { LinearMemory } from "./linear-memory.js";
import { PhysicalMemory } from "./physical-memory.js";
import { ProcessingElement } from "./processing-element.js";
import { RegionIndex } from "./region-index.js";
import { Regions } from "./regions.js";
import { tlbContextSize } from "./tlb-contexts.js";

export interface EngineOptions {
  readonly core: Core;
  /** Aff3.Aff2.Aff1.Aff0 of each PE, in the order of their numbers. */
  readonly affinities: readonly number[];
  readonly hasEl2: boolean;
  readonly hasEl3: boolean;
  readonly ram: { readonly base: number; readonly size: number };
  /** Bytes of linear memory behind RAM that are the board's, for flash and the like; a multiple of 4096. */
  readonly boardMemory?: number;
  readonly jit: boolean;
  /** Regions that were compiled ahead. */
  readonly codeLibrary?: readonly RegionVolume[];
  /** Whether observers are told of instructions (isa/observed.ts). */
  readonly observesInstructions?: boolean;
  readonly log: Log;
  /** Where the core module may be found: otherwise it is made. */
  readonly coreModules?: KeptModules;
}

/** Why {@link Engine.run} came back. */
export type TurnEnd = "limit" | "yield";

/** Arrivals after which planned code no longer waits for others to be compiled with. */
const patience = 500;
/** The same for code that the library may have, once its next pages have been fetched. */
const eagerness = 50;
/**
 * Most instructions between two entries into generated code: V8 replaces a function's baseline code by optimised code only
 * when it is entered again.
 */
const stay = 200_000;
/** Pages of predecoded records: room for 32 MiB of code that is executed. */
const recordPages = 8192;
/** Regions that generated code finds by itself. */
const indexedRegions = 65536;
/** TLB contexts of all PEs together, and at least of each. */
const contexts = 256;
const fewestContexts = 32;
const pageSize = 65536;
/** Instructions after which what PEs count in 32 bits is collected. */
const collectAfter = 2 ** 30;

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/**
 * Executes instructions: linear memory, processing elements, predecoded code, the interpreter and compiled regions, and the
 * loop that joins them. One thread; PEs run when told to.
 */
export class Engine {
  readonly processors: readonly ProcessingElement[];
  readonly memory: LinearMemory;
  readonly physical: PhysicalMemory;
  /** Where in linear memory EngineOptions.boardMemory lies. */
  readonly boardMemory: number;
  private readonly core: CoreFunctions;
  /** A debugger's breakpoints and watchpoints. */
  readonly debugPoints: DebugPoints;
  private readonly code: CodeCache;
  private readonly regions: Regions | undefined;
  private readonly calls: MachineCalls;
  private readonly instructionsByEl = new Float64Array(4);
  private readonly retiredByPe: Float64Array;
  private current = -1;
  /** The PE whose turn it is, or was last. */
  private running!: ProcessingElement;
  private budgetWord = 0;
  private goesOnWord = 0;
  private crossingsWord = 0;
  private btypeWord = 0;
  /** Instructions of the turn that are accounted for; what the PE was given last; and the turn's limit. */
  private consumed = 0;
  private given = 0;
  private limit = 0;
  private interpretedSteps = 0;
  /** A debugger stops the turn. */
  private halted = false;
  /** The log wants each instruction's address: then they run one at a time. */
  private readonly traces: boolean;
  private readonly log: Log;
  /** An address that was logged before its instruction could run: it had to be fetched or compiled. */
  private announced: bigint | undefined;
  private interpreted = 0;
  /** Instructions since counts were collected. */
  private uncollected = 0;

  constructor(options: EngineOptions) {
    this.log = options.log;
    this.traces = options.log.enabled("exec");
    const peCount = options.affinities.length;
    const contextsPerPe = Math.max(fewestContexts, Math.floor(contexts / peCount));
    const statesBase = pageSize;
    const stateSize = align(PeState.size, 4096);
    const contextsBase = statesBase + peCount * stateSize;
    const recordsBase = align(contextsBase + peCount * contextsPerPe * tlbContextSize, 4096);
    const headsBase = recordsBase + recordPages * recordPageSize;
    const regionIndex = {
      heads: headsBase - recordsBase / 4,
      links: align(headsBase + headsSize(recordPages * recordPageSize), RegionLink.size),
      linkCount: indexedRegions,
    };
    const ramBase = align(regionIndex.links + indexedRegions * RegionLink.size, pageSize);
    this.boardMemory = ramBase + options.ram.size;
    const total = this.boardMemory + (options.boardMemory ?? 0);
    const pages = Math.ceil(total / pageSize);
    if (pages > 65536) throw new Error(`${options.ram.size} bytes of RAM don't fit the engine's 4 GiB of memory`);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.memory = new LinearMemory(memory.buffer);
    this.physical = new PhysicalMemory(this.memory, options.log);
    this.physical.addRam({ name: "ram", base: options.ram.base, size: options.ram.size, host: ramBase, direct: true });
    const routines = new RoutineLibrary(memory);
    const { features } = options.core;
    const { jit, observesInstructions: observed = false } = options;
    const facts = coreFacts(options.core, { jit, observed, fused: routines.fused });
    const table = instructionsOf(facts);
    this.calls = {
      access: (_base, descriptor) => {
        const pe = this.running;
        const { el } = pe;
        const host = access(pe, descriptor);
        if (host === 0) this.afterEnvironment(pe, el, EnvironmentResult.redirected);
        return host;
      },
      environment: (_base, operation, argument) => {
        const pe = this.running;
        const { el } = pe;
        const result = environment(pe, operation, argument);
        return result === EnvironmentResult.next ? result : this.afterEnvironment(pe, el, result);
      },
      fetch: () => this.fetchInside(),
      decode: (_base, record) => this.code.decode(record, this.calls),
    };
    const regionTable = new WebAssembly.Table({ element: "anyfunc", initial: 1024 });
    const coldTable = makeColdTable();
    const module = coreModule(facts, options.coreModules);
    const core = module.instantiate({ memory, calls: this.calls, coldTable, regionTable });
    this.core = core.core;
    routines.adopt(core.exports);
    const numbers = new OperationNumbers(table, features, core, coldTable, warmWords, memory, routines);
    const processors: ProcessingElement[] = [];
    this.processors = processors;
    this.retiredByPe = new Float64Array(peCount);
    this.code = new CodeCache(
      this.memory,
      this.physical,
      table,
      features,
      numbers,
      {
        becameCode: (page) => this.becameCode(page),
        droppedCode: (page, records) => {
          for (const pe of processors) pe.tlbs.dropExecuteTags(records);
          this.regions?.dropPage(page);
        },
        changedCode: (page, start, end) => this.regions?.dropPage(page, start, end) ?? false,
        droppedAll: () => {
          for (const pe of processors) pe.tlbs.invalidateAll();
          this.regions?.dropAll();
        },
      },
      recordsBase,
      recordPages,
      hotArrivals - 1,
    );
    this.debugPoints = new DebugPoints(processors, this.code);
    const regionEnvironment: RegionEnvironment = {
      memory,
      routines,
      dispatch: this.core.dispatch,
      resume: this.core.resume,
      landing: this.core.landing,
      environment: this.core.environment,
      regions: regionTable,
    };
    const volumes = jit && !observed ? (options.codeLibrary ?? []) : [];
    const library =
      volumes.length === 0
        ? undefined
        : new RegionLibrary(volumes, (module) => instantiateRegions(module, regionEnvironment));
    this.code.expects(library && ((word, inPage) => library.mayStart(word, inPage)));
    this.regions = jit
      ? new Regions(
          this.memory,
          this.code,
          regionTable,
          regionEnvironment,
          this.core.stale,
          () => {
            for (const pe of processors) pe.tlbs.clearJumpCaches();
          },
          (offset) => this.fetchAhead(offset),
          library,
          new RegionIndex(this.memory, regionIndex),
        )
      : undefined;
    options.affinities.forEach((affinity, index) => {
      processors.push(
        new ProcessingElement({
          index,
          affinity,
          core: options.core,
          haveEl2: options.hasEl2,
          haveEl3: options.hasEl3,
          memory: this.memory,
          base: statesBase + index * stateSize,
          contextsBase: contextsBase + index * contextsPerPe * tlbContextSize,
          contexts: contextsPerPe,
          physical: this.physical,
          codePages: this.code,
          alignmentCheckedInline: true,
          counter: { retired: (pe) => this.retiredBy(pe) },
          log: options.log,
          peers: processors,
        }),
      );
      const { base } = processors[index]!;
      this.memory.i32[(base + PeState.regionHeads) >> 2] = regionIndex.heads;
      this.memory.i32[(base + PeState.regionLinks) >> 2] = regionIndex.links;
    });
  }

  private becameCode(page: number): void {
    const host = this.physical.hostAddress(page * 4096, 4096, true);
    if (host >= 0) this.processors[0]?.dropWriteTags(host);
  }

  /** Instructions that a PE has retired since the engine was made. */
  private retiredBy(pe: number): number {
    return this.retiredByPe[pe]! + (pe === this.current ? this.retired() : 0);
  }

  /** Instructions retired in the turn that is under way or ended last; exact whenever the machine is called. */
  retired(): number {
    return this.consumed + (this.given - this.memory.i32[this.budgetWord]!);
  }

  /** The turn under way ends as soon as `limit` instructions of it have retired. */
  shorten(limit: number): void {
    this.limit = Math.min(this.limit, limit);
    if (this.current >= 0 && this.consumed + this.given > this.limit) this.memory.i32[this.crossingsWord] = 0;
  }

  /** What answers at physical addresses has changed: translations that lead there are stale. */
  mappingChanged(): void {
    for (const pe of this.processors) {
      pe.tlbs.invalidateAll();
      pe.walker.forgetTables();
    }
  }

  /** RAM was changed from outside the PEs: code made from it is stale. */
  memoryWritten(address: number, size: number): void {
    this.code.written(address, size);
  }

  /**
   * Runs a PE until `limit` instructions have retired, or it waits, is powered off, or gives up its turn. An instruction that
   * ends in an exception counts as one, so that a storm of exceptions uses up the turn.
   */
  run(index: number, limit: number): TurnEnd {
    const pe = this.processors[index]!;
    const { base } = pe;
    const { i32 } = this.memory;
    this.current = index;
    this.running = pe;
    this.budgetWord = (base + PeState.budget) >> 2;
    this.goesOnWord = (base + PeState.goesOn) >> 2;
    this.crossingsWord = (base + PeState.crossings) >> 2;
    this.btypeWord = (base + PeState.btype) >> 2;
    this.consumed = 0;
    this.given = 0;
    i32[this.budgetWord] = 0;
    this.limit = limit;
    this.halted = false;
    let end: TurnEnd = "limit";
    const btype = (base + PeState.btype) >> 2;
    for (;;) {
      // Debug exceptions come before what BTYPE does.
      if (i32[btype] !== 0 && pe.debugEvents === 0 && arriveByBranch(pe) === Arrival.fetchException) this.charge(pe.el);
      const left = this.limit - this.consumed;
      if (left <= 0) break;
      if (pe.pmu.active) pe.pmu.synchronize();
      const unseen = !this.traces && pe.crossingsAreUnseen;
      if (pe.irqPending !== 0 && this.interrupt(pe, left, unseen)) continue;
      if (pe.poweredOff || pe.waiting) {
        end = "yield";
        break;
      }
      const el = pe.el;
      if (pe.debugEvents !== 0) {
        if (beforeInstruction(pe)) this.charge(el);
        else {
          if (this.traces) this.trace(pe);
          if (this.step(pe, el)) afterInstruction(pe);
          if (this.halted) break;
        }
        continue;
      }
      if (this.traces) this.trace(pe);
      this.give(Math.min(left, this.traces ? 1 : stay, pe.pmu.active ? pe.pmu.instructionsToOverflow() : stay), unseen);
      const exit = this.core.run(base);
      this.settle();
      if (this.traces && (exit === Exit.fetch || exit === Exit.compile || exit === Exit.breakpoint))
        this.announced = pe.pc;
      if (exit === Exit.fetch) {
        const from = pe.el;
        if (i32[btype] === 0 && fetch(pe) < 0) this.charge(from);
      } else if (exit === Exit.step || exit === Exit.breakpoint) {
        this.step(pe, pe.el);
        if (this.halted) break;
      } else if (exit === Exit.compile) this.compile(base);
      else if (exit === Exit.wait) {
        if (pe.waiting || pe.poweredOff) continue;
        end = "yield";
        break;
      }
    }
    this.retiredByPe[index]! += this.consumed;
    this.current = -1;
    return end;
  }

  /**
   * Takes an interrupt before the instruction at pc, if one comes there; in a turn that may go on for `left` instructions. `unseen`:
   * nobody has to be told of it.
   */
  private interrupt(pe: ProcessingElement, left: number, unseen: boolean): boolean {
    if (unseen && left > 1) {
      if (takableInterrupts(pe) === 0) return false;
      if (this.core.interrupt(pe.base) !== 0) return true;
    }
    return takeInterrupt(pe);
  }

  /** Logs the instruction at pc. */
  private trace(pe: ProcessingElement): void {
    const { pc } = pe;
    const known = pc === this.announced;
    this.announced = undefined;
    if (known) return;
    this.log.write("exec", `Trace ${pe.index}: 0x${pc.toString(16).padStart(16, "0")} EL${pe.el}`);
  }

  /** The result of a system instruction that generated code would leave for: it doesn't where it {@link mayGoOn}. `el`: its level. */
  private afterEnvironment(pe: ProcessingElement, el: number, result: number): number {
    if (result === EnvironmentResult.wait) return result;
    const { i32 } = this.memory;
    let goesOn = this.mayGoOn(pe);
    if (result === EnvironmentResult.check) {
      if (goesOn && !interruptIsPendingUnmasked(pe)) return EnvironmentResult.next;
      result = EnvironmentResult.leave;
    }
    if (result !== EnvironmentResult.redirected) {
      if (!goesOn || result !== EnvironmentResult.leave) return result;
      pe.advance();
    }
    this.countLevel(el, i32[this.budgetWord]! - 1);
    if (goesOn && pe.irqPending !== 0) {
      while (this.interrupt(pe, this.limit - this.consumed, this.crossesAlone(pe)));
      goesOn = this.mayGoOn(pe);
    }
    i32[this.goesOnWord] = goesOn ? 1 : 0;
    i32[this.crossingsWord] = this.crossesAlone(pe) ? 1 : 0;
    return EnvironmentResult.redirected;
  }

  /** See MachineCalls.fetch: code around the fetch is kept where the run loop would do nothing else. */
  private fetchInside(): number {
    const pe = this.running;
    const { i32 } = this.memory;
    // Without room, regions that are under way would be dropped.
    if (!this.mayGoOn(pe) || !this.code.hasRoom) return Exit.fetch;
    const { el } = pe;
    if (fetch(pe) >= 0) return 0;
    this.afterEnvironment(pe, el, EnvironmentResult.redirected);
    i32[this.budgetWord]!--;
    return Exit.redirect;
  }

  private fetchAhead(offset: number): boolean {
    const { pcLow, pcHigh } = this.running;
    const low = (pcLow >>> 0) + offset;
    // Without room, code would be dropped that is being looked at.
    return this.code.hasRoom && fetchAhead(this.running, low | 0, (pcHigh + Math.floor(low / 2 ** 32)) | 0);
  }

  /** Whether the run loop would do nothing, after the instruction under way, but take an interrupt and go on. */
  private mayGoOn(pe: ProcessingElement): boolean {
    const { i32 } = this.memory;
    return (
      i32[this.budgetWord]! > 1 &&
      this.consumed + this.given <= this.limit &&
      !pe.pmu.active &&
      pe.debugEvents === 0 &&
      !this.traces &&
      !pe.waiting &&
      !pe.poweredOff &&
      i32[this.btypeWord] === 0
    );
  }

  /** Whether generated code may take exceptions and return from them without telling the machine: nobody wants to know. */
  private crossesAlone(pe: ProcessingElement): boolean {
    return !this.traces && this.consumed + this.given <= this.limit && pe.crossingsAreUnseen;
  }

  /** `el` has executed instructions until the budget was `left`. */
  private countLevel(el: number, left: number): void {
    const { i32 } = this.memory;
    const at = this.budgetWord + (PeState.levelBudget - PeState.budget) / 4;
    this.instructionsByEl[el]! += i32[at]! - left;
    i32[at] = left;
  }

  /** `unseen`: see {@link interrupt}. */
  private give(instructions: number, unseen: boolean): void {
    const { i32 } = this.memory;
    this.given = instructions;
    i32[this.budgetWord] = instructions;
    i32[this.budgetWord + (PeState.levelBudget - PeState.budget) / 4] = instructions;
    i32[this.crossingsWord] = unseen && this.consumed + instructions <= this.limit ? 1 : 0;
  }

  /** Takes back what is left of the budget; gives how much was used. */
  private settle(): number {
    const { i32 } = this.memory;
    const left = i32[this.budgetWord]!;
    const ran = this.given - left;
    this.consumed += ran;
    this.countLevel(this.running.el, left);
    this.given = 0;
    i32[this.budgetWord] = 0;
    this.uncollected += ran;
    if (this.uncollected > collectAfter) this.collectCounts();
    return ran;
  }

  /** Takes over what generated code has counted in the PEs' states. */
  private collectCounts(): void {
    const { i32 } = this.memory;
    for (const pe of this.processors) {
      const interpreted = pe.w + PeState.interpreted / 4;
      this.interpreted += i32[interpreted]!;
      i32[interpreted] = 0;
      const byEl = pe.w + PeState.retiredByEl / 4;
      for (let el = 0; el < 4; el++) {
        this.instructionsByEl[el]! += i32[byEl + el]!;
        i32[byEl + el] = 0;
      }
      pe.collectExceptions();
    }
    this.uncollected = 0;
  }

  private charge(el: number): void {
    this.consumed++;
    this.instructionsByEl[el]!++;
  }

  /**
   * Executes the instruction at pc alone, with effects outside of RAM allowed. False when it wasn't executed: it had to be fetched
   * first, or a debugger wants to look at it.
   */
  private step(pe: ProcessingElement, el: number): boolean {
    pe.alone = true;
    this.give(1, false);
    const exit = this.core.step(pe.base, 0);
    pe.alone = false;
    if (exit !== Exit.breakpoint) this.interpretedSteps++;
    if (exit === Exit.fetch) {
      this.settle();
      if (fetch(pe) < 0) this.charge(el);
      return false;
    }
    if (exit === Exit.breakpoint) {
      this.settle();
      this.halted = this.debugPoints.stopsAt(pe);
      if (this.halted) return false;
      return this.code.unmarked(recordNearPc(this.memory, pe.base)!, () => this.step(pe, el));
    }
    if (this.debugPoints.hit !== undefined) {
      const { hit, listener } = this.debugPoints;
      this.debugPoints.hit = undefined;
      // The exit counts the instruction as one that an exception ended.
      const counted = this.settle();
      this.consumed -= counted;
      this.instructionsByEl[el]! -= counted;
      this.halted = true;
      listener?.watchpoint(pe, hit);
      return false;
    }
    if (pe.storePending) {
      pe.storePending = false;
      if (exit === Exit.budget) {
        // pc is past the instruction; an abort of its store is reported at it.
        const { pcLow, pcHigh } = pe;
        this.stepBack(pe);
        if (commit(pe)) pe.setPc(pcLow, pcHigh);
      }
    }
    this.settle();
    return true;
  }

  private stepBack(pe: ProcessingElement): void {
    const low = pe.pcLow;
    pe.setPc((low - 4) | 0, low >>> 0 < 4 ? (pe.pcHigh - 1) | 0 : pe.pcHigh);
  }

  /** pc is hot: sees that it gets a region; code that must wait for it, or can have none, cools down. */
  private compile(base: number): void {
    const answer = this.regions?.install(base);
    if (answer === "ready") return;
    const record = recordNearPc(this.memory, base);
    if (record === undefined) return;
    const left = answer === "planned" ? patience : answer === "elsewhere" ? eagerness : hotArrivals;
    this.memory.u16[(record + RecordLayout.heat) >> 1] = hotArrivals - left;
  }

  /**
   * What was executed so far, if control arrived at least `leastHeat` times in at least `leastPlaces` places that weren't compiled
   * ahead. Undefined if not, and without compiled regions.
   */
  codeProfile(leastHeat: number, leastPlaces: number): CodeProfile | undefined {
    const { regions, code } = this;
    if (regions === undefined || code.warmPlaces(leastHeat) < leastPlaces) return undefined;
    return { pages: code.profile((page, words) => regions.cover(page, words)), regions: regions.profile() };
  }

  statistics(): Readonly<Record<string, unknown>> & { readonly instructionsByEl: readonly number[] } {
    this.collectCounts();
    const tlbMisses = { read: 0, write: 0, fetch: 0 };
    for (const pe of this.processors) {
      tlbMisses.read += pe.tlbMisses[0]!;
      tlbMisses.write += pe.tlbMisses[1]!;
      tlbMisses.fetch += pe.tlbMisses[2]!;
    }
    const r = this.regions;
    const total = this.instructionsByEl.reduce((sum, n) => sum + n, 0);
    return {
      instructionsByEl: [...this.instructionsByEl],
      tlbMisses,
      steps: this.interpretedSteps,
      tiers: {
        interpreter: (this.interpreted + this.interpretedSteps) / Math.max(1, total),
        regions: 1 - (this.interpreted + this.interpretedSteps) / Math.max(1, total),
      },
      ...(r === undefined
        ? {}
        : {
            regions: {
              compiled: r.compiled,
              fromLibrary: r.fromLibrary,
              dropped: r.dropped,
              instructions: r.instructions,
              milliseconds: Math.round(r.milliseconds),
            },
          }),
    };
  }
}

export function createEngine(options: EngineOptions): Engine {
  return new Engine(options);
}
