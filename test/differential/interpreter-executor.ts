import { CodeCache } from "../../src/cpu/code-cache.js";
import { LinearMemory } from "../../src/cpu/linear-memory.js";
import { PhysicalMemory } from "../../src/cpu/physical-memory.js";
import { type Core as CoreFunctions, CoreModule, makeCoreModule, neverHot } from "../../src/interpreter/core-module.js";
import { Exit } from "../../src/interpreter/exit.js";
import { hotWords } from "../../src/interpreter/hot-words.js";
import type { MachineCalls } from "../../src/interpreter/machine-calls.js";
import { makeColdTable, OperationNumbers } from "../../src/interpreter/operations.js";
import { warmWords } from "../../src/interpreter/warm-words.js";
import { EnvironmentOperation, jumpCacheSize, PeState, TlbEntry, tlbEntries, tlbSize } from "../../src/ir/index.js";
import type { InstructionTable } from "../../src/isa/table.js";
import { silentLog } from "../../src/ports/index.js";
import { RoutineLibrary } from "../../src/wasm/routines.js";
import type { Core } from "./cores.js";
import type { Executor } from "./executor.js";
import {
  type Case,
  codeAddress,
  codeSlots,
  codeStride,
  dataAddress,
  dataBytes,
  type Ending,
  type Result,
} from "./machine-state.js";
import { alignedAccess, loadState, saveState } from "./reference-executor.js";

const pe = 0x1_0000;
const tlb = 0x2_0000;
export const jumpCache = tlb + tlbSize;
const ramBase = 0x10_0000;
const ramBytes = codeSlots * codeStride;
const dataHost = ramBase + ramBytes;
const codePages = ramBytes / 4096;
const recordsBase = 0x100_0000;

