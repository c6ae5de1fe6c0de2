import { systemRegister, systemRegisters } from "../isa/system-registers/index.js";
import { type Alarm, type Log, silentLog } from "../ports/index.js";
import type { CodePages } from "./code-pages.js";
import type { Core } from "./cores/core.js";
import { keepCrossings } from "./crossings.js";
import { anyWatchpoint, debugEventsOf } from "./debug-exceptions.js";
import type { DebugPoints } from "./debug-points.js";
import { directRegisters } from "./direct-registers.js";
import { keepRouting } from "./interrupt-routing.js";
import { LevelState } from "./level-state.js";
import type { LinearMemory } from "./linear-memory.js";
import type { Conduit, Monitor, SemihostingHook } from "./monitor.js";
import type { PeObserver } from "./observer.js";
import { PerformanceMonitor } from "./performance-monitor.js";
import type { PhysicalMemory } from "./physical-memory.js";
import type {
  InstructionCounter,
  InterruptControllerContext,
  InterruptControllerPort,
  TimerPort,
  VirtualInterruptControllerPort,
} from "./ports.js";
import { Hcr, Scr, Sctlr, Word } from "./register-words.js";
import { Interrupt, LevelRecord, PeState } from "./state-layout.js";
import { buildRegisterAccess, type RegisterAccess } from "./system-register-access.js";
import { debuggerRead, debuggerWrite } from "./system-register-debug.js";
import { ContextKey, TlbContexts, tlbContextSize, withAsid } from "./tlb-contexts.js";
import { Regime, Walker } from "./translation/walker.js";
import { TranslationConfigurations } from "./translation-configurations.js";

export type InterruptName = keyof typeof Interrupt;

/** What a board gives a processing element. */
export interface ProcessingElementOptions {
  readonly index: number;
  /** Affinity as in MPIDR_EL1: Aff3.Aff2.Aff1.Aff0, each 8 bits, most significant first. Default: the index. */
  readonly affinity?: number;
  readonly core: Core;
  readonly haveEl2: boolean;
  readonly haveEl3: boolean;
  readonly memory: LinearMemory;
  /** Address of PeState.size bytes of linear memory, a multiple of 16. */
  readonly base: number;
  /** Address of `contexts` times {@link tlbContextSize} bytes. */
  readonly contextsBase: number;
  /** TLB contexts; 16 unless given. */
  readonly contexts?: number;
  readonly physical: PhysicalMemory;
  readonly codePages: CodePages;
  readonly counter: InstructionCounter;
  readonly log?: Log;
  readonly interruptController?: InterruptControllerPort;
  readonly virtualInterruptController?: VirtualInterruptControllerPort;
  readonly timers?: TimerPort;
  /** All processing elements of the machine, this one among them once the board has made it. */
  readonly peers: ProcessingElement[];
  /** See {@link ProcessingElement.alignmentCheckedInline}; false unless given. */
  readonly alignmentCheckedInline?: boolean;
  /** RVBAR: where the PE starts. */
  readonly resetAddress?: bigint;
}

const word = (offset: number): number => offset >> 2;
const elWord = word(PeState.el);
const spSelWord = word(PeState.spSel);
const spWord = word(PeState.sp);
const pcWord = word(PeState.pc);
const argumentWord = word(PeState.argument);
const panWord = word(PeState.pan);
const uaoWord = word(PeState.uao);
const tlbWord = word(PeState.tlb);
const tlbUnprivilegedWord = word(PeState.tlbUnprivileged);
const jumpCacheWord = word(PeState.jumpCache);
const alignmentCheckWord = word(PeState.alignmentCheck);
const spAlignmentMaskWord = word(PeState.spAlignmentMask);
const fpTrapWord = word(PeState.fpTrap);
const directRegistersWord = word(PeState.directRegisters);
const levelWord = word(PeState.level);
const levelsEpochWord = word(PeState.levelsEpoch);
/** Exceptions that generated code takes, and what they are in ProcessingElement.exceptionCounts. */
const countedExceptions = [
  { offset: PeState.svcs, what: 0x15 },
  { offset: PeState.hvcs, what: 0x16 },
  { offset: PeState.smcs, what: 0x17 },
  { offset: PeState.irqs, what: 64 },
  { offset: PeState.fiqs, what: 65 },
] as const;
/** MDSCR_EL1.MDE and SS. */
const mdscrDebug = 0x8001;

const paSizes = [32, 36, 40, 42, 44, 48, 48] as const;

/** The default number of TLB contexts. */
export const defaultContexts = 16;

/** Bytes of linear memory that a PE with `contexts` TLB contexts takes: its state, then the contexts. */
export function processingElementSize(contexts = defaultContexts): number {
  return PeState.size + contexts * tlbContextSize;
}

/**
 * One processing element but for the execution of instructions: its state in linear memory through typed accessors, and
 * what generated code, debuggers and monitors need to change it by the architecture's rules.
 */
