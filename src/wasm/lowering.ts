import {
  AccessFlag,
  type Call,
  loads,
  type Node,
  type OperandImplementation,
  operation,
  PeState,
  type Routine,
  reveal,
  type Statement,
  stores,
  TlbEntry,
  type Type,
} from "../ir/index.js";
import { type Code, op, typeCode, voidBlock } from "./code.js";
import { pushTlbEntry } from "./look-ups.js";

/**
 * Turns semantics into WebAssembly instructions. What is common to all consumers is here; where operands, PE state,
 * memory checks and branches differ, subclasses say how. Template locals map to WebAssembly locals by `local`.
 */
export abstract class Lowering {
  /** Open blocks around the instructions being written: subclasses branch outwards relative to it. */
  protected depth = 0;
  /** Where in the code an `if` is whose arm is rarely run. */
  readonly unlikely: number[] = [];

  constructor(protected code: Code) {}

  /** WebAssembly local of the template's or routine's local `number`. */
  protected abstract local(number: number, type: Type): number;
  /** Pushes an X register (i64), or its low half (i32). */
  protected abstract readX(operand: OperandImplementation, type: Type): void;
  /** Writes an X register; `push` pushes an i64. */
  protected abstract writeX(operand: OperandImplementation, push: () => void): void;
  protected abstract readV(operand: OperandImplementation, plus: number): void;
  protected abstract writeV(operand: OperandImplementation, plus: number, push: () => void): void;
  protected abstract immediate(operand: OperandImplementation, type: Type): void;
  /** Pushes the PE's base address, for state accesses. */
  protected abstract peBase(): void;
  /** Pushes 1 or 0. */
  protected abstract condition(code: number | OperandImplementation): void;
  protected abstract flag(which: number): void;
  protected abstract pc(offset: number | OperandImplementation): void;
  protected abstract flags(s: Extract<Statement, { kind: "flags" | "nzcv" }>): void;
  protected abstract access(s: Extract<Statement, { kind: "access" }>): void;
  protected abstract checkStackAlignment(): void;
  protected abstract branch(s: Extract<Statement, { kind: "branch" | "branchTo" }>): void;
  protected abstract environment(s: Extract<Statement, { kind: "environment" }>): void;
  /** Index of the function that a routine was compiled to. Routines take the PE's base address first. */
  protected abstract routine(routine: Routine): number;
  /** Called after a statement that changed PE state directly. */
  protected wroteState(_offset: number): void {}

  get(local: number): void {
    this.code.u8(op.localGet).u32(local);
  }
  set(local: number): void {
    this.code.u8(op.localSet).u32(local);
  }
  tee(local: number): void {
    this.code.u8(op.localTee).u32(local);
  }
  i32(value: number): void {
    this.code.u8(op.i32Const).s32(value);
  }
  i64(value: number | bigint): void {
    this.code.u8(op.i64Const).s64(value);
  }
  /** Loads PE state at `offset`. */
  loadState(offset: number, type: Type): void {
    this.peBase();
    this.memory(typeLoad[type], offset);
  }
  /** Stores into PE state; `push` pushes the value. */
  storeState(offset: number, type: Type, push: () => void): void {
    this.peBase();
    push();
    this.memory(typeStore[type], offset);
  }
  private memory(o: { prefix: number; code: number }, offset: number): void {
    if (o.prefix !== 0) this.code.u8(o.prefix);
    this.code.u32(o.code);
    this.code.u8(0).u32(offset);
  }
  protected operationCode(name: string, lane = -1): void {
    const o = operation(name);
    if (o.prefix !== 0) this.code.u8(o.prefix);
    this.code.u32(o.code);
    if (o.lanes !== 0) this.code.u8(lane);
  }
  /** Opens a block; pairs with {@link close}. */
  protected open(kind: number, type: Type | undefined = undefined): void {
    this.code.u8(kind).u8(type === undefined ? voidBlock : typeCode[type]);
    this.depth++;
  }
  protected close(): void {
    this.code.u8(op.end);
    this.depth--;
  }
  /** Opens an `if` whose arm is rarely run: hosts that take branch hints put it out of the way. */
  protected openUnlikely(): void {
    this.unlikely.push(this.code.length);
    this.open(op.if);
  }

  /**
   * Pushes whether an access misses the TLB whose address `tlb` pushes (that of unprivileged accesses is known); the local
   * `entry` gets the address of its entry. See tlb-layout.ts.
   */
  protected probeTlb(s: Extract<Statement, { kind: "access" }>, entry: number, tlb: () => void): void {
    const { code } = this;
    const unprivileged = (s.flags & AccessFlag.unprivileged) !== 0;
    pushTlbEntry(
      code,
      () => this.value(s.address),
      unprivileged ? () => this.loadState(PeState.tlbUnprivileged, "i32") : tlb,
    );
    this.tee(entry);
    const tag = (s.flags & AccessFlag.write) !== 0 ? TlbEntry.write : TlbEntry.read;
    code.u8(op.i64Load).u8(3).u32(tag);
    this.value(s.address);
    if (s.size > 1) {
      this.i64(s.size - 1);
      code.u8(op.i64Add);
    }
    this.i64(-4096);
    code.u8(op.i64And).u8(op.i64Ne);
  }

