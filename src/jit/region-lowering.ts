import { Exit } from "../interpreter/exit.js";
import {
  AccessFlag,
  environmentOperation,
  indirectBranchType,
  invalidTag,
  type Node,
  type OperandImplementation,
  PeState,
  type Routine,
  reveal,
  type Statement,
  slotSink,
  slotSp,
  slotZero,
  TlbEntry,
  type Type,
} from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import { type Code, op, voidBlock } from "../wasm/code.js";
import { pushJumpCacheEntry } from "../wasm/look-ups.js";
import { Lowering } from "../wasm/lowering.js";
import { type Block, type ControlFlow, comesBack } from "./control-flow.js";
import { dynamicFlags, FlagsAt, type FlagsState, flagsAt, flagsKind } from "./fusion.js";
import type { Loop } from "./loops.js";
import { onlyAccess, type PageCaches, planPageCaches } from "./page-caches.js";
import { type Placement, placeBlocks } from "./placement.js";
import { hasArms, type RegionFacts, type Registers } from "./region-facts.js";

/** Indices of functions that regions call. */
export interface RegionImports {
  /** The region itself. */
  readonly self: number;
  readonly dispatch: number;
  readonly resume: number;
  readonly landing: number;
  readonly environment: number;
  readonly routines: ReadonlyMap<Routine, number>;
  /** The table of regions, and their type. */
  readonly regions: number;
  readonly regionType: number;
}

/** Calls between regions nest at most this deep; beyond, a call leaves the region for good. */
export const callDepthLimit = 120;

/**
 * What an empty page cache holds: the address of a page that no translation regime has, as bit 55 differs from those below
 * it (D8.1.3), so that no access lies within a page's length from it. The TLB's invalid tag, -1, is near addresses in use.
 */
const noPage = 0x0080_0000_0000_0000n;

interface Label {
  readonly block: Block;
  /** Of a loop: where control comes back from. */
  readonly tails: ReadonlySet<Block> | undefined;
  /** Nesting inside the label's own block. */
  readonly depth: number;
}

/**
 * Compiles a region's control-flow graph to one function: PE base address in, exit code out.
 *
 * X and V registers that the region uses are locals: those that are needed are loaded on entry, and again after a call;
 * those that changed are stored where control leaves. Rarely taken ways out (TLB misses, used-up budget) and plain exits share one epilogue, to which they say where
 * (`where`: bytes from the entry), how (`how`: an exit code, or dispatch), how many instructions of the block didn't
 * retire (`unretired`), and what kind of flags are pending (`flagsKindLocal`).
 */
export class RegionLowering extends Lowering {
  private readonly types: Type[] = [];
  private readonly x: Int32Array = new Int32Array(34).fill(-1);
  private readonly v: Int32Array = new Int32Array(32).fill(-1);
  private readonly pcBase: number;
  private readonly budget: number;
  private readonly tlb: number;
  private readonly where: number;
  private readonly how: number;
  private readonly unretired: number;
  private readonly flagsKindLocal: number;
  private readonly a64: number;
  private readonly b64: number;
  private readonly a32: number;
  private readonly b32: number;
  private readonly scratch64: number;
  private readonly pool: { [type in Type]: number[] } = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  private readonly used: { [type in Type]: number } = { i32: 0, i64: 0, f32: 0, f64: 0, v128: 0 };
  private mapped: number[] = [];
  private labels: Label[] = [];

  // What is known at the point of emission.
  private block!: Block;
  private instruction!: Instruction;
  /** Number of the instruction in its block, and its offset from the region's entry. */
  private position = 0;
  private offset = 0;
  private flagsState: FlagsState = FlagsAt.memory;
  private spAligned = false;
  /** X registers whose local may be newer than PE state. */
  private dirtyX = 0;
  private dirtyV = 0;
  /** Registers whose local holds their value; the others are in PE state only. */
  private validX = 0;
  private validV = 0;
  private readonly placement: Placement;
  private readonly pageCaches: PageCaches;
  /** Locals of each page cache: tags (-1 when a tag isn't asked for) and addend. */
  private readonly cacheLocals: readonly { readonly read: number; readonly write: number; readonly addend: number }[];
  /** Values of this instruction's locals that are SP plus a multiple of 16. */
  private readonly alignedLocals = new Set<number>();

  constructor(
    code: Code,
    private readonly flow: ControlFlow,
    private readonly facts: RegionFacts,
    private readonly imports: RegionImports,
  ) {
    super(code);
    this.pcBase = this.newLocal("i64");
    this.budget = this.newLocal("i32");
    this.tlb = this.newLocal("i32");
    this.where = this.newLocal("i32");
    this.how = this.newLocal("i32");
    this.unretired = this.newLocal("i32");
    this.flagsKindLocal = this.newLocal("i32");
    this.a64 = this.newLocal("i64");
    this.b64 = this.newLocal("i64");
    this.a32 = this.newLocal("i32");
    this.b32 = this.newLocal("i32");
    this.scratch64 = this.newLocal("i64");
    for (let r = 0; r < 32; r++) if (facts.x & (1 << r)) this.x[r] = this.newLocal("i64");
    for (let r = 0; r < 32; r++) if (facts.v & (1 << r)) this.v[r] = this.newLocal("v128");
    this.placement = placeBlocks(flow);
    this.pageCaches = planPageCaches(flow);
    this.cacheLocals = this.pageCaches.caches.map(({ read, write }) => ({
      read: read ? this.newLocal("i64") : -1,
      write: write ? this.newLocal("i64") : -1,
      addend: this.newLocal("i32"),
    }));
  }

