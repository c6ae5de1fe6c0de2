import { type BranchKind, PeState, TlbEntry, type Type } from "../ir/index.js";
import type { Template } from "../isa/template.js";
import { Code, op, typeCode, voidBlock } from "../wasm/code.js";
import { pushJumpCacheEntry, pushTlbEntry } from "../wasm/look-ups.js";
import type { ModuleBuilder } from "../wasm/module.js";
import { arrival } from "./arrival.js";
import { coldSignature } from "./cold-operations.js";
import { Exit } from "./exit.js";
import { type InterpreterImports, type InterpreterLocals, InterpreterLowering } from "./interpreter-lowering.js";
import { firstHotOperation, RecordLayout, recordsPerPage } from "./record.js";

/**
 * How many instructions may pass between two looks at the budget: straight-line code to the end of a page. With less
 * budget than this left, the exact variant of the interpreter runs, which looks after every instruction.
 */
export const straightLineLimit = recordsPerPage;

/** (pe) to exit code. */
const peToCode = { parameters: ["i32"] as Type[], results: ["i32"] as Type[] };

/** Declares and defines {@link landingCheck}, and exports it as "landing"; gives its index. */
export function defineLanding(module: ModuleBuilder): number {
  const landing = module.declare(landingSignature);
  module.define(landing, ["i32", "i32"], landingCheck());
  module.exportFunction("landing", landing);
  return landing;
}

/** Defines and exports the dispatcher, both variants of the interpreter, and the loops around them (see Core in core-module.ts). */
export function defineInterpreter(module: ModuleBuilder, context: MainContext, regions: number): void {
  const mainSignature = { parameters: ["i32", "i32"] as Type[], results: ["i32"] as Type[] };
  const fast = module.declare(mainSignature);
  const exact = module.declare(mainSignature);
  const dispatch = module.declare(peToCode);
  const resume = module.declare({ parameters: ["i32", "i64", "i32"], results: ["i32"] });
  const run = module.declare(peToCode);
  const interpret = module.declare(peToCode);
  const stale = module.declare(peToCode);
  defineMain(module, fast, context, false);
  defineMain(module, exact, context, true);
  module.define(dispatch, ["i32"], dispatcher(regions, module.type(peToCode), stale));
  module.define(resume, ["i32"], resumeLoop(fast, exact, dispatch, context.fetch));
  module.define(run, ["i32"], runLoop(dispatch, resume));
  module.define(interpret, ["i32", "i32"], interpretLoop(fast, exact));
  const { types, code } = arrival(regions, module.type(peToCode));
  module.define(stale, types, code);
  module.exportFunction("resume", resume);
  module.exportFunction("stale", stale);
  module.exportFunction("run", run);
  module.exportFunction("interpret", interpret);
  module.exportFunction("step", exact);
  module.exportFunction("dispatch", dispatch);
}

/** Looks up pc in the jump cache and tail-calls the region, or `stale` when it isn't there. Its local 1 is scratch. */
function dispatcher(regions: number, type: number, stale: number): Code {
  const c = new Code();
  const pe = 0;
  const entry = 1;
  c.u8(op.localGet).u32(pe).u8(op.i32Load).u8(2).u32(PeState.pc).u8(op.localSet).u32(entry);
  pushJumpCacheEntry(c, pe, entry);
  c.u8(op.localTee).u32(entry);
  c.u8(op.i64Load).u8(3).u32(0);
  c.u8(op.localGet).u32(pe).u8(op.i64Load).u8(3).u32(PeState.pc).u8(op.i64Ne);
  c.u8(op.if).u8(voidBlock).u8(op.localGet).u32(pe).u8(op.returnCall).u32(stale).u8(op.end);
  c.u8(op.localGet).u32(pe).u8(op.i32Const).s32(0).u8(op.i32Store).u8(2).u32(PeState.btype);
  c.u8(op.localGet).u32(pe);
  c.u8(op.localGet).u32(entry).u8(op.i32Load).u8(2).u32(8);
  c.u8(op.returnCallIndirect).u32(type).u32(regions);
  c.u8(op.end);
  return c;
}

/** (pe, target, whether BLR) to 1 or 0. */
export const landingSignature = { parameters: ["i32", "i64", "i32"] as Type[], results: ["i32"] as Type[] };