export class ProcessingElement {
  readonly index: number;
  readonly affinity: number;
  readonly core: Core;
  readonly haveEl2: boolean;
  readonly haveEl3: boolean;
  readonly memory: LinearMemory;
  readonly base: number;
  readonly physical: PhysicalMemory;
  readonly codePages: CodePages;
  readonly counter: InstructionCounter;
  readonly log: Log;
  /** Whether the log wants the translations of accesses that miss the TLB. */
  readonly logsTranslations: boolean;
  readonly peers: ProcessingElement[];
  interruptController: InterruptControllerPort | undefined;
  virtualInterruptController: VirtualInterruptControllerPort | undefined;
  timers: TimerPort | undefined;
  readonly tlbs: TlbContexts;
  readonly walker: Walker;
  readonly pmu: PerformanceMonitor;
  readonly registerAccess: RegisterAccess;

  readonly i32: Int32Array;
  /** Index of the state's first word in {@link i32}. */
  readonly w: number;
  /** Index of the first system register slot in {@link i32}. */
  readonly system: number;

  readonly physicalAddressBits: number;
  readonly haveGranule: readonly [boolean, boolean, boolean];
  readonly haveXnx: boolean;
  readonly haveTtst: boolean;
  readonly havePan: boolean;
  readonly haveUao: boolean;
  readonly haveSsbs: boolean;
  readonly haveDit: boolean;
  readonly haveBti: boolean;
  readonly haveMte: boolean;
  readonly haveLse2: boolean;
  readonly haveVhe: boolean;

  /**
   * Whether generated code looks at PeState.alignmentCheck before it looks into the TLB. While it doesn't, data accesses
   * that must be aligned get no tags, so that each of them comes to `access`.
   */
  readonly alignmentCheckedInline: boolean;

  /**
   * The current instruction is executed alone, with the run loop around it: accesses may have effects outside of RAM. At
   * other times `access` answers -1 for those, and the run loop comes back to the instruction.
   */
  alone = false;
  /**
   * Software Step or breakpoints (bits of DebugEvent) may act at this level: the run loop executes one instruction at a time, between
   * beforeInstruction and afterInstruction.
   */
  debugEvents = 0;
  /** What a debugger outside the guest waits for; undefined while that is nothing. */
  debugPoints: DebugPoints | undefined;
  /** Some watchpoint is on. */
  watching = false;
  /** What is being stepped, and what was and awaits its exception: 0 nothing, 1 an instruction, 2 a load-exclusive. */
  stepping = 0;
  stepped = 0;
  /** `access` has put off a store: {@link pendingStore}, whose bytes are at PeState.scratch, awaits `commit`. */
  storePending = false;
  /** Waiting in WFI or WFE; an interrupt or event ends it. */
  waiting = false;
  /** Whether the wait ends with an event too (WFE). */
  waitingForEvent = false;
  /** Powered off (PSCI CPU_OFF, or not started). */
  poweredOff = false;

  /** Where a commit of a store goes: set by `access` for stores through PeState.scratch. */
  readonly pendingStore = {
    first: 0,
    firstSize: 0,
    firstSecure: false,
    second: 0,
    secondSize: 0,
    secondSecure: false,
    low: 0,
    high: 0,
    iss: 0,
  };

  /** Monitors by the exception level that they serve. */
  readonly monitors: (Monitor | undefined)[] = [undefined, undefined, undefined, undefined];
  conduit: Conduit | undefined;
  semihosting: SemihostingHook | undefined;
  /** Traces, counters. */
  observer: PeObserver | undefined;
  /** Told of every exception that is taken: a watch for PEs that are stuck. */
  onException: ((pe: ProcessingElement, targetEl: number, esr: number, vector: number) => void) | undefined;
  /** Whether `onException` wants to hear of SVC and HVC as well. */
  watchesExceptions = false;
  readonly #exceptionCounts = new Float64Array(67);
  /** Translations that a TLB didn't have: reads, writes, fetches. */
  readonly tlbMisses = new Float64Array(3);