  private newLocal(type: Type): number {
    return this.types.push(type);
  }

  /**
   * Code that must look at the alignment of every access (stage 1 off, SCTLR_ELx.A) is the interpreter's. A region finds that out when it
   * is entered, but for one without loops that may get by without an access, as an exception vector that branches: those look
   * where accesses begin.
   */
  private get checksAlignmentByBlock(): boolean {
    const { blocks } = this.flow;
    return !accessesMemory(blocks[0]!) && !blocks.some((b) => b.loopHeader);
  }

  /** Types of the function's locals beyond its parameter. */
  get localTypes(): readonly Type[] {
    return this.types;
  }

  /** Writes the function's body, final `end` included. */
  emit(): void {
    const { code, facts } = this;
    if (facts.simd) {
      this.loadState(PeState.fpTrap, "i32");
      this.refuseEntry();
    }
    if (facts.memory && !this.checksAlignmentByBlock) {
      this.loadState(PeState.alignmentCheck, "i32");
      this.refuseEntry();
    }
    if (facts.stack) {
      this.loadState(PeState.sp, "i32");
      this.i32(15);
      code.u8(op.i32And);
      this.refuseEntry();
    }
    const entry = this.flow.blocks[0]!;
    this.loadState(PeState.budget, "i32");
    this.tee(this.budget);
    this.i32(entry.longestPath);
    code.u8(op.i32LtS);
    this.refuseEntry();
    this.loadState(PeState.pc, "i64");
    this.set(this.pcBase);
    if (facts.memory) {
      this.loadState(PeState.tlb, "i32");
      this.set(this.tlb);
    }
    this.reload(facts.neededIn.get(entry)!);
    this.forgetPages();
    this.open(op.block); // the epilogue follows this block
    this.open(op.block); // and before it, stores of all registers that the region writes
    this.tree(entry);
    this.close();
    this.spill(facts.xWritten, facts.vWritten);
    this.close();
    this.epilogue();
    code.u8(op.end);
  }

  /** Leaves at once for the interpreter when the i32 on the stack isn't 0. */
  private refuseEntry(): void {
    this.openUnlikely();
    this.i32(Exit.interpret);
    this.code.u8(op.return);
    this.close();
  }

  private reload(needed: Registers): void {
    this.fill(needed.x, needed.v);
    this.dirtyX = 0;
    this.dirtyV = 0;
  }

  private fill(xs: number, vs: number): void {
    for (let r = 0; r < 32; r++) {
      if (!(xs & (1 << r))) continue;
      this.loadState(PeState.x + 8 * r, "i64");
      this.set(this.x[r]!);
    }
    for (let r = 0; r < 32; r++) {
      if (!(vs & (1 << r))) continue;
      this.loadState(PeState.v + 16 * r, "v128");
      this.set(this.v[r]!);
    }
  }

  private spill(xs: number, vs: number): void {
    for (let r = 0; r < 32; r++) {
      if (xs & (1 << r)) this.storeState(PeState.x + 8 * r, "i64", () => this.get(this.x[r]!));
      if (vs & (1 << r)) this.storeState(PeState.v + 16 * r, "v128", () => this.get(this.v[r]!));
    }
  }

  private epilogue(): void {
    const { code, facts } = this;
    if (facts.flagsWritten) this.materializeDynamic();
    this.storeState(PeState.pc, "i64", () => {
      this.get(this.pcBase);
      this.get(this.where);
      code.u8(0xac).u8(op.i64Add);
    });
    this.storeState(PeState.budget, "i32", () => {
      this.get(this.budget);
      this.get(this.unretired);
      code.u8(op.i32Add);
    });
    this.get(this.how);
    this.open(op.if);
    this.get(this.how);
    code.u8(op.return);
    this.close();
    this.get(0);
    code.u8(op.returnCall).u32(this.imports.dispatch);
  }

  // ---- structure, as planned by placement.ts

  private tree(block: Block): void {
    this.loops(block, this.placement.loopsAt(block));
  }

  /** A block, what it dominates, and the loops around that. */
  private loops(block: Block, [loop, ...inner]: readonly Loop[]): void {
    if (loop === undefined) {
      this.within(block);
      return;
    }
    this.blocksBefore(this.placement.behind(loop), () => {
      this.open(op.loop);
      this.labels.push({ block, tails: loop.tails, depth: this.depth });
      this.loops(block, inner);
      this.labels.pop();
      this.close();
      this.code.u8(op.unreachable);
    });
  }

  private within(block: Block): void {
    this.blocksBefore(this.placement.inside(block), () => this.content(block));
  }

  /** Code, and behind it blocks that it reaches by `br`; each of them reaches those that follow. */
  private blocksBefore(blocks: readonly Block[], content: () => void): void {
    for (const block of blocks.toReversed()) {
      this.open(op.block);
      this.labels.push({ block, tails: undefined, depth: this.depth });
    }
    content();
    for (const block of blocks) {
      this.labels.pop();
      this.close();
      this.tree(block);
    }
  }

  /** Goes to a block of the region; the code after it isn't reached. */
  private goTo(from: Block, to: Block): void {
    const target = this.facts.flagsIn.get(to)!;
    if (target === dynamicFlags && this.flagsState !== dynamicFlags) {
      this.i32(this.flagsState);
      this.set(this.flagsKindLocal);
    }
    if (this.placement.hasLabel(to) || to.order <= from.order) {
      this.code.u8(op.br).u32(this.labelOf(from, to));
      return;
    }
    const saved = this.save();
    this.tree(to);
    this.restore(saved);
  }