/**
 * Whether the instruction at an indirect branch's target, if it is in the execute TLB, is one that accepts the branch in any
 * page (FEAT_BTI): BTI c and jc, PACIASP and PACIBSP for BLR; BTI j and jc for BR. What else is allowed, the machine knows.
 */
function landingCheck(): Code {
  const c = new Code();
  const [pe, target, call, entry, word] = [0, 1, 2, 3, 4];
  const get = (local: number): Code => c.u8(op.localGet).u32(local);
  const k32 = (v: number): Code => c.u8(op.i32Const).s32(v);
  pushTlbEntry(
    c,
    () => get(target),
    () => get(pe).u8(op.i32Load).u8(2).u32(PeState.tlb),
  );
  c.u8(op.localTee).u32(entry);
  c.u8(op.i64Load).u8(3).u32(TlbEntry.execute);
  get(target).u8(op.i64Const).s64(-4093).u8(op.i64And).u8(op.i64Ne).u8(op.if).u8(voidBlock);
  k32(0).u8(op.return).u8(op.end);
  get(target).u8(op.i32WrapI64);
  get(entry).u8(op.i32Load).u8(2).u32(TlbEntry.addend).u8(op.i32Add);
  c.u8(op.i32Load).u8(2).u32(0).u8(op.localSet).u32(word);
  const isAny = (words: readonly number[]): void => {
    words.forEach((w, i) => {
      get(word);
      k32(w).u8(op.i32Eq);
      if (i > 0) c.u8(op.i32Or);
    });
  };
  get(call).u8(op.if).u8(typeCode.i32);
  isAny([0xd503_245f, 0xd503_24df, 0xd503_233f, 0xd503_237f]);
  c.u8(op.else);
  isAny([0xd503_249f, 0xd503_24df]);
  return c.u8(op.end).u8(op.end);
}

/** Calls whichever interpreter the budget asks for; leaves its exit code in local `exit`. */
function interpreterCall(c: Code, fast: number, exact: number, exit: number, arrived: number): void {
  const pe = 0;
  const get = (local: number): Code => c.u8(op.localGet).u32(local);
  const set = (local: number): Code => c.u8(op.localSet).u32(local);
  const k32 = (v: number): Code => c.u8(op.i32Const).s32(v);
  /** Adds the budget to the count of interpreted instructions, or takes it away: before and after, what is left was used. */
  const count = (how: number): void => {
    get(pe);
    get(pe).u8(op.i32Load).u8(2).u32(PeState.interpreted);
    get(pe).u8(op.i32Load).u8(2).u32(PeState.budget).u8(how).u8(op.i32Store).u8(2).u32(PeState.interpreted);
  };
  count(op.i32Add);
  c.u8(op.block).u8(voidBlock);
  get(pe).u8(op.i32Load).u8(2).u32(PeState.budget);
  k32(straightLineLimit).u8(op.i32GtS).u8(op.if).u8(voidBlock);
  get(pe);
  get(arrived).u8(op.call).u32(fast);
  set(exit);
  get(exit);
  k32(Exit.budget).u8(op.i32Ne).u8(op.brIf).u32(1);
  k32(0);
  set(arrived).u8(op.end);
  get(pe);
  get(arrived).u8(op.call).u32(exact);
  set(exit).u8(op.end);
  count(op.i32Sub);
}

/** Runs the PE in the interpreters alone. */
function interpretLoop(fast: number, exact: number): Code {
  const c = new Code();
  interpreterCall(c, fast, exact, 1, 2);
  return c.u8(op.localGet).u32(1).u8(op.end);
}

/** Runs the PE until something needs the machine. Its local 1 is the exit code. */
function runLoop(dispatch: number, resume: number): Code {
  const c = new Code();
  const pe = 0;
  const exit = 1;
  c.u8(op.loop).u8(voidBlock);
  c.u8(op.localGet).u32(pe).u8(op.i64Const).s64(-1);
  c.u8(op.localGet).u32(pe).u8(op.call).u32(dispatch);
  c.u8(op.call).u32(resume).u8(op.localTee).u32(exit);
  // An exception was taken or returned from, and the machine has nothing else to do: all calls are left behind, and code goes on.
  c.u8(op.i32Const).s32(Exit.redirect).u8(op.i32Eq);
  c.u8(op.localGet).u32(pe).u8(op.i32Load).u8(2).u32(PeState.goesOn);
  c.u8(op.i32And).u8(op.brIf).u32(0).u8(op.end);
  return c.u8(op.localGet).u32(exit).u8(op.end);
}