  /** Sets local `host` to where an access that hit `entry` lies in linear memory. */
  protected hostOfHit(s: Extract<Statement, { kind: "access" }>, entry: number, host: number): void {
    this.value(s.address);
    this.code.u8(op.i32WrapI64);
    this.get(entry);
    this.code.u8(op.i32Load).u8(2).u32(TlbEntry.addend);
    this.code.u8(op.i32Add);
    this.set(host);
  }

  /** Pushes the value of `n`. */
  value(n: Node): void {
    const { code } = this;
    switch (n.kind) {
      case "operation":
        this.value(n.x!);
        if (n.y !== undefined) this.value(n.y);
        if (n.z !== undefined) this.value(n.z);
        this.operationCode(n.name, n.number);
        return;
      case "shuffle":
        this.value(n.x!);
        this.value(n.y!);
        code.u8(0xfd).u32(13).raw(n.bytes!);
        return;
      case "constant":
        if (n.bytes !== undefined) code.u8(0xfd).u32(12).raw(n.bytes);
        else if (n.type === "i32") this.i32(Number(n.value));
        else this.i64(n.value);
        return;
      case "immediate":
        this.immediate(reveal(n.operand!), n.type);
        return;
      case "x":
        this.readX(reveal(n.operand!), n.type);
        return;
      case "v":
        this.readV(reveal(n.operand!), n.number);
        return;
      case "local":
        this.get(this.local(n.number, n.type));
        return;
      case "state":
        this.loadState(n.number, n.type);
        return;
      case "load":
        this.value(n.x!);
        this.memory(loads[n.name as keyof typeof loads], n.number);
        return;
      case "select":
        this.value(n.x!);
        this.value(n.y!);
        this.value(n.z!);
        if (n.type === "v128") code.u8(0x1c).u8(1).u8(typeCode.v128);
        else code.u8(op.select);
        return;
      case "condition":
        this.condition(n.operand === undefined ? n.number : reveal(n.operand));
        return;
      case "flag":
        this.flag(n.number);
        return;
      case "pc":
        this.pc(n.operand === undefined ? n.number : reveal(n.operand));
        return;
    }
  }

  protected callRoutine(call: Call): void {
    this.peBase();
    for (const a of call.args) this.value(a);
    const index = this.routine(call.routine);
    this.code.u8(op.call).u32(index);
  }

  statements(list: readonly Statement[]): void {
    for (const s of list) this.statement(s);
  }

  statement(s: Statement): void {
    const { code } = this;
    switch (s.kind) {
      case "let":
        this.value(s.value);
        this.set(this.local(s.local, s.value.type));
        return;
      case "call":
        this.callRoutine(s.call);
        this.set(this.local(s.local, s.call.routine.result));
        return;
      case "writeX":
        this.writeX(reveal(s.operand), () => {
          this.value(s.value);
          if (s.value.type === "i32") code.u8(op.i64ExtendI32U);
        });
        return;
      case "writeV":
        this.writeV(reveal(s.operand), s.plus, () => this.value(s.value));
        return;
      case "flags":
      case "nzcv":
        this.flags(s);
        return;
      case "writeState":
        this.storeState(s.offset, s.value.type, () => this.value(s.value));
        this.wroteState(s.offset);
        return;
      case "access":
        this.access(s);
        return;
      case "store":
        this.value(s.host);
        this.value(s.value);
        this.memory(stores[s.name], s.offset);
        return;
      case "if":
        this.value(s.condition);
        if (s.unlikely) this.openUnlikely();
        else this.open(op.if);
        this.statements(s.taken);
        if (s.otherwise.length > 0) {
          code.u8(op.else);
          this.statements(s.otherwise);
        }
        this.close();
        return;
      case "while":
        this.open(op.block);
        this.open(op.loop);
        this.value(s.condition);
        code.u8(op.i32Eqz).u8(op.brIf).u32(1);
        this.statements(s.body);
        code.u8(op.br).u32(0);
        this.close();
        this.close();
        return;
      case "checkStackAlignment":
        this.checkStackAlignment();
        return;
      case "branch":
      case "branchTo":
        this.branch(s);
        return;
      case "environment":
        this.environment(s);
        return;
      case "return":
        this.value(s.value);
        code.u8(op.return);
        return;
    }
  }
}

const typeLoad = {
  i32: loads["i32.load"],
  i64: loads["i64.load"],
  f32: loads["f32.load"],
  f64: loads["f64.load"],
  v128: loads["v128.load"],
} as const;
const typeStore = {
  i32: stores["i32.store"],
  i64: stores["i64.store"],
  f32: stores["f32.store"],
  f64: stores["f64.store"],
  v128: stores["v128.store"],
} as const;