  /** What `br` takes to go to a block that has a label. */
  private labelOf(from: Block, to: Block): number {
    const back = to.order <= from.order;
    const label = this.labels.findLast((l) => l.block === to && (back ? l.tails?.has(from) : l.tails === undefined));
    return this.depth - label!.depth;
  }

  private save(): {
    flags: FlagsState;
    sp: boolean;
    x: number;
    v: number;
    validX: number;
    validV: number;
    block: Block;
    offset: number;
    position: number;
  } {
    return {
      flags: this.flagsState,
      sp: this.spAligned,
      x: this.dirtyX,
      v: this.dirtyV,
      validX: this.validX,
      validV: this.validV,
      block: this.block,
      offset: this.offset,
      position: this.position,
    };
  }

  private restore(s: ReturnType<RegionLowering["save"]>): void {
    this.flagsState = s.flags;
    this.spAligned = s.sp;
    this.dirtyX = s.x;
    this.dirtyV = s.v;
    this.validX = s.validX;
    this.validV = s.validV;
    this.block = s.block;
    this.offset = s.offset;
    this.position = s.position;
  }

  private content(block: Block): void {
    const { code } = this;
    this.block = block;
    this.flagsState = this.facts.flagsIn.get(block)!;
    this.spAligned = this.facts.spAlignedIn.get(block)!;
    this.dirtyX = this.facts.dirtyIn.get(block)!.x;
    this.dirtyV = this.facts.dirtyIn.get(block)!.v;
    this.validX = this.facts.validIn.get(block)!.x;
    this.validV = this.facts.validIn.get(block)!.v;
    this.position = 0;
    this.offset = block.start;
    if (block.loopHeader) {
      this.get(this.budget);
      this.i32(block.longestPath);
      code.u8(op.i32LtS);
      this.openUnlikely();
      this.leave(Exit.interpret, 0, block.start);
      this.close();
    }
    if (this.checksAlignmentByBlock && accessesMemory(block) && !dominatedByAccess(block)) {
      this.loadState(PeState.alignmentCheck, "i32");
      this.open(op.if);
      this.leave(Exit.interpret, 0, block.start);
      this.close();
    }
    if (block.instructions.length > 0) {
      this.get(this.budget);
      this.i32(block.instructions.length);
      code.u8(op.i32Sub);
      this.set(this.budget);
    }
    for (const instruction of block.instructions) {
      this.startInstruction(instruction);
      const { branch } = instruction.template;
      if (branch?.kind === "branchTo" && branch.purpose !== "return") {
        this.storeState(PeState.argument, "i64", () => this.pc(0));
        this.storeState(PeState.btype, "i32", () => this.i32(indirectBranchType(branch.purpose)));
      }
      this.statements(instruction.template.body);
      this.offset += 4;
      this.position++;
    }
    const t = block.terminator;
    if (t.kind === "fall") this.continueAt(block, t.next);
    else if (t.kind === "stop") code.u8(op.unreachable);
    else if (t.kind === "conditional") this.continueAt(block, t.next);
  }

  private startInstruction(instruction: Instruction): void {
    this.instruction = instruction;
    this.mapped = [];
    this.alignedLocals.clear();
    for (const t of Object.keys(this.used) as Type[]) this.used[t] = 0;
  }

  /** Goes to the code at `offset`: a block of this region, or out. */
  private continueAt(from: Block, offset: number): void {
    const to = from.successors.find((s) => s.start === offset);
    if (to !== undefined) this.goTo(from, to);
    else this.leave(Exit.lookup, 0, offset);
  }

  /** Goes to the epilogue. `unretired`: instructions of this block that the budget was charged for too early. */
  private leave(how: number, unretired: number, offset: number): void {
    const { code } = this;
    this.i32(offset);
    this.set(this.where);
    // Locals start as zero, and these are only set on ways out.
    if (how !== 0) {
      this.i32(how);
      this.set(this.how);
    }
    if (unretired !== 0) {
      this.i32(unretired);
      this.set(this.unretired);
    }
    if (this.facts.flagsWritten && this.flagsState !== dynamicFlags) {
      this.i32(this.flagsState);
      this.set(this.flagsKindLocal);
    }
    // The epilogue's stores are right for registers in their locals. Of the rest there are few, or few that changed.
    const staleX = this.facts.xWritten & ~this.validX;
    const staleV = this.facts.vWritten & ~this.validV;
    const stale = bitCount(staleX) + bitCount(staleV);
    if (stale > 0 && bitCount(this.dirtyX) + bitCount(this.dirtyV) <= stale) {
      this.spill(this.dirtyX, this.dirtyV);
      code.u8(op.br).u32(this.depth - 1);
      return;
    }
    this.fill(staleX, staleV);
    code.u8(op.br).u32(this.depth - 2);
  }

  /** Leaves for the interpreter, which executes this instruction. */
  private leaveHere(): void {
    this.leave(Exit.interpret, this.block.instructions.length - this.position, this.offset);
  }

  // ---- operands