/**
 * The loop around regions and the two interpreters: goes on after exit code `exit`, until control comes to address
 * `expected` by a return (0 is answered), or something needs the machine. Regions call it for a callee that no region is
 * there for, or that leaves for the interpreter, so that the calls they are nested in live on.
 *
 * The interpreter is told whether control arrived at pc by a branch that no region took (it then counts as heat). It
 * answers `lookup` for a pc that is hot: if the dispatcher doesn't know that one either, the machine is asked to compile.
 */
function resumeLoop(fast: number, exact: number, dispatch: number, fetch: number): Code {
  const c = new Code();
  const pe = 0;
  const expected = 1;
  const exit = 2;
  const arrived = 3;
  const get = (local: number): Code => c.u8(op.localGet).u32(local);
  const set = (local: number): Code => c.u8(op.localSet).u32(local);
  const k32 = (v: number): Code => c.u8(op.i32Const).s32(v);
  c.u8(op.loop).u8(voidBlock);
  // A return: to where it should, or else to wherever pc is.
  get(exit).u8(op.i32Eqz).u8(op.if).u8(voidBlock);
  get(pe).u8(op.i64Load).u8(3).u32(PeState.pc);
  get(expected).u8(op.i64Eq).u8(op.if).u8(voidBlock);
  k32(0).u8(op.return).u8(op.end);
  get(pe).u8(op.call).u32(dispatch);
  set(exit).u8(op.br).u32(1).u8(op.end);
  get(exit);
  k32(Exit.hot).u8(op.i32Ne);
  get(exit);
  k32(Exit.interpret).u8(op.i32Ne).u8(op.i32And).u8(op.if).u8(voidBlock);
  get(exit).u8(op.return).u8(op.end);
  get(exit);
  k32(Exit.hot).u8(op.i32Eq);
  set(arrived);
  interpreterCall(c, fast, exact, exit, arrived);
  get(exit).u8(op.i32Eqz).u8(op.if).u8(voidBlock);
  get(pe).u8(op.call).u32(dispatch);
  set(exit);
  get(exit);
  k32(Exit.hot).u8(op.i32Eq).u8(op.if).u8(voidBlock);
  k32(Exit.compile).u8(op.return).u8(op.end);
  c.u8(op.br).u32(1).u8(op.end);
  get(exit);
  k32(Exit.fetch).u8(op.i32Eq).u8(op.if).u8(voidBlock);
  get(pe).u8(op.call).u32(fetch);
  set(exit);
  get(exit).u8(op.if).u8(voidBlock);
  get(exit).u8(op.return).u8(op.end);
  get(pe).u8(op.call).u32(dispatch);
  set(exit).u8(op.br).u32(1).u8(op.end);
  get(exit);
  k32(Exit.returned).u8(op.i32Eq).u8(op.if).u8(voidBlock);
  k32(0);
  set(exit).u8(op.br).u32(1).u8(op.end);
  c.u8(op.end);
  get(exit).u8(op.end);
  return c;
}

/** What the interpreter is made of; numbers are indices in the module. */
export interface MainContext {
  readonly hot: readonly Template[];
  readonly imports: InterpreterImports;
  readonly fetch: number;
  readonly decode: number;
  /** Table of the functions of operations outside the main switch, by operation number - (firstHotOperation + hot.length). */
  readonly coldTable: number;
  /** Arrivals by branch after which `Exit.hot` is returned; `neverHot`: never. */
  readonly hotThreshold: number;
}

/** Locals of the main function: parameter 0 is the PE, the fixed ones follow, then a pool by type shared by all arms. */
class MainLocals implements InterpreterLocals {
  readonly pe = 0;
  /** Parameter: 1 when `target` was reached by a branch, and so gets warmer. */
  readonly arrived = 1;
  readonly record = 2;
  readonly delta = 3;
  readonly tlb = 4;
  readonly budget = 5;
  readonly blockStart = 6;
  readonly recordBase = 7;
  readonly target = 8;
  readonly entry = 9;
  readonly limit = 10;
  readonly types: Type[] = ["i32", "i64", "i32", "i32", "i32", "i32", "i64", "i32", "i32"];
  private readonly pool: { [type in Type]: number[] } = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  private readonly used: { [type in Type]: number } = { i32: 0, i64: 0, f32: 0, f64: 0, v128: 0 };