/** Runs cases on the generated interpreter: no translation, one page of data and the cases' code. */
export class InterpreterExecutor implements Executor {
  readonly name: string = "interpreter";
  protected readonly memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024 });
  protected readonly linear = new LinearMemory(this.memory.buffer);
  protected readonly core: CoreFunctions;
  protected readonly codeCache: CodeCache;
  protected readonly routines = new RoutineLibrary(this.memory);
  protected readonly regionTable = new WebAssembly.Table({ element: "anyfunc", initial: 4096 });
  protected readonly calls: MachineCalls;
  private ending: Ending = "end";

  constructor(table: InstructionTable, features: Core, hot: readonly number[] = hotWords) {
    const { routines, memory, regionTable } = this;
    const calls: MachineCalls = {
      access: (_pe: number, descriptor: number) => this.access(descriptor),
      environment: (_pe: number, operation: number) => {
        if (operation === EnvironmentOperation.stackAlignment) this.ending = "bus error";
        else this.ending = operation === EnvironmentOperation.undefined ? "undefined" : "unsupported";
        return 1;
      },
      fetch: () => Exit.fetch,
      decode: (_pe: number, record: number) => this.codeCache.decode(record, calls),
    };
    this.calls = calls;
    const { fused } = routines;
    const facts = { features: features.features, hotThreshold: neverHot, observed: false, fused };
    const module = CoreModule.compile(makeCoreModule({ ...facts, table, hotWords: hot }));
    const coldTable = makeColdTable();
    const core = module.instantiate({ memory, calls, coldTable, regionTable });
    this.core = core.core;
    routines.adopt(core.exports);
    const numbers = new OperationNumbers(table, features.features, core, coldTable, warmWords, memory, routines);
    const physical = new PhysicalMemory(this.linear, silentLog);
    physical.addRam({ name: "code", base: codeAddress, size: ramBytes, host: ramBase, direct: true });
    const nothing = (): void => {};
    const owner = {
      becameCode: nothing,
      droppedCode: (page: number) => this.untag(page * 4096),
      changedCode: (page: number) => {
        this.changed(page);
        return true;
      },
      droppedAll: nothing,
    };
    this.codeCache = new CodeCache(
      this.linear,
      physical,
      table,
      features.features,
      numbers,
      owner,
      recordsBase,
      codePages,
      0,
    );
    this.linear.u8.fill(0xff, tlb, tlb + tlbSize);
    this.linear.u8.fill(0xff, jumpCache, jumpCache + jumpCacheSize);
    this.tag(dataAddress, [TlbEntry.read, TlbEntry.write], dataHost);
  }

  /** Decoded instructions of a page have changed. */
  protected changed(_page: number): void {}

  private untag(address: number): void {
    const entry = tlb + ((address / 4096) & (tlbEntries - 1)) * TlbEntry.size;
    this.linear.view.setBigInt64(entry + TlbEntry.execute, -1n, true);
  }

  /** Makes the page that pc is in executable; false when pc isn't where code may be. */
  protected fetch(): boolean {
    const pc = Number(this.linear.view.getBigUint64(pe + PeState.pc, true));
    if (pc % 4 !== 0 || pc < codeAddress || pc >= codeAddress + ramBytes) return false;
    const address = pc - (pc % 4096);
    const entry = this.tag(address, [TlbEntry.execute], ramBase + address - codeAddress);
    this.linear.view.setInt32(entry + TlbEntry.records, this.codeCache.records(address / 4096, address / 4096), true);
    return true;
  }

  private tag(address: number, offsets: readonly number[], host: number): number {
    const entry = tlb + ((address / 4096) & (tlbEntries - 1)) * TlbEntry.size;
    for (const o of offsets) this.linear.view.setBigUint64(entry + o, BigInt(address), true);
    this.linear.view.setInt32(entry + TlbEntry.addend, host - address, true);
    return entry;
  }

  /** An access that isn't in the TLB: outside the data, or unaligned where the kind of access demands alignment. */
  private access(descriptor: number): number {
    const size = descriptor & 0xff;
    const address = this.linear.view.getBigUint64(pe + PeState.argument, true);
    if ((descriptor & alignedAccess) !== 0 && address % BigInt(size) !== 0n) {
      this.ending = "bus error";
      return 0;
    }
    const offset = address - BigInt(dataAddress);
    if (offset >= 0n && offset + BigInt(size) <= BigInt(dataBytes)) return dataHost + Number(offset);
    this.ending = "fault";
    return 0;
  }

  run(cases: readonly Case[]): Result[] {
    return cases.map((c) => this.runCase(c));
  }

  private runCase(c: Case): Result {
    const { view, u8 } = this.linear;
    loadState(view, pe, c);
    view.setInt32(pe + PeState.spAlignmentMask, 15, true);
    view.setInt32(pe + PeState.tlb, tlb, true);
    view.setInt32(pe + PeState.tlbUnprivileged, tlb, true);
    view.setInt32(pe + PeState.jumpCache, jumpCache, true);
    u8.set(c.state.data, dataHost);
    const host = ramBase + Number(c.state.pc) - codeAddress;
    for (let i = 0; i < codeStride; i += 4) {
      // After the code: a branch to itself, which uses up the budget.
      const word = c.code[i / 4] ?? 0x1400_0000;
      if (view.getUint32(host + i, true) === word) continue;
      view.setUint32(host + i, word, true);
      this.codeCache.written(Number(c.state.pc) + i, 4);
    }
    this.ending = "end";
    const end = c.state.pc + BigInt(4 * c.code.length);
    view.setInt32(pe + PeState.budget, 10_000, true);
    let exit = this.execute(pe, c);
    while (exit === Exit.fetch && this.fetch()) exit = this.execute(pe, c);
    const data = u8.subarray(dataHost, dataHost + dataBytes);
    const state = saveState(view, pe, data);
    if (exit === Exit.redirect) return { ending: this.ending, state };
    if (exit === Exit.fetch) return { ending: "fault", state };
    if (exit !== Exit.budget) throw new Error(`unexpected exit ${exit}`);
    return { ending: state.pc === end ? "end" : state.pc > end ? "fault" : "timeout", state };
  }

  /** Runs the PE and says why it stopped. */
  protected execute(base: number, _case: Case): number {
    return this.core.interpret(base);
  }
}