  private operand(o: OperandImplementation): number | bigint {
    return this.instruction.values[o.index]!;
  }
  protected local(number: number, type: Type): number {
    let local = this.mapped[number];
    if (local === undefined) {
      local = this.allocate(type);
      this.mapped[number] = local;
    }
    return local;
  }
  private allocate(type: Type): number {
    const pool = this.pool[type];
    const k = this.used[type]++;
    if (k === pool.length) pool.push(this.newLocal(type));
    return pool[k]!;
  }
  protected peBase(): void {
    this.get(0);
  }
  protected routine(r: Routine): number {
    return this.imports.routines.get(r)!;
  }
  protected readX(o: OperandImplementation, type: Type): void {
    const slot = Number(this.operand(o));
    if (slot === slotZero) {
      if (type === "i64") this.i64(0);
      else this.i32(0);
      return;
    }
    this.get(this.x[slot]!);
    if (type === "i32") this.code.u8(op.i32WrapI64);
  }
  protected writeX(o: OperandImplementation, push: () => void): void {
    const slot = Number(this.operand(o));
    if (slot === slotSink) return;
    push();
    this.set(this.x[slot]!);
    this.dirtyX |= 1 << slot;
    this.validX |= 1 << slot;
  }
  protected readV(o: OperandImplementation, plus: number): void {
    this.get(this.v[(Number(this.operand(o)) + plus) & 31]!);
  }
  protected writeV(o: OperandImplementation, plus: number, push: () => void): void {
    const r = (Number(this.operand(o)) + plus) & 31;
    push();
    this.set(this.v[r]!);
    this.dirtyV |= 1 << r;
    this.validV |= 1 << r;
  }
  protected immediate(o: OperandImplementation, type: Type): void {
    const value = this.operand(o);
    if (type === "i64") this.i64(value);
    else this.i32(typeof value === "bigint" ? Number(BigInt.asIntN(32, value)) : value | 0);
  }
  protected pc(offset: number | OperandImplementation): void {
    const distance = this.offset + (typeof offset === "number" ? offset : Number(this.operand(offset)));
    this.get(this.pcBase);
    if (distance !== 0) {
      this.i64(distance);
      this.code.u8(op.i64Add);
    }
  }

  /** Constants known while translating make some operations disappear. */
  override value(n: Node): void {
    if (n.kind === "operation" && n.y !== undefined && n.z === undefined) {
      const name = n.name.slice(4);
      if (neutralZeroRight.has(name) && this.isZero(n.y)) {
        this.value(n.x!);
        return;
      }
      if (neutralZeroLeft.has(name) && this.isZero(n.x!)) {
        this.value(n.y);
        return;
      }
    }
    super.value(n);
  }
  private isZero(n: Node): boolean {
    if (n.kind === "immediate") {
      const value = this.operand(reveal(n.operand!));
      return value === 0 || value === 0n;
    }
    return n.kind === "x" && this.operand(reveal(n.operand!)) === slotZero;
  }

  override statement(s: Statement): void {
    if (s.kind === "if" || s.kind === "while") {
      this.arms(s);
      return;
    }
    if (s.kind === "writeX" && Number(this.operand(reveal(s.operand))) === slotSp) {
      const aligned = this.isAligned(s.value);
      super.statement(s);
      this.spAligned &&= aligned;
      return;
    }
    if (s.kind === "let" && this.isAligned(s.value)) this.alignedLocals.add(s.local);
    super.statement(s);
  }

  /** What an arm does to what is known holds only if it ran: afterwards, the weaker of before and after is known. */
  private arms(s: Extract<Statement, { kind: "if" | "while" }>): void {
    const setsFlags = this.instruction.template.writesFlags && hasArms(this.instruction);
    if (s.kind === "while" || (!setsFlags && s.otherwise.length === 0)) {
      const before = this.save();
      super.statement(s);
      this.join(before);
      return;
    }
    // Where arms set flags, each puts them into PE state; an arm that sets none leaves what was pending before.
    this.value(s.condition);
    const before = this.save();
    this.open(op.if);
    this.statements(s.taken);
    if (setsFlags) this.settleFlags();
    this.join(before);
    const between = this.save();
    this.restore(before);
    this.code.u8(op.else);
    this.statements(s.otherwise);
    if (setsFlags) this.settleFlags();
    this.close();
    this.join(between);
    if (setsFlags) this.flagsState = FlagsAt.memory;
  }

  private join(before: ReturnType<RegionLowering["save"]>): void {
    this.flagsState = before.flags;
    this.spAligned &&= before.sp;
    this.dirtyX |= before.x;
    this.dirtyV |= before.v;
    this.validX &= before.validX;
    this.validV &= before.validV;
  }

  /** Whether a value surely is a multiple of 16, given that SP is when `spAligned` says so. */
  private isAligned(n: Node): boolean {
    switch (n.kind) {
      case "x":
        return this.spAligned && this.operand(reveal(n.operand!)) === slotSp;
      case "local":
        return this.alignedLocals.has(n.number);
      case "constant":
        return n.bytes === undefined && BigInt(n.value) % 16n === 0n;
      case "immediate":
        return BigInt(this.operand(reveal(n.operand!))) % 16n === 0n;
      case "operation":
        if (n.name === "i64.add" || n.name === "i64.sub") return this.isAligned(n.x!) && this.isAligned(n.y!);
        if (n.name === "i64.and") return this.isAligned(n.x!) || this.isAligned(n.y!);
        return false;
      default:
        return false;
    }
  }

  protected checkStackAlignment(): void {
    if (this.spAligned) return;
    this.get(this.x[slotSp]!);
    this.code.u8(op.i32WrapI64);
    this.i32(15);
    this.code.u8(op.i32And);
    this.openUnlikely();
    this.leaveHere();
    this.close();
    this.spAligned = true;
  }

  // ---- flags