  allocate(type: Type): number {
    const pool = this.pool[type];
    const k = this.used[type]++;
    if (k === pool.length) pool.push(this.types.push(type) + 1);
    return pool[k]!;
  }
  /** A new arm starts: all pool locals are free. */
  release(): void {
    for (const t of Object.keys(this.used) as Type[]) this.used[t] = 0;
  }
}

/**
 * The main function: nested as
 *   loop lookup { ... loop dispatch { block taken { block cold { block arm n ... block arm 0 { br_table } } } } }
 * so that an arm falls out to the next instruction, and branches to `taken` (target record in `record`) or `lookup`
 * (target address in `target`).
 */
function defineMain(module: ModuleBuilder, index: number, context: MainContext, exact: boolean): void {
  const c = new Code(65536);
  const l = new MainLocals();
  const { hot } = context;
  const get = (local: number): Code => c.u8(op.localGet).u32(local);
  const set = (local: number): Code => c.u8(op.localSet).u32(local);
  const tee = (local: number): Code => c.u8(op.localTee).u32(local);
  const k32 = (v: number): Code => c.u8(op.i32Const).s32(v);
  const k64 = (v: number): Code => c.u8(op.i64Const).s64(v);
  const load = (offset: number, wide = false): Code =>
    get(l.pe)
      .u8(wide ? op.i64Load : op.i32Load)
      .u8(2)
      .u32(offset);
  /** Pushes budget minus what retired in this block before the current record. */
  const budgetSoFar = (): Code => {
    get(l.budget);
    get(l.record);
    get(l.blockStart).u8(op.i32Sub);
    k32(4);
    return c.u8(op.i32ShrU).u8(op.i32Sub);
  };
  const storePcOfRecord = (): void => {
    get(l.pe);
    get(l.record);
    k32(2).u8(op.i32ShrU).u8(op.i64ExtendI32U);
    get(l.delta).u8(op.i64Add).u8(op.i64Store).u8(3).u32(PeState.pc);
  };

  load(PeState.budget);
  set(l.budget);
  load(PeState.tlb);
  set(l.tlb);
  load(PeState.pc, true);
  set(l.target);
  c.u8(op.loop).u8(voidBlock); // lookup: `target` is the address to continue at, `budget` is up to date
  // The budget first: at a page end, or on the way in.
  get(l.budget);
  k32(exact ? 0 : straightLineLimit)
    .u8(op.i32LeS)
    .u8(op.if)
    .u8(voidBlock);
  get(l.pe);
  get(l.budget).u8(op.i32Store).u8(2).u32(PeState.budget);
  get(l.pe);
  get(l.target).u8(op.i64Store).u8(3).u32(PeState.pc);
  k32(Exit.budget).u8(op.return).u8(op.end);
  pushTlbEntry(
    c,
    () => get(l.target),
    () => get(l.tlb),
  );
  tee(l.entry).u8(op.i64Load).u8(3).u32(TlbEntry.execute);
  get(l.target);
  k64(-4093).u8(op.i64And).u8(op.i64Ne).u8(op.if).u8(voidBlock); // ~0xffc: a misaligned pc never matches
  get(l.pe);
  get(l.budget).u8(op.i32Store).u8(2).u32(PeState.budget);
  get(l.pe);
  get(l.target).u8(op.i64Store).u8(3).u32(PeState.pc);
  k32(Exit.fetch).u8(op.return).u8(op.end);
  get(l.pe);
  k32(0).u8(op.i32Store).u8(2).u32(PeState.btype);
  get(l.entry).u8(op.i32Load).u8(2).u32(TlbEntry.records);
  tee(l.recordBase);
  get(l.target).u8(op.i32WrapI64);
  k32(0xffc).u8(op.i32And);
  k32(2).u8(op.i32Shl).u8(op.i32Add);
  tee(l.record);
  set(l.blockStart);
  get(l.target);
  k64(-4096).u8(op.i64And);
  get(l.recordBase);
  k32(2).u8(op.i32ShrU).u8(op.i64ExtendI32U).u8(op.i64Sub);
  set(l.delta);
  const setLimit = (): void => {
    get(l.blockStart);
    get(l.budget);
    k32(4).u8(op.i32Shl).u8(op.i32Add);
    set(l.limit);
  };
  /** Control arrived at `record` by a branch: leaves when it is hot, or when the budget may not last. */
  const arrive = (): void => {
    get(l.record);
    get(l.record).u8(op.i32Load16U).u8(1).u32(RecordLayout.heat);
    k32(1).u8(op.i32Add);
    tee(l.entry).u8(op.i32Store16).u8(1).u32(RecordLayout.heat);
    get(l.entry);
    k32(context.hotThreshold).u8(op.i32GeU);
    get(l.budget);
    k32(exact ? 0 : straightLineLimit)
      .u8(op.i32LeS)
      .u8(op.i32Or)
      .u8(op.if)
      .u8(voidBlock);
    storePcOfRecord();
    get(l.pe);
    get(l.budget).u8(op.i32Store).u8(2).u32(PeState.budget);
    get(l.budget);
    k32(exact ? 0 : straightLineLimit)
      .u8(op.i32LeS)
      .u8(op.if)
      .u8(voidBlock);
    k32(Exit.budget).u8(op.return).u8(op.end);
    k32(Exit.lookup).u8(op.return).u8(op.end);
  };
  get(l.arrived).u8(op.if).u8(voidBlock);
  arrive();
  c.u8(op.end);
  if (exact) setLimit();
  c.u8(op.loop).u8(voidBlock); // dispatch
  if (exact) {
    get(l.record);
    get(l.limit).u8(op.i32Eq).u8(op.if).u8(voidBlock);
    storePcOfRecord();
    get(l.pe);
    k32(0).u8(op.i32Store).u8(2).u32(PeState.budget);
    k32(Exit.budget).u8(op.return).u8(op.end);
  }
  c.u8(op.block).u8(voidBlock); // next: an arm that is done leaves this block
  c.u8(op.block).u8(voidBlock); // taken
  c.u8(op.block).u8(voidBlock); // cold
  for (let i = hot.length - 1; i >= 0; i--) c.u8(op.block).u8(voidBlock);
  c.u8(op.block).u8(voidBlock); // page end
  c.u8(op.block).u8(voidBlock); // undecoded
  get(l.record).u8(op.i32Load16U).u8(1).u32(RecordLayout.operation);
  c.u8(op.brTable).u32(hot.length + 2);
  for (let i = 0; i < hot.length + 2; i++) c.u32(i);
  c.u32(hot.length + 2);
  c.u8(op.end);
  // Undecoded: pc tells the machine which word; then dispatch again. Enclosing: page end, arms, cold, taken, next, dispatch.
  storePcOfRecord();
  get(l.pe);
  get(l.record).u8(op.call).u32(context.decode).u8(op.drop);
  c.u8(op.br).u32(hot.length + 4);
  c.u8(op.end);
  // Page end: nothing retires here. Enclosing: arms, cold, taken, next, dispatch, lookup.
  budgetSoFar();
  set(l.budget);
  get(l.record);
  k32(2).u8(op.i32ShrU).u8(op.i64ExtendI32U);
  get(l.delta).u8(op.i64Add);
  set(l.target);
  k32(0);
  set(l.arrived);
  c.u8(op.br).u32(hot.length + 4);
  hot.forEach((template, i) => {
    c.u8(op.end);
    l.release();
    // Enclosing an arm: the arms after it, cold, taken, next, dispatch, lookup.
    const rest = hot.length - 1 - i;
    new HotLowering(c, template, l, context.imports, { taken: rest + 1, lookup: rest + 4 }).emit();
    if (
      template.branch === undefined ||
      (template.branch.kind === "branch" && template.branch.condition !== undefined)
    ) {
      c.u8(op.br).u32(rest + 2);
    }
  });
  c.u8(op.end); // cold: enclosing taken, next, dispatch, lookup
  get(l.pe);
  budgetSoFar().u8(op.i32Store).u8(2).u32(PeState.budget);
  get(l.pe);
  get(l.record);
  get(l.delta);
  get(l.record).u8(op.i32Load16U).u8(1).u32(RecordLayout.operation);
  k32(firstHotOperation + hot.length).u8(op.i32Sub);
  c.u8(op.callIndirect).u32(module.type(coldSignature)).u32(context.coldTable);
  tee(l.entry).u8(op.i32Eqz).u8(op.brIf).u32(1);
  get(l.entry);
  k32(1).u8(op.i32Eq).u8(op.if).u8(voidBlock);
  load(PeState.pc, true);
  set(l.target);
  budgetSoFar();
  k32(1).u8(op.i32Sub);
  set(l.budget);
  k32(1);
  set(l.arrived);
  c.u8(op.br).u32(4).u8(op.end);
  get(l.pe);
  budgetSoFar();
  get(l.entry);
  k32(1).u8(op.i32And).u8(op.i32Sub);
  c.u8(op.i32Store).u8(2).u32(PeState.budget);
  get(l.entry);
  k32(1).u8(op.i32ShrU);
  k32(1).u8(op.i32Sub).u8(op.return);
  c.u8(op.end); // taken: `record` is the target in this page; `budget` is up to date
  get(l.record);
  set(l.blockStart);
  arrive();
  if (exact) setLimit();
  c.u8(op.br).u32(1); // dispatch: enclosing next, dispatch
  c.u8(op.end); // next
  get(l.record);
  k32(RecordLayout.size).u8(op.i32Add);
  set(l.record);
  c.u8(op.br).u32(0);
  c.u8(op.end); // dispatch
  c.u8(op.unreachable).u8(op.end); // lookup
  c.u8(op.unreachable).u8(op.end);
  module.define(index, l.types, c);
}