  /**
   * Ends a WFE. It outlives a wait that something else ends, and then serves the next one: waits are many, most of them short, and WFE
   * may end at any time (D1.6.1).
   */
  #eventAlarm: Alarm | undefined;
  readonly #event = (): void => {
    this.#eventAlarm = undefined;
    if (this.waiting && this.waitingForEvent) this.#endWait();
  };
  /** Bits of {@link Interrupt} that wires drive. */
  #wires = 0;
  readonly #configurations = new TranslationConfigurations();
  /** By PeState.level. */
  readonly #levels: readonly LevelState[];
  readonly #gicContext: InterruptControllerContext = { el: 1, scrNs: true, scrFiq: false, scrIrq: false };
  readonly resetAddress: bigint;
  readonly #features: Set<string>;

  constructor(options: ProcessingElementOptions) {
    this.index = options.index;
    this.affinity = options.affinity ?? options.index;
    this.core = options.core;
    this.haveEl2 = options.haveEl2;
    this.haveEl3 = options.haveEl3;
    this.memory = options.memory;
    this.base = options.base;
    this.physical = options.physical;
    this.codePages = options.codePages;
    this.counter = options.counter;
    this.log = options.log ?? silentLog;
    this.logsTranslations = this.log.enabled("mmu");
    this.peers = options.peers;
    this.interruptController = options.interruptController;
    this.virtualInterruptController = options.virtualInterruptController;
    this.timers = options.timers;
    this.alignmentCheckedInline = options.alignmentCheckedInline ?? false;
    this.resetAddress = options.resetAddress ?? 0n;
    this.i32 = this.memory.i32;
    this.w = word(this.base);
    this.system = word(this.base + PeState.system);

    this.#features = new Set(this.core.features);
    if (this.haveEl2) this.#features.add("EL2");
    if (this.haveEl3) this.#features.add("EL3");
    const mmfr0 = Number(this.core.registers["ID_AA64MMFR0_EL1"]! & 0xffff_ffffn);
    this.physicalAddressBits = paSizes[mmfr0 & 15] ?? 48;
    this.haveGranule = [((mmfr0 >>> 28) & 15) !== 15, ((mmfr0 >>> 24) & 15) !== 15, ((mmfr0 >>> 20) & 15) !== 0];
    this.haveXnx = this.has("FEAT_XNX");
    this.haveTtst = this.has("FEAT_TTST");
    this.havePan = this.has("FEAT_PAN");
    this.haveUao = this.has("FEAT_UAO");
    this.haveSsbs = this.has("FEAT_SSBS");
    this.haveDit = this.has("FEAT_DIT");
    this.haveBti = this.has("FEAT_BTI");
    this.haveMte = this.has("FEAT_MTE");
    this.haveLse2 = this.has("FEAT_LSE2");
    this.haveVhe = this.has("FEAT_VHE");

    this.registerAccess = buildRegisterAccess(this.#features);
    const firstLevel = word(this.base + PeState.levels);
    this.#levels = Array.from({ length: 16 }, (_, n) => new LevelState(firstLevel + n * word(LevelRecord.size)));
    this.tlbs = new TlbContexts(this.memory, options.contextsBase, options.contexts ?? defaultContexts, this.base);
    this.walker = new Walker(this);
    this.pmu = new PerformanceMonitor(this);
    this.reset();
  }

  /** Whether the PE has a feature: a FEAT_ name, EL2, EL3, or one of the tables' own names. */
  has(feature: string): boolean {
    return this.#features.has(feature);
  }

  /** Cold reset: the highest exception level, everything masked, stage 1 off, pc at RVBAR (DDI 0487 D1.6). */
  reset(): void {
    const { i32, w } = this;
    const epoch = i32[w + levelsEpochWord]!;
    const counts = i32.slice(w + word(PeState.counts), w + word(PeState.countsEnd));
    const heads = i32[w + word(PeState.regionHeads)]!;
    const links = i32[w + word(PeState.regionLinks)]!;
    i32.fill(0, w, w + word(PeState.size));
    i32.set(counts, w + word(PeState.counts));
    i32[w + word(PeState.regionHeads)] = heads;
    i32[w + word(PeState.regionLinks)] = links;
    i32[w + levelsEpochWord] = epoch + 1;
    i32[w + word(PeState.index)] = this.index;
    // An open exclusive monitor and PSTATE.Z clear.
    i32[w + word(PeState.exclusiveAddress)] = -1;
    i32[w + word(PeState.exclusiveAddress) + 1] = -1;
    i32[w + word(PeState.flagZ)] = 1;
    for (const entry of systemRegisters)
      this.#setSlot(
        entry.slot,
        entry.reset === "core" ? (this.core.registers[entry.name] ?? 0n) : this.registerAccess.reset[entry.index]!,
      );
    this.#setSlot(systemRegister("ID_AA64PFR0_EL1").slot, this.#pfr0());
    const u = 0x8000_0000n;
    const affinity = BigInt(this.affinity);
    const mpidr = u | ((affinity >> 24n) << 32n) | (affinity & 0xff_ffffn);
    this.#setSlot(systemRegister("MPIDR_EL1").slot, mpidr);
    // What EL1 sees while EL2 says nothing else (VPIDR_EL2, VMPIDR_EL2 reset to the real ones).
    this.#setSlot(systemRegister("VMPIDR_EL2").slot, mpidr);
    this.#setSlot(systemRegister("VPIDR_EL2").slot, this.core.registers["MIDR_EL1"]!);

    const el = this.haveEl3 ? 3 : this.haveEl2 ? 2 : 1;
    i32[w + elWord] = el;
    i32[w + spSelWord] = 1;
    i32[w + word(PeState.daif)] = 15;
    i32[w + word(PeState.spsrWritable)] = this.registerAccess.writableLow[systemRegister("SPSR_EL1").index]!;
    this.pc = this.resetAddress;
    this.waiting = false;
    this.waitingForEvent = false;
    this.#eventAlarm?.cancel();
    this.#eventAlarm = undefined;
    this.poweredOff = false;
    this.watching = false;
    this.stepping = 0;
    this.stepped = 0;
    this.pmu.reset();
    this.tlbs.invalidateAll();
    this.update();
    this.updateInterrupts();
  }

  #pfr0(): bigint {
    let value = this.core.registers["ID_AA64PFR0_EL1"] ?? 0n;
    if (this.haveEl2) value |= 0x100n;
    if (this.haveEl3) value |= 0x1000n;
    return value;
  }

  #setSlot(slot: number, value: bigint): void {
    this.i32[this.system + slot * 2] = Number(value & 0xffff_ffffn) | 0;
    this.i32[this.system + slot * 2 + 1] = Number((value >> 32n) & 0xffff_ffffn) | 0;
  }

  /** PSTATE.EL. */
  get el(): number {
    return this.i32[this.w + elWord]!;
  }

  /** The address of the current instruction, unsigned. */
  get pc(): bigint {
    return this.memory.u64[(this.base + PeState.pc) >> 3]!;
  }

  set pc(value: bigint) {
    this.memory.u64[(this.base + PeState.pc) >> 3] = value;
  }

  get pcLow(): number {
    return this.i32[this.w + pcWord]!;
  }

  get pcHigh(): number {
    return this.i32[this.w + pcWord + 1]!;
  }

  setPc(low: number, high: number): void {
    this.i32[this.w + pcWord] = low;
    this.i32[this.w + pcWord + 1] = high;
  }

  /** pc += 4. */
  advance(): void {
    const at = this.w + pcWord;
    const low = (this.i32[at]! + 4) | 0;
    this.i32[at] = low;
    if (low >>> 0 < 4) this.i32[at + 1]!++;
  }

  get argumentLow(): number {
    return this.i32[this.w + argumentWord]!;
  }

  get argumentHigh(): number {
    return this.i32[this.w + argumentWord + 1]!;
  }

  setArgument(low: number, high: number): void {
    this.i32[this.w + argumentWord] = low;
    this.i32[this.w + argumentWord + 1] = high;
  }

  /** X0 to X30, unsigned; 31 is the current SP. */
  x(n: number): bigint {
    return this.memory.u64[(this.base >> 3) + n]!;
  }

  setX(n: number, value: bigint): void {
    this.memory.u64[(this.base >> 3) + n] = value;
  }

  /** A word of the state, by its offset in PeState. */
  state(offset: number): number {
    return this.i32[this.w + (offset >> 2)]!;
  }

  setState(offset: number, value: number): void {
    this.i32[this.w + (offset >> 2)] = value;
  }

  /** A 32-bit word of a system register (see register-words.ts). */
  register(wordIndex: number): number {
    return this.i32[this.system + wordIndex]!;
  }

  setRegister(wordIndex: number, low: number, high: number): void {
    this.i32[this.system + wordIndex] = low;
    this.i32[this.system + wordIndex + 1] = high;
  }

  /** Exceptions taken, by exception class; interrupts are under 64 IRQ, 65 FIQ, 66 SError. */
  get exceptionCounts(): Float64Array {
    this.collectExceptions();
    return this.#exceptionCounts;
  }

  /** Counts an exception: see {@link exceptionCounts} for what. */
  countException(what: number): void {
    this.#exceptionCounts[what]!++;
  }

  /** Takes over the exceptions that generated code has counted, in 32 bits. */
  collectExceptions(): void {
    for (const { offset, what } of countedExceptions) {
      this.#exceptionCounts[what]! += this.state(offset);
      this.setState(offset, 0);
    }
  }

  /** Makes PSTATE.EL and PSTATE.SP what is given, banking SP. Call {@link update} when the rest of PSTATE is set too. */
  setLevel(el: number, spSel: number): void {
    const { i32, w, system } = this;
    const old = system + Word.SP[(i32[w + spSelWord] ? i32[w + elWord]! : 0) as 0 | 1 | 2 | 3];
    const now = system + Word.SP[(spSel ? el : 0) as 0 | 1 | 2 | 3];
    if (el !== i32[w + elWord]) this.pmu.levelChanges();
    i32[w + elWord] = el;
    i32[w + spSelWord] = spSel;
    if (old === now) return;
    i32[old] = i32[w + spWord]!;
    i32[old + 1] = i32[w + spWord + 1]!;
    i32[w + spWord] = i32[now]!;
    i32[w + spWord + 1] = i32[now + 1]!;
  }

  /**
   * Whether nobody has to be told of an exception that doesn't change what is signalled to the PE: then generated code takes it, and
   * returns from it, by itself.
   */
  get crossingsAreUnseen(): boolean {
    return (
      this.observer === undefined &&
      !this.watchesExceptions &&
      !this.pmu.active &&
      (this.register(Word.MDSCR_EL1) & mdscrDebug) === 0 &&
      this.monitors[1] === undefined &&
      this.monitors[2] === undefined &&
      this.monitors[3] === undefined
    );
  }

  /** Puts the PE to sleep in WFI, or in WFE when `forEvent`. */
  wait(forEvent: boolean): void {
    this.waiting = true;
    this.waitingForEvent = forEvent;
    if (forEvent && this.#eventAlarm === undefined) {
      const hypervisor = this.haveEl2 ? this.register(Word.CNTHCTL_EL2) : 0;
      this.#eventAlarm = this.timers?.scheduleEvent(this.register(Word.CNTKCTL_EL1), hypervisor, this.#event);
    }
    this.observer?.waits(this, true);
  }

  #endWait(): void {
    this.waiting = false;
    this.observer?.waits(this, false);
  }

  /** Index of the first word of the current level's record. */
  get levelRecord(): number {
    return this.currentLevel.record;
  }

  /** An ordinary getter: V8 calls its runtime for private ones. */
  private get currentLevel(): LevelState {
    return this.#levels[this.i32[this.w + levelWord]!]!;
  }

  /** HCR_EL2 as it acts now (see {@link update}). */
  get hcrLow(): number {
    return this.currentLevel.hcrLow;
  }

  get hcrHigh(): number {
    return this.currentLevel.hcrHigh;
  }

  /** Whether the PE is in Secure state (at EL3 always). */
  get secure(): boolean {
    return this.currentLevel.secure;
  }

  /** Whether EL2 is there and enabled in the current security state. */
  get el2Enabled(): boolean {
    return this.currentLevel.el2Enabled;
  }

  /** HCR_EL2.{E2H, TGE} are {1, 1}: EL0 belongs to EL2. */
  get host(): boolean {
    return this.currentLevel.host;
  }

  /** HCR_EL2.E2H acts. */
  get e2h(): boolean {
    return this.currentLevel.e2h;
  }

  /** The current translation regime (see `Regime`). */
  get regime(): number {
    return this.currentLevel.regime;
  }

  /** Stage 1 of it is off and data is Device-nGnRnE. */
  get regimeIsFlat(): boolean {
    return this.currentLevel.regimeIsFlat;
  }

  /** PeState.alignmentCheck: every unaligned data access faults. */
  get mustAlign(): boolean {
    return this.currentLevel.mustAlign;
  }

  /** See LevelState. */
  get knownAccesses(): Uint8Array {
    return this.currentLevel.knownAccesses;
  }

  /** Who accesses a register of the GIC. */
  get gicContext(): InterruptControllerContext {
    this.#gicContext.el = this.el as 0 | 1 | 2 | 3;
    return this.#gicContext;
  }

  /**
   * PSTATE.EL, PAN or UAO has changed: takes what follows from it from the last time, unless something else changed since. Every
   * exception and every return comes here, but for those that generated code makes.
   */
  levelChanged(): void {
    const { i32, w } = this;
    const index = i32[w + elWord]! | (i32[w + panWord]! << 2) | (i32[w + uaoWord]! << 3);
    const level = this.#levels[index]!;
    if (!level.isCurrent(i32, w)) {
      this.#work(index);
      return;
    }
    if (i32[w + levelWord] !== index) {
      i32[w + levelWord] = index;
      level.enter(i32, w);
    }
    this.debugEvents = level.debug ? debugEventsOf(this) : 0;
    if (this.haveEl3) this.#tellExecutionState();
  }

  /** Works out again what follows from PSTATE and the control registers, any of which may have changed. */
  update(): void {
    this.forgetLevels();
    const { i32, w } = this;
    this.#work(i32[w + elWord]! | (i32[w + panWord]! << 2) | (i32[w + uaoWord]! << 3));
  }

  /**
   * TTBR0_EL1 or TTBR1_EL1 has changed, and nothing else: the levels that are known go on in the contexts of another ASID. With
   * page-table isolation, kernels do this on every entry and every exit.
   */
  addressSpaceChanged(): void {
    const { i32, w, tlbs } = this;
    const { currentLevel } = this;
    if (!currentLevel.isCurrent(i32, w)) {
      this.update();
      return;
    }
    const epoch = i32[w + levelsEpochWord]!;
    for (const level of this.#levels) {
      if (!level.isCurrent(i32, w) || level.regime !== Regime.el10 || (level.key & ContextKey.stage1) === 0) continue;
      const asid = this.asid(Regime.el10);
      level.key = withAsid(level.key, asid);
      level.unprivilegedKey = withAsid(level.unprivilegedKey, asid);
      level.findContexts(tlbs);
      level.keepContexts(i32, tlbs);
    }
    // Where a context had to be made, another level may have lost its own.
    if (i32[w + levelsEpochWord] !== epoch) {
      this.update();
      return;
    }
    this.walker.forgetTables();
    currentLevel.enter(i32, w);
  }

  /** A control register has changed that isn't the current level's: nothing remembered of levels holds. */
  forgetLevels(): void {
    this.i32[this.w + levelsEpochWord]!++;
    this.currentLevel.knownAccesses.fill(0);
    this.walker.forgetTables();
  }

  /** Works out what follows from the current level, which has this index, and remembers it. */
  #work(index: number): void {
    const { i32, w, system } = this;
    const level = this.#levels[index]!;
    i32[w + levelWord] = index;
    const el = i32[w + elWord]!;
    const scr = i32[system + Word.SCR_EL3]!;
    const nonSecureBelow = !this.haveEl3 || (scr & Scr.NS) !== 0;
    level.secure = this.haveEl3 && (el === 3 || !nonSecureBelow);
    // Secure EL2 (FEAT_SEL2) isn't offered: EL2 is enabled in Non-secure state only.
    level.el2Enabled = this.haveEl2 && nonSecureBelow;
    let hcrLow = 0;
    let hcrHigh = 0;
    if (level.el2Enabled) {
      hcrLow = i32[system + Word.HCR_EL2]!;
      hcrHigh = i32[system + Word.HCR_EL2 + 1]!;
      const host = (hcrHigh & Hcr.highE2H) !== 0 && (hcrLow & Hcr.TGE) !== 0;
      if (host) hcrLow &= ~(Hcr.VM | Hcr.DC | Hcr.TWI | Hcr.TWE | Hcr.TSC | Hcr.TIDCP | Hcr.TDZ | Hcr.FB);
      else if (hcrLow & Hcr.TGE) hcrLow &= ~Hcr.DC;
      if (hcrLow & Hcr.DC) hcrLow |= Hcr.VM;
    }
    level.hcrLow = hcrLow;
    level.hcrHigh = hcrHigh;
    level.e2h = (hcrHigh & Hcr.highE2H) !== 0;
    level.host = level.e2h && (hcrLow & Hcr.TGE) !== 0;
    level.regime =
      el === 3
        ? Regime.el3
        : el === 2
          ? level.e2h
            ? Regime.el20
            : Regime.el2
          : el === 0 && level.host
            ? Regime.el20
            : Regime.el10;
    const context = this.#gicContext;
    if (this.haveEl3) {
      context.scrNs = (scr & Scr.NS) !== 0;
      context.scrFiq = (scr & Scr.FIQ) !== 0;
      context.scrIrq = (scr & Scr.IRQ) !== 0;
      this.#tellExecutionState();
    }
    this.updateFpTrap();
    this.#selectContext(level);
    level.debug = (i32[system + Word.MDSCR_EL1]! & mdscrDebug) !== 0;
    this.debugEvents = level.debug ? debugEventsOf(this) : 0;
    i32[w + directRegistersWord] = directRegisters(this);
    level.keep(i32, w);
    keepCrossings(this, level.record);
    keepRouting(this, level.record);
  }

  /** Which of IRQ and FIQ is asserted, if one is, may follow from the level and the security state. */
  #tellExecutionState(): void {
    if (this.#wires & (Interrupt.irq | Interrupt.fiq)) this.interruptController?.executionStateChanged();
  }

  /** PeState.fpTrap from CPACR_EL1.FPEN, CPTR_EL2 and CPTR_EL3 (AArch64.CheckFPAdvSIMDEnabled): the EL that traps, plus 1. */
  updateFpTrap(): void {
    this.i32[this.w + fpTrapWord] = this.#fpTrap();
  }

  #fpTrap(): number {
    const { i32, w, system } = this;
    const el = i32[w + elWord]!;
    if (el < 2 && !this.host) {
      const fpen = (i32[system + Word.CPACR_EL1]! >> 20) & 3;
      if (fpen === 0 || fpen === 2 || (fpen === 1 && el === 0)) return 2;
    }
    if (el < 3 && this.el2Enabled) {
      const cptr = i32[system + Word.CPTR_EL2]!;
      if (this.e2h) {
        const fpen = (cptr >> 20) & 3;
        if (fpen === 0 || fpen === 2) return 3;
        if (fpen === 1 && el === 0 && this.host) return 3;
      } else if (cptr & 0x400) return 3;
    }
    if (this.haveEl3 && i32[system + Word.CPTR_EL3]! & 0x400) return 4;
    return 0;
  }

  /** SCTLR_ELx that governs the current level (of EL2 for EL0 of a host). */
  get sctlrWord(): number {
    const el = this.el;
    return el === 0 ? (this.host ? Word.SCTLR_EL2 : Word.SCTLR_EL1) : Word.SCTLR[el as 1 | 2 | 3];
  }

  /** ASID (D5.10.1) of a regime with two ranges. */
  asid(regime: number): number {
    const { i32, system } = this;
    const el10 = regime === Regime.el10;
    const tcr = system + (el10 ? Word.TCR_EL1 : Word.TCR_EL2);
    const a1 = (i32[tcr]! & 0x40_0000) !== 0;
    const ttbr = el10 ? (a1 ? Word.TTBR1_EL1 : Word.TTBR0_EL1) : a1 ? Word.TTBR1_EL2 : Word.TTBR0_EL2;
    const asid = i32[system + ttbr + 1]! >>> 16;
    return (i32[tcr + 1]! & 0x10) !== 0 ? asid : asid & 0xff;
  }

  /** The current VMID; 0 without EL2. */
  get vmid(): number {
    if (!this.el2Enabled) return 0;
    const vmid = this.i32[this.system + Word.VTTBR_EL2 + 1]! >>> 16;
    return (this.i32[this.system + Word.VTCR_EL2]! & 0x8_0000) !== 0 ? vmid : vmid & 0xff;
  }

  /** Points PeState's TLB and jump cache words at the contexts of the current regime, and sets the alignment words. */
  #selectContext(level: LevelState): void {
    const { i32, w, system, tlbs } = this;
    const { regime } = level;
    const el = i32[w + elWord]!;
    const sctlr = i32[system + this.sctlrWord]!;
    const hcr = regime === Regime.el10 ? level.hcrLow : 0;
    const stage1 = (sctlr & Sctlr.M) !== 0 && (hcr & (Hcr.TGE | Hcr.DC)) === 0;
    const twoRanges = regime === Regime.el10 || regime === Regime.el20;
    let key = regime | (level.secure ? ContextKey.secure : 0) | (stage1 ? ContextKey.stage1 : 0);
    if (hcr & Hcr.VM) key |= ContextKey.stage2;
    if (sctlr & Sctlr.A) key |= ContextKey.aligned;
    if (twoRanges && stage1) key |= this.asid(regime) << ContextKey.asidShift;
    const vmid = regime === Regime.el10 ? this.vmid : 0;
    const unprivilegedKey = key;
    if (el !== 0) {
      key |= ContextKey.privileged;
      if (stage1 && i32[w + panWord]) key |= ContextKey.pan;
    }
    // LDTR and STTR act as EL0's at EL1, and at EL2 of a host, unless UAO makes them ordinary (D5.4.2).
    const separate = (el === 1 || (el === 2 && level.host)) && !i32[w + uaoWord];
    const otherKey = separate ? unprivilegedKey : key;
    const configuration = regime === Regime.el10 ? this.#configurationOf((hcr & Hcr.VM) !== 0) : 0;
    if (
      key === level.key &&
      otherKey === level.unprivilegedKey &&
      vmid === level.vmid &&
      configuration === level.configuration &&
      tlbs.epoch === level.contextsEpoch
    )
      tlbs.use(level.context, level.unprivilegedContext);
    else {
      level.key = key;
      level.unprivilegedKey = otherKey;
      level.vmid = vmid;
      level.configuration = configuration;
      level.findContexts(tlbs);
    }
    tlbs.current = level.context;
    tlbs.currentUnprivileged = level.unprivilegedContext;
    i32[w + tlbWord] = tlbs.tlb(tlbs.current);
    i32[w + tlbUnprivilegedWord] = tlbs.tlb(tlbs.currentUnprivileged);
    i32[w + jumpCacheWord] = tlbs.jumpCache(tlbs.current);
    const flat = !stage1 && (hcr & Hcr.DC) === 0;
    level.regimeIsFlat = flat;
    level.mustAlign = flat || (sctlr & Sctlr.A) !== 0;
    i32[w + alignmentCheckWord] = level.mustAlign ? -1 : 0;
    const sa = el === 0 ? Sctlr.SA0 : Sctlr.SA;
    i32[w + spAlignmentMaskWord] = (sctlr & sa) !== 0 ? 15 : 0;
  }

  /** What else than a context's key says how EL1&0 translates: TCR_EL1, MAIR_EL1, SCTLR_EL1.WXN; of stage 2, VTCR_EL2, PTW, FWB. */
  #configurationOf(stage2: boolean): number {
    const { i32, system } = this;
    const tcr = system + Word.TCR_EL1;
    const mair = system + Word.MAIR_EL1;
    return this.#configurations.find(
      i32[tcr]!,
      i32[tcr + 1]!,
      i32[mair]!,
      i32[mair + 1]!,
      i32[system + Word.SCTLR_EL1]! & Sctlr.WXN,
      stage2 ? i32[system + Word.VTCR_EL2]! : 0,
      stage2 ? this.hcrLow & Hcr.PTW : 0,
      stage2 ? this.hcrHigh & Hcr.highFWB : 0,
    );
  }

  /** Drops all cached translations of one regime, in both security states: its control registers changed. */
  dropRegime(regime: number): void {
    this.tlbs.invalidateMatching(ContextKey.regimeMask, regime, -1);
  }

  /** Whether stores to RAM at an address may go there directly. */
  ramIsWritable(address: number, secure: boolean): boolean {
    const range = this.physical.ramAt(address, secure);
    return range !== undefined && range.writes === undefined;
  }

  /** Remembers that the page at `hostPage` has a write tag in the TLB set of virtual address `low`, in some context. */
  noteWriteTag(hostPage: number, low: number): void {
    this.physical.writeTags.note(hostPage, low);
  }

  /** Drops the write tags of the page at `hostPage` in linear memory on every PE: it holds code from now on. */
  dropWriteTags(hostPage: number): void {
    const { writeTags } = this.physical;
    const sets = writeTags.take(hostPage);
    if (sets === 0) return;
    for (const pe of this.peers) {
      if (sets < 0) pe.tlbs.dropWriteTags(hostPage, -1);
      else {
        pe.tlbs.dropWriteTags(hostPage, (sets & 0xffff) - 1);
        if (sets >>> 16 !== 0) pe.tlbs.dropWriteTags(hostPage, (sets >>> 16) - 1);
      }
    }
  }

  /** Drives an interrupt wire of the PE. */
  setInterrupt(name: InterruptName, level: boolean): void {
    this.driveInterrupt(Interrupt[name], level);
  }

  /** As {@link setInterrupt}, by its bit. */
  driveInterrupt(interrupt: number, level: boolean): void {
    const wires = level ? this.#wires | interrupt : this.#wires & ~interrupt;
    if (wires === this.#wires) return;
    this.#wires = wires;
    this.updateInterrupts();
  }

  /** Works out PeState.interruptsPending from the wires and HCR_EL2.{VF, VI, VSE}. */
  updateInterrupts(): void {
    let pending = this.#wires;
    if (this.el2Enabled) {
      const hcr = this.i32[this.system + Word.HCR_EL2]!;
      if (hcr & Hcr.VI) pending |= Interrupt.virq;
      if (hcr & Hcr.VF) pending |= Interrupt.vfiq;
      if (hcr & Hcr.VSE) pending |= Interrupt.vserror;
    }
    this.i32[this.w + word(PeState.interruptsPending)] = pending;
    if (pending !== 0 && this.waiting && this.wakes) this.#endWait();
  }

  /** Whether what is pending ends a WFI: masked or not, but virtual interrupts only where they can be taken at all (D1.6.2). */
  get wakes(): boolean {
    let waking = this.irqPending;
    if (waking === 0) return false;
    if (this.el > 1 || !this.el2Enabled || (this.hcrLow & Hcr.TGE) !== 0)
      waking &= Interrupt.irq | Interrupt.fiq | Interrupt.serror;
    else {
      if ((this.hcrLow & Hcr.IMO) === 0) waking &= ~Interrupt.virq;
      if ((this.hcrLow & Hcr.FMO) === 0) waking &= ~Interrupt.vfiq;
      if ((this.hcrLow & Hcr.AMO) === 0) waking &= ~Interrupt.vserror;
    }
    return waking !== 0;
  }

  /** Makes interrupts look as if none were pending, until {@link updateInterrupts}. */
  hideInterrupts(): void {
    this.i32[this.w + word(PeState.interruptsPending)] = 0;
  }

  /** Interrupts that are pending, bits of {@link Interrupt}. */
  get irqPending(): number {
    return this.i32[this.w + word(PeState.interruptsPending)]!;
  }

  /** An event (SEV, an event stream, a monitor cleared): wakes from WFE, or is remembered. */
  signalEvent(): void {
    if (this.waiting && this.waitingForEvent) this.#endWait();
    else this.i32[this.w + word(PeState.event)] = 1;
  }

  /** Works out what self-hosted debug has to watch for, after a debug register was written. */
  debugRegistersChanged(): void {
    const watching = anyWatchpoint(this);
    // Pages that are watched have no tags; which those are has changed.
    if (watching || this.watching) this.tlbs.invalidateAll();
    this.watching = watching;
    this.debugEvents = debugEventsOf(this);
  }

  /** Reads a register of the table by name as a debugger: no traps, no side effects, nothing redirected. */
  readSystemRegister(name: string): bigint {
    return debuggerRead(this, name);
  }

  /** Writes a register of the table by name, with everything that follows from it. */
  writeSystemRegister(name: string, value: bigint): void {
    debuggerWrite(this, name, value);
  }
}