  protected flags(s: Extract<Statement, { kind: "flags" | "nzcv" }>): void {
    const { code } = this;
    if (s.kind === "nzcv") {
      const negated = (n: Node) => (): void => {
        this.i32(0);
        this.value(n);
        code.u8(op.i32Sub);
      };
      this.storeState(PeState.flagN, "i32", negated(s.n));
      this.storeState(PeState.flagZ, "i32", () => {
        this.value(s.z);
        code.u8(op.i32Eqz);
      });
      this.storeState(PeState.flagC, "i32", () => this.value(s.c));
      this.storeState(PeState.flagV, "i32", negated(s.v));
      this.flagsState = FlagsAt.memory;
      return;
    }
    const wide = s.width === 64;
    if (s.how === "logic") {
      this.value(s.result);
      this.set(wide ? this.a64 : this.a32);
    } else {
      this.value(s.a);
      this.set(wide ? this.a64 : this.a32);
      this.value(s.b);
      this.set(wide ? this.b64 : this.b32);
    }
    this.flagsState = flagsAt(s.how, s.width);
  }

  /** Pushes the result whose flags are pending. */
  private pendingResult(how: string, wide: boolean): void {
    this.get(wide ? this.a64 : this.a32);
    if (how === "logic") return;
    this.get(wide ? this.b64 : this.b32);
    if (how === "add") this.code.u8(wide ? op.i64Add : op.i32Add);
    else this.code.u8(wide ? 0x7d : op.i32Sub);
  }

  /** Stores pending flags of a known kind into PE state. */
  private storeFlags(at: FlagsAt): void {
    const { code } = this;
    if (at === FlagsAt.memory) return;
    const { how, wide } = flagsKind(at);
    const result = wide ? this.scratch64 : this.allocate("i32");
    const a = wide ? this.a64 : this.a32;
    const b = wide ? this.b64 : this.b32;
    this.pendingResult(how, wide);
    this.set(result);
    const high = (push: () => void) => (): void => {
      push();
      if (wide) {
        this.i64(32);
        code.u8(op.i64ShrU).u8(op.i32WrapI64);
      }
    };
    this.storeState(
      PeState.flagN,
      "i32",
      high(() => this.get(result)),
    );
    this.storeState(PeState.flagZ, "i32", () => {
      this.get(result);
      if (wide) {
        this.i64(0);
        code.u8(op.i64Ne);
      }
    });
    this.storeState(PeState.flagC, "i32", () => {
      if (how === "logic") this.i32(0);
      else {
        this.get(how === "sub" ? a : result);
        this.get(how === "sub" ? b : a);
        if (how === "sub") code.u8(wide ? op.i64GeU : op.i32GeU);
        else code.u8(wide ? op.i64LtU : op.i32LtU);
      }
    });
    const xor = wide ? op.i64Xor : op.i32Xor;
    this.storeState(PeState.flagV, "i32", () => {
      if (how === "logic") this.i32(0);
      else {
        high(() => {
          this.get(a);
          this.get(how === "sub" ? b : result);
          code.u8(xor);
          this.get(how === "sub" ? a : b);
          this.get(result);
          code.u8(xor).u8(wide ? op.i64And : op.i32And);
        })();
      }
    });
  }

  /** Stores pending flags of the kind that `flagsKindLocal` says. */
  private materializeDynamic(): void {
    const { code } = this;
    const kinds = [...this.facts.flagKinds].filter((k) => k !== FlagsAt.memory).sort((p, q) => p - q);
    if (kinds.length === 0) return;
    this.open(op.block);
    for (const _ of kinds) this.open(op.block);
    this.get(this.flagsKindLocal);
    code.u8(op.brTable).u32(FlagsAt.logic32 + 1);
    for (let k = 0; k <= FlagsAt.logic32; k++) {
      const i = (kinds as FlagsAt[]).indexOf(k as FlagsAt);
      code.u32(i < 0 ? kinds.length : i);
    }
    code.u32(kinds.length);
    kinds.forEach((k, i) => {
      this.close();
      this.storeFlags(k);
      code.u8(op.br).u32(kinds.length - 1 - i);
    });
    this.close();
  }

  /** Puts the flags into PE state, whatever they are now. */
  private settleFlags(): void {
    if (this.flagsState === dynamicFlags) this.materializeDynamic();
    else this.storeFlags(this.flagsState);
    this.flagsState = FlagsAt.memory;
  }

  protected flag(which: number): void {
    if (this.flagsState !== dynamicFlags && this.flagsState !== FlagsAt.memory) {
      // N, Z, C, V are the conditions MI, EQ, CS, VS.
      if (which !== 3 && this.fusedCondition([4, 0, 2][which]!, this.flagsState)) return;
    }
    this.settleFlags();
    this.loadState(PeState.flagN + 4 * which, "i32");
    if (which === 1) this.code.u8(op.i32Eqz);
    else if (which !== 2) {
      this.i32(31);
      this.code.u8(op.i32ShrU);
    }
  }

  protected condition(given: number | OperandImplementation): void {
    const cc = typeof given === "number" ? given : Number(this.operand(given));
    if (cc >= 14) {
      this.i32(1);
      return;
    }
    if (this.flagsState !== dynamicFlags && this.flagsState !== FlagsAt.memory) {
      if (this.fusedCondition(cc, this.flagsState)) return;
    }
    this.settleFlags();
    this.storedCondition(cc);
  }