/** An arm of the main function. */
class HotLowering extends InterpreterLowering {
  constructor(
    code: Code,
    template: Template,
    private readonly main: MainLocals,
    imports: InterpreterImports,
    private readonly depths: { readonly taken: number; readonly lookup: number },
  ) {
    super(code, template, main, imports);
  }
  protected tlb(): void {
    this.get(this.main.tlb);
  }
  private retire(count: 0 | 1): void {
    this.get(this.main.budget);
    this.get(this.main.record);
    this.get(this.main.blockStart);
    this.code.u8(op.i32Sub);
    this.i32(4);
    this.code.u8(op.i32ShrU).u8(op.i32Sub);
    if (count === 1) {
      this.i32(1);
      this.code.u8(op.i32Sub);
    }
  }
  protected prepareCall(): void {
    this.storePc();
    this.storeState(PeState.budget, "i32", () => this.retire(0));
  }
  protected leave(code: number, retired: boolean): void {
    this.storeState(PeState.budget, "i32", () => this.retire(retired ? 1 : 0));
    this.i32(code);
    this.code.u8(op.return);
  }
  protected jumpRelative(push: () => void): void {
    const { code, main } = this;
    const target = main.allocate("i32");
    this.retire(1);
    this.set(main.budget);
    // Four record bytes for each byte of code.
    push();
    this.i32(2);
    code.u8(op.i32Shl);
    this.get(main.record);
    code.u8(op.i32Add);
    this.tee(target);
    this.get(main.recordBase);
    code.u8(op.i32Sub);
    this.i32(1024 * RecordLayout.size);
    code.u8(op.i32LtU);
    this.open(op.if);
    this.get(target);
    this.set(main.record);
    code.u8(op.br).u32(this.depths.taken + this.depth);
    this.close();
    this.get(main.record);
    this.i32(2);
    code.u8(op.i32ShrU).u8(op.i64ExtendI32U);
    this.get(main.delta);
    code.u8(op.i64Add);
    push();
    code.u8(0xac); // i64.extend_i32_s
    code.u8(op.i64Add);
    this.set(main.target);
    this.lookup();
  }
  protected jumpTo(local: number, purpose: BranchKind): void {
    this.retire(1);
    this.set(this.main.budget);
    if (purpose !== "return") {
      this.arriveByBranch(purpose, local, () => {
        this.storeState(PeState.budget, "i32", () => this.get(this.main.budget));
        this.i32(Exit.attention);
        this.code.u8(op.return);
      });
    } else {
      // Inside a call that a region made: it may be the one that comes back.
      this.loadState(PeState.depth, "i32");
      this.open(op.if);
      this.storeState(PeState.pc, "i64", () => this.get(local));
      this.storeState(PeState.budget, "i32", () => this.get(this.main.budget));
      this.i32(Exit.returned);
      this.code.u8(op.return);
      this.close();
    }
    this.get(local);
    this.set(this.main.target);
    this.lookup();
  }
  private lookup(): void {
    this.i32(1);
    this.set(this.main.arrived);
    this.code.u8(op.br).u32(this.depths.lookup + this.depth);
  }
}