  /** A condition straight from the inputs of what set the flags; false when it takes the flags themselves. */
  private fusedCondition(cc: number, at: FlagsAt): boolean {
    const { code } = this;
    const { how, wide } = flagsKind(at);
    const a = wide ? this.a64 : this.a32;
    const b = wide ? this.b64 : this.b32;
    const inverted = cc & 1;
    const base = cc >> 1;
    const zero = (): void => (wide ? this.i64(0) : this.i32(0));
    const operation = (opcodes32: readonly [number, number]): void => {
      code.u8(opcodes32[inverted]! + (wide ? op.i64Eq - op.i32Eq : 0));
    };
    if (how === "sub") {
      const compare = subtractConditions[base];
      if (compare !== undefined) {
        this.get(a);
        this.get(b);
        operation(compare);
        return true;
      }
    }
    if (base === 0 || base === 2) {
      this.pendingResult(how, wide);
      zero();
      operation(base === 0 ? [op.i32Eq, op.i32Ne] : [op.i32LtS, op.i32GeS]);
      return true;
    }
    if (how === "logic") {
      // C and V are 0.
      if (base === 1 || base === 3) this.i32(inverted);
      else if (base === 4) this.i32(inverted);
      else {
        this.get(a);
        zero();
        operation(base === 5 ? [op.i32GeS, op.i32LtS] : [op.i32GtS, op.i32LeS]);
      }
      return true;
    }
    if (how === "add" && base === 1) {
      this.pendingResult(how, wide);
      this.get(a);
      operation([op.i32LtU, op.i32GeU]);
      return true;
    }
    return false;
  }

  /** A condition from the flag words in PE state. */
  private storedCondition(cc: number): void {
    const { code } = this;
    const word = (i: number): void => this.loadState(PeState.flagN + 4 * i, "i32");
    const notZero = (): void => {
      word(1);
      this.i32(0);
      code.u8(op.i32Ne);
    };
    const greaterOrEqual = (): void => {
      word(0);
      word(3);
      code.u8(op.i32Xor);
      this.i32(-1);
      code.u8(op.i32GtS);
    };
    switch (cc >> 1) {
      case 0:
        word(1);
        code.u8(op.i32Eqz);
        break;
      case 1:
        word(2);
        break;
      case 2:
        word(0);
        this.i32(31);
        code.u8(op.i32ShrU);
        break;
      case 3:
        word(3);
        this.i32(31);
        code.u8(op.i32ShrU);
        break;
      case 4:
        word(2);
        notZero();
        code.u8(op.i32And);
        break;
      case 5:
        greaterOrEqual();
        break;
      case 6:
        greaterOrEqual();
        notZero();
        code.u8(op.i32And);
        break;
    }
    if (cc & 1) code.u8(op.i32Eqz);
  }

  // ---- memory

  protected access(s: Extract<Statement, { kind: "access" }>): void {
    const host = this.local(s.local, "i32");
    const entry = this.allocate("i32");
    const use = this.pageCaches.use(this.block, this.position);
    if (use === undefined || onlyAccess(this.instruction) !== s) {
      this.probeOrLeave(s, entry);
      this.hostOfHit(s, entry, host);
      return;
    }
    const locals = this.cacheLocals[use.cache]!;
    const { code } = this;
    if (use.mode === "check") {
      // An access that crosses the page's end is the TLB's.
      this.value(s.address);
      this.get((s.flags & AccessFlag.write) !== 0 ? locals.write : locals.read);
      code.u8(op.i64Sub);
      this.i64(4096 - s.size);
      code.u8(op.i64GtU);
      this.openUnlikely();
    }
    this.probeOrLeave(s, entry);
    for (const [tag, offset] of [
      [locals.read, TlbEntry.read],
      [locals.write, TlbEntry.write],
    ] as const) {
      if (tag < 0) continue;
      this.get(entry);
      code.u8(op.i64Load).u8(3).u32(offset);
      this.set(tag);
      this.i64(noPage);
      this.get(tag);
      this.get(tag);
      this.i64(invalidTag);
      code.u8(op.i64Eq).u8(op.select);
      this.set(tag);
    }
    this.get(entry);
    code.u8(op.i32Load).u8(2).u32(TlbEntry.addend);
    this.set(locals.addend);
    if (use.mode === "check") this.close();
    this.value(s.address);
    code.u8(op.i32WrapI64);
    this.get(locals.addend);
    code.u8(op.i32Add);
    this.set(host);
  }

  /** Empties the page caches: before the first access, and after anything that may change the TLB. */
  private forgetPages(): void {
    for (const { read, write } of this.cacheLocals) {
      for (const tag of [read, write]) {
        if (tag < 0) continue;
        this.i64(noPage);
        this.set(tag);
      }
    }
  }

  /** Looks an access up in the TLB: local `entry` gets its entry's address. A miss leaves the region. */
  private probeOrLeave(s: Extract<Statement, { kind: "access" }>, entry: number): void {
    const { code } = this;
    this.probeTlb(s, entry, () => this.get(this.tlb));
    if ((s.flags & 0x1c00) !== 0 && s.size > 1) {
      this.value(s.address);
      code.u8(op.i32WrapI64);
      this.i32(s.size - 1);
      code.u8(op.i32And).u8(op.i32Or);
    }
    this.openUnlikely();
    this.leaveHere();
    this.close();
  }

  // ---- control

  protected branch(s: Extract<Statement, { kind: "branch" | "branchTo" }>): void {
    const { code, block } = this;
    const t = block.terminator;
    if (s.kind === "branch") {
      const target = this.offset + Number(this.operand(reveal(s.target)));
      if (s.condition !== undefined) {
        this.value(s.condition);
        code.u8(op.if).u8(voidBlock);
        this.depth++;
        const saved = this.save();
        this.continueAt(block, target);
        this.restore(saved);
        this.close();
      } else if (s.purpose === "call" && t.kind === "call") {
        this.call(() => this.pc(Number(this.operand(reveal(s.target)))));
      } else this.continueAt(block, target);
      return;
    }
    if (t.kind === "inlined return") {
      this.continueAt(block, t.next);
      return;
    }
    if (t.kind === "call") {
      const target = this.allocate("i64");
      this.value(s.target);
      this.set(target);
      this.lookWhereItLands(target, 1);
      this.enterLeaf(target);
      this.call(() => this.get(target));
      return;
    }
    if (t.kind === "indirect" && block.successors.length > 0) {
      const target = this.allocate("i64");
      this.value(s.target);
      this.set(target);
      this.lookWhereItLands(target, 0);
      this.tableJump(target);
      this.leaveTo(() => this.get(target));
    } else if (t.kind === "indirect") {
      const target = this.allocate("i64");
      this.value(s.target);
      this.set(target);
      this.lookWhereItLands(target, 0);
      this.leaveTo(() => this.get(target));
    } else this.leaveTo(() => this.value(s.target));
    if (t.kind === "return") {
      this.i32(Exit.lookup);
      code.u8(op.return);
    } else {
      this.get(0);
      code.u8(op.returnCall).u32(this.imports.dispatch);
    }
  }

  /** Goes to the leaf function that was inlined for a BLR and has the address in `target`, if there is one. */
  private enterLeaf(target: number): void {
    for (const leaf of this.block.successors) {
      if (comesBack(this.block, leaf)) continue;
      this.get(target);
      this.get(this.pcBase);
      this.i64(leaf.start);
      this.code.u8(op.i64Add).u8(op.i64Eq);
      this.open(op.if);
      this.storeState(PeState.btype, "i32", () => this.i32(0));
      const saved = this.save();
      this.goTo(this.block, leaf);
      this.restore(saved);
      this.close();
    }
  }

  /** Goes to the successor at the address in `target`, if there is one there. */
  private tableJump(target: number): void {
    const { code, block } = this;
    const starts = block.successors.map((s) => s.start);
    const first = Math.min(...starts);
    const count = (Math.max(...starts) - first) / 4 + 1;
    const index = this.allocate("i64");
    this.get(target);
    this.get(this.pcBase);
    code.u8(0x7d); // i64.sub
    this.i64(first);
    code.u8(0x7d);
    this.i64(2);
    code.u8(0x8a); // i64.rotr
    this.tee(index);
    this.i64(count);
    code.u8(op.i64LtU);
    this.open(op.if);
    // The machine isn't asked where this branch lands, and BTYPE is 0 after the instruction there.
    this.storeState(PeState.btype, "i32", () => this.i32(0));
    const dynamic = block.successors.some((s) => this.facts.flagsIn.get(s) === dynamicFlags);
    if (dynamic && this.flagsState !== dynamicFlags) {
      this.i32(this.flagsState);
      this.set(this.flagsKindLocal);
    }
    this.get(index);
    code.u8(op.i32WrapI64);
    code.u8(op.brTable).u32(count);
    for (let i = 0; i <= count; i++) {
      const to = block.successors.find((s) => s.start === first + 4 * i);
      code.u32(to === undefined ? 0 : this.labelOf(block, to));
    }
    this.close();
  }

  /** Stores everything for other code to see, with a pc that `push` pushes. All of the block's instructions retired. */
  private leaveTo(push: () => void): void {
    this.settleFlags();
    this.storeState(PeState.pc, "i64", push);
    this.storeState(PeState.budget, "i32", () => this.get(this.budget));
    this.spill(this.dirtyX, this.dirtyV);
    this.dirtyX = 0;
    this.dirtyV = 0;
  }

  /** With guarded pages about (FEAT_BTI): unless the target surely expects the branch, the machine looks. */
  private lookWhereItLands(target: number, call: 0 | 1): void {
    this.loadState(PeState.guardedPages, "i32");
    this.openUnlikely();
    this.get(0);
    this.get(target);
    this.i32(call);
    this.code.u8(op.call).u32(this.imports.landing).u8(op.i32Eqz);
    this.open(op.if);
    const saved = this.save();
    this.leaveTo(() => this.get(target));
    this.i32(Exit.attention);
    this.code.u8(op.return);
    this.close();
    this.close();
    this.restore(saved);
  }

  /** BL, BLR: the callee runs as a nested call; when it comes back to where it should, the region goes on. */
  private call(push: () => void): void {
    const { code, block } = this;
    const t = block.terminator as Extract<Block["terminator"], { kind: "call" }>;
    const to = block.successors.find((s) => s.start === t.next && comesBack(block, s));
    this.leaveTo(push);
    if (to === undefined) {
      this.get(0);
      code.u8(op.returnCall).u32(this.imports.dispatch);
      return;
    }
    const depth = this.allocate("i32");
    const exit = this.allocate("i32");
    this.loadState(PeState.depth, "i32");
    this.tee(depth);
    this.i32(callDepthLimit);
    code.u8(op.i32GeS);
    this.openUnlikely();
    this.get(0);
    code.u8(op.returnCall).u32(this.imports.dispatch);
    this.close();
    this.storeState(PeState.depth, "i32", () => {
      this.get(depth);
      this.i32(1);
      code.u8(op.i32Add);
    });
    if (t.target === 0) {
      // A region that calls itself is there, by the same mapping.
      this.get(0);
      code.u8(op.call).u32(this.imports.self);
      this.set(exit);
    } else this.callRegion(push, t.target === undefined, exit);
    this.get(exit);
    this.loadState(PeState.pc, "i64");
    this.pc(4);
    code.u8(op.i64Ne).u8(op.i32Or);
    this.openUnlikely();
    this.get(0);
    this.pc(4);
    this.get(exit);
    code.u8(op.call).u32(this.imports.resume);
    this.tee(exit);
    this.open(op.if);
    this.storeState(PeState.depth, "i32", () => this.get(depth));
    this.get(exit);
    code.u8(op.return);
    this.close();
    this.close();
    this.storeState(PeState.depth, "i32", () => this.get(depth));
    this.reload(this.facts.neededIn.get(to)!);
    this.forgetPages();
    this.loadState(PeState.budget, "i32");
    this.tee(this.budget);
    this.i32(to.longestPath);
    code.u8(op.i32LtS);
    this.openUnlikely();
    this.i32(Exit.interpret);
    code.u8(op.return);
    this.close();
    this.flagsState = FlagsAt.memory;
    this.spAligned = false;
    this.goTo(block, to);
  }

  /**
   * Calls the region at the address that `push` pushes, as the dispatcher would; its exit code goes to `exit`. Here, where a
   * processor learns what this call calls.
   */
  private callRegion(push: () => void, indirect: boolean, exit: number): void {
    const { code } = this;
    const entry = this.allocate("i32");
    const target = this.allocate("i64");
    push();
    this.tee(target);
    code.u8(op.i32WrapI64);
    this.set(entry);
    pushJumpCacheEntry(code, 0, entry);
    this.tee(entry);
    code.u8(op.i64Load).u8(3).u32(0);
    this.get(target);
    code.u8(op.i64Ne);
    this.openUnlikely();
    this.get(0);
    code.u8(op.call).u32(this.imports.dispatch);
    this.set(exit);
    code.u8(op.else);
    if (indirect) this.storeState(PeState.btype, "i32", () => this.i32(0));
    this.get(0);
    this.get(entry);
    code.u8(op.i32Load).u8(2).u32(8);
    code.u8(op.callIndirect).u32(this.imports.regionType).u32(this.imports.regions);
    this.set(exit);
    this.close();
  }

  protected environment(s: Extract<Statement, { kind: "environment" }>): void {
    const { code, block } = this;
    const status = this.allocate("i32");
    if (s.value !== undefined) this.storeState(PeState.argument, "i64", () => this.value(s.value!));
    this.settleFlags();
    this.spill(this.dirtyX, this.dirtyV);
    this.dirtyX = 0;
    this.dirtyV = 0;
    this.storeState(PeState.pc, "i64", () => this.pc(0));
    const unretired = block.instructions.length - this.position;
    this.storeState(PeState.budget, "i32", () => {
      this.get(this.budget);
      this.i32(unretired);
      code.u8(op.i32Add);
    });
    this.get(0);
    this.i32(environmentOperation(s.name));
    this.value(s.argument);
    code.u8(op.call).u32(this.imports.environment);
    this.tee(status);
    this.openUnlikely();
    this.storeState(PeState.budget, "i32", () => {
      this.get(this.budget);
      this.i32(unretired - 1);
      code.u8(op.i32Add);
    });
    this.get(status);
    this.i32(1);
    code.u8(op.i32Eq);
    this.open(op.if);
    this.i32(Exit.redirect);
    code.u8(op.return);
    this.close();
    this.storeState(PeState.pc, "i64", () => this.pc(4));
    this.i32(Exit.attention);
    this.i32(Exit.wait);
    this.get(status);
    this.i32(2);
    code.u8(op.i32Eq).u8(op.select).u8(op.return);
    this.close();
    this.flagsState = FlagsAt.memory;
    this.forgetPages();
    if (s.local !== undefined) {
      this.loadState(PeState.argument, "i64");
      this.set(this.local(s.local, "i64"));
    }
    if (block.terminator.kind === "stop" && this.position === block.instructions.length - 1) {
      // The machine let it pass (WFE with an event...): the rest is another region's.
      this.storeState(PeState.budget, "i32", () => {
        this.get(this.budget);
        this.i32(unretired - 1);
        code.u8(op.i32Add);
      });
      this.storeState(PeState.pc, "i64", () => this.pc(4));
      this.i32(Exit.lookup);
      code.u8(op.return);
    }
  }
}

function accessesMemory(block: Block): boolean {
  return block.instructions.some((i) => i.template.accessesMemory);
}

/** Whether memory was accessed on every way to a block. The entry is its own dominator. */
function dominatedByAccess(block: Block): boolean {
  const { immediateDominator } = block;
  if (immediateDominator === undefined || immediateDominator === block) return false;
  return accessesMemory(immediateDominator) || dominatedByAccess(immediateDominator);
}

function bitCount(mask: number): number {
  let count = 0;
  for (let m = mask; m !== 0; m &= m - 1) count++;
  return count;
}

const neutralZeroRight: ReadonlySet<string> = new Set(["add", "sub", "or", "xor", "shl", "shr_u", "shr_s", "rotr"]);
const neutralZeroLeft: ReadonlySet<string> = new Set(["add", "or", "xor"]);

/** For EQ, CS, HI, GE, GT after a subtraction: the comparison of a with b, and its inverse. i32 opcodes. */
const subtractConditions: { readonly [base: number]: readonly [number, number] } = {
  0: [op.i32Eq, op.i32Ne],
  1: [op.i32GeU, op.i32LtU],
  4: [op.i32GtU, op.i32LeU],
  5: [op.i32GeS, op.i32LtS],
  6: [op.i32GtS, op.i32LeS],
};
