import { environmentOperation } from "../ir/environment.js";
import {
  AccessFlag,
  accessAlignmentShift,
  type BranchKind,
  indirectBranchType,
  type OperandImplementation,
  PeState,
  type Routine,
  reveal,
  type Statement,
  type Type,
} from "../ir/index.js";
import type { Template } from "../isa/template.js";
import { type Code, op } from "../wasm/code.js";
import { Lowering } from "../wasm/lowering.js";
import { Exit } from "./exit.js";
import { type OperandPlace, operandPlaces } from "./record.js";

/** Indices of functions that interpreter code calls. */
export interface InterpreterImports {
  readonly access: number;
  readonly environment: number;
  /** (pe, target, whether BLR) to 1 when the instruction there surely expects the branch; absent where nobody asks often. */
  readonly landing?: number;
  readonly routines: ReadonlyMap<Routine, number>;
}

/** WebAssembly locals that every piece of interpreter code has. */
export interface InterpreterLocals {
  /** i32: the PE's base address. */
  readonly pe: number;
  /** i32: address of the current record. */
  readonly record: number;
  /** i64: pc minus a quarter of the record's address. */
  readonly delta: number;
  /** Gives a local of `type`; the same sequence of calls gives the same locals. */
  allocate(type: Type): number;
}

/** Translates one template into interpreter code: operands come from the record that `locals.record` points at. */
export abstract class InterpreterLowering extends Lowering {
  private readonly places: readonly OperandPlace[];
  private readonly mapped = new Map<number, number>();

  constructor(
    code: Code,
    protected readonly template: Template,
    protected readonly locals: InterpreterLocals,
    private readonly imports: InterpreterImports,
  ) {
    super(code);
    this.places = operandPlaces(template);
  }

  /** Writes the whole template. */
  emit(): void {
    if (this.template.definition.simd) {
      this.loadState(PeState.fpTrap, "i32");
      this.open(op.if);
      this.callEnvironment("fpTrap", () => this.i32(0));
      this.code.u8(op.drop);
      this.leave(Exit.redirect, true);
      this.close();
    }
    this.statements(this.template.body);
  }

  /** Pushes the address of the TLB that privileged (ordinary) accesses use. */
  protected abstract tlb(): void;
  /** Leaves with a code; `retired` tells whether this instruction counts. */
  protected abstract leave(code: number, retired: boolean): void;
  /** Continues at a distance that `push` pushes as i32 (bytes from this instruction). */
  protected abstract jumpRelative(push: () => void): void;
  /** Continues at the address in the i64 local. */
  protected abstract jumpTo(local: number, purpose: BranchKind): void;

  /**
   * Notes an indirect branch (FEAT_BTI): who finds where it lands in the execute TLB forgets the note, unless guarded pages are
   * about: then the machine looks where it lands.
   */
  protected arriveByBranch(purpose: BranchKind, target: number, leave: () => void): void {
    this.storeState(PeState.argument, "i64", () => this.pc(0));
    this.storeState(PeState.btype, "i32", () => this.i32(indirectBranchType(purpose)));
    this.loadState(PeState.guardedPages, "i32");
    this.open(op.if);
    const { landing } = this.imports;
    if (landing !== undefined) {
      this.peBase();
      this.get(target);
      this.i32(purpose === "call" ? 1 : 0);
      this.code.u8(op.call).u32(landing).u8(op.i32Eqz);
      this.open(op.if);
    }
    this.storeState(PeState.pc, "i64", () => this.get(target));
    leave();
    if (landing !== undefined) this.close();
    this.close();
  }

  protected local(number: number, type: Type): number {
    let index = this.mapped.get(number);
    if (index === undefined) {
      index = this.locals.allocate(type);
      this.mapped.set(number, index);
    }
    return index;
  }
  protected peBase(): void {
    this.get(this.locals.pe);
  }
  protected routine(r: Routine): number {
    return this.imports.routines.get(r)!;
  }
  private place(operand: OperandImplementation): OperandPlace {
    return this.places[operand.index]!;
  }
  private recordByte(offset: number): void {
    this.get(this.locals.record);
    this.code.u8(op.i32Load8U).u8(0).u32(offset);
  }
  private registerAddress(operand: OperandImplementation, shift: number, plus = 0): void {
    this.recordByte(this.place(operand).offset);
    if (plus !== 0) {
      this.i32(plus);
      this.code.u8(op.i32Add);
      this.i32(31);
      this.code.u8(op.i32And);
    }
    this.i32(shift);
    this.code.u8(op.i32Shl);
    this.peBase();
    this.code.u8(op.i32Add);
  }
  protected readX(operand: OperandImplementation, type: Type): void {
    this.registerAddress(operand, 3);
    if (type === "i64") this.code.u8(op.i64Load).u8(3).u32(PeState.x);
    else this.code.u8(op.i32Load).u8(2).u32(PeState.x);
  }
  protected writeX(operand: OperandImplementation, push: () => void): void {
    this.registerAddress(operand, 3);
    push();
    this.code.u8(op.i64Store).u8(3).u32(PeState.x);
  }
  protected readV(operand: OperandImplementation, plus: number): void {
    this.registerAddress(operand, 4, plus);
    this.code.u8(0xfd).u8(0).u8(0).u32(PeState.v);
  }
  protected writeV(operand: OperandImplementation, plus: number, push: () => void): void {
    this.registerAddress(operand, 4, plus);
    push();
    this.code.u8(0xfd).u8(11).u8(0).u32(PeState.v);
  }
  protected immediate(operand: OperandImplementation, type: Type): void {
    const { offset, bytes } = this.place(operand);
    this.get(this.locals.record);
    if (type === "i32") this.code.u8(bytes === 1 ? op.i32Load8U : op.i32Load);
    else this.code.u8(bytes === 8 ? op.i64Load : 0x34 /* i64.load32_s */);
    this.code.u8(0).u32(offset);
  }
  protected pc(offset: number | OperandImplementation): void {
    this.get(this.locals.record);
    this.i32(2);
    this.code.u8(op.i32ShrU).u8(op.i64ExtendI32U);
    this.get(this.locals.delta);
    this.code.u8(op.i64Add);
    if (typeof offset === "number") {
      if (offset === 0) return;
      this.i64(offset);
    } else this.immediate(offset, "i64");
    this.code.u8(op.i64Add);
  }

  // ---- flags: four words in PE state, see PeState

  private flagWord(index: number): void {
    this.loadState(PeState.flagN + 4 * index, "i32");
  }
  protected flag(which: number): void {
    this.flagWord(which);
    if (which === 1) this.code.u8(op.i32Eqz);
    else if (which !== 2) {
      this.i32(31);
      this.code.u8(op.i32ShrU);
    }
  }
  private zeroClear(): void {
    this.flagWord(1);
    this.i32(0);
    this.code.u8(op.i32Ne);
  }
  private signedGreaterOrEqual(): void {
    this.flagWord(0);
    this.flagWord(3);
    this.code.u8(op.i32Xor);
    this.i32(-1);
    this.code.u8(op.i32GtS);
  }
  /** Pushes the condition with the low bit clear. */
  private baseCondition(code: number): void {
    const base = code >> 1;
    if (base <= 3) this.flag([1, 2, 0, 3][base]!);
    else if (base === 4) this.flagWord(2);
    else if (base <= 6) this.signedGreaterOrEqual();
    else this.i32(1);
    if (base === 4 || base === 6) {
      this.zeroClear();
      this.code.u8(op.i32And);
    }
  }
  protected condition(code: number | OperandImplementation): void {
    if (typeof code === "number") {
      this.baseCondition(code);
      if ((code & 1) !== 0 && code < 14) this.code.u8(op.i32Eqz);
      return;
    }
    // A condition known only from the record: bit NZCV of a 16-bit truth table, one per condition.
    const table = conditionTables();
    for (let i = 0; i < 4; i++) {
      this.flag(i);
      if (i < 3) {
        this.i32(3 - i);
        this.code.u8(op.i32Shl);
      }
      if (i > 0) this.code.u8(op.i32Or);
    }
    const nzcv = this.locals.allocate("i32");
    this.set(nzcv);
    // Two conditions share a table up to inversion: select among eight by the record's condition.
    const { offset } = this.place(code);
    this.i32(table[0]!);
    for (let k = 1; k < 8; k++) {
      this.i32(table[k * 2]!);
      this.recordByte(offset);
      this.i32(2 * k);
      this.code.u8(op.i32LtU);
      this.code.u8(op.select);
    }
    this.get(nzcv);
    this.code.u8(op.i32ShrU);
    this.recordByte(offset);
    this.recordByte(offset);
    this.i32(14);
    this.code.u8(op.i32LtU).u8(op.i32And);
    this.code.u8(op.i32Xor);
    this.i32(1);
    this.code.u8(op.i32And);
  }
  protected flags(s: Extract<Statement, { kind: "flags" | "nzcv" }>): void {
    const { code } = this;
    if (s.kind === "nzcv") {
      const negated = (n: typeof s.n) => (): void => {
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
      return;
    }
    const wide = s.width === 64;
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
      high(() => this.value(s.result)),
    );
    this.storeState(PeState.flagZ, "i32", () => {
      this.value(s.result);
      if (wide) {
        this.i64(0);
        code.u8(op.i64Ne);
      }
    });
    if (s.how === "logic") {
      this.storeState(PeState.flagC, "i32", () => this.i32(0));
      this.storeState(PeState.flagV, "i32", () => this.i32(0));
      return;
    }
    this.storeState(PeState.flagC, "i32", () => {
      if (s.how === "sub") {
        this.value(s.a);
        this.value(s.b);
        code.u8(wide ? op.i64GeU : op.i32GeU);
      } else {
        this.value(s.result);
        this.value(s.a);
        code.u8(wide ? op.i64LtU : op.i32LtU);
      }
    });
    const xor = wide ? op.i64Xor : op.i32Xor;
    this.storeState(
      PeState.flagV,
      "i32",
      high(() => {
        // Overflow: the operands' signs allow it and the result's sign differs from a's.
        this.value(s.a);
        this.value(s.how === "sub" ? s.b : s.result);
        code.u8(xor);
        this.value(s.how === "sub" ? s.a : s.b);
        this.value(s.result);
        code.u8(xor).u8(wide ? op.i64And : op.i32And);
      }),
    );
  }

  // ---- memory

  protected access(s: Extract<Statement, { kind: "access" }>): void {
    const { code } = this;
    const host = this.local(s.local, "i32");
    const entry = this.locals.allocate("i32");
    this.probeTlb(s, entry, () => this.tlb());
    this.alignment(s);
    this.open(op.if);
    this.storeState(PeState.argument, "i64", () => this.value(s.address));
    this.prepareCall();
    this.peBase();
    this.i32(s.size | s.flags);
    code.u8(op.call).u32(this.imports.access);
    this.tee(host);
    // 0 or -1; host addresses may lie above 2 GiB.
    this.i32(1);
    code.u8(op.i32Add);
    this.i32(2);
    code.u8(op.i32LtU);
    this.open(op.if);
    this.get(host);
    this.open(op.if);
    this.leave(Exit.step, false);
    this.close();
    this.leave(Exit.redirect, true);
    this.close();
    code.u8(op.else);
    this.hostOfHit(s, entry, host);
    this.close();
  }

  /** Joins to the i32 on the stack whether the access must be, and isn't, aligned: that is the machine's to judge. */
  private alignment(s: Extract<Statement, { kind: "access" }>): void {
    const { code } = this;
    const strict = (s.flags & (AccessFlag.exclusive | AccessFlag.atomic | AccessFlag.ordered)) !== 0;
    const zeroes = (s.flags & AccessFlag.cacheMaintenance) !== 0;
    const given = s.flags >>> accessAlignmentShift;
    const alignment = given !== 0 ? given : (s.flags & AccessFlag.pair) !== 0 ? s.size >> 1 : s.size;
    if (zeroes) this.loadState(PeState.alignmentCheck, "i32");
    else if (alignment > 1) {
      this.value(s.address);
      code.u8(op.i32WrapI64);
      this.i32((strict ? s.size : alignment) - 1);
      code.u8(op.i32And);
      if (!strict) {
        this.loadState(PeState.alignmentCheck, "i32");
        code.u8(op.i32And);
      }
    } else return;
    code.u8(op.i32Or);
  }

  protected checkStackAlignment(): void {
    const { code } = this;
    this.loadState(PeState.sp, "i32");
    this.loadState(PeState.spAlignmentMask, "i32");
    code.u8(op.i32And);
    this.open(op.if);
    this.prepareCall();
    this.storeState(PeState.argument, "i64", () => this.loadState(PeState.sp, "i64"));
    this.callEnvironment("stackAlignment", () => this.i32(0));
    this.open(op.if);
    this.leave(Exit.redirect, true);
    this.close();
    this.close();
  }

  /** Stores what the machine wants to know before it is called: pc, and the budget so far. */
  protected abstract prepareCall(): void;

  protected storePc(): void {
    this.storeState(PeState.pc, "i64", () => this.pc(0));
  }

  private callEnvironment(name: Parameters<typeof environmentOperation>[0], argument: () => void): void {
    this.prepareCall();
    this.peBase();
    this.i32(environmentOperation(name));
    argument();
    this.code.u8(op.call).u32(this.imports.environment);
  }

  // ---- control

  protected branch(s: Extract<Statement, { kind: "branch" | "branchTo" }>): void {
    if (s.kind === "branchTo") {
      const target = this.locals.allocate("i64");
      this.value(s.target);
      this.set(target);
      this.jumpTo(target, s.purpose);
      return;
    }
    const { offset } = this.place(reveal(s.target));
    const jump = (): void =>
      this.jumpRelative(() => {
        this.get(this.locals.record);
        this.code.u8(op.i32Load).u8(0).u32(offset);
      });
    if (s.condition === undefined) jump();
    else {
      this.value(s.condition);
      this.open(op.if);
      jump();
      this.close();
    }
  }

  protected environment(s: Extract<Statement, { kind: "environment" }>): void {
    const { code } = this;
    const status = this.locals.allocate("i32");
    if (s.value !== undefined) this.storeState(PeState.argument, "i64", () => this.value(s.value!));
    this.callEnvironment(s.name, () => this.value(s.argument));
    this.tee(status);
    this.open(op.if);
    this.get(status);
    this.i32(1);
    code.u8(op.i32Eq);
    this.open(op.if);
    this.leave(Exit.redirect, true);
    this.close();
    this.storeState(PeState.pc, "i64", () => this.pc(4));
    this.get(status);
    this.i32(2);
    code.u8(op.i32Eq);
    this.open(op.if);
    this.leave(Exit.attention, true);
    this.close();
    this.leave(Exit.wait, true);
    this.close();
    if (s.local !== undefined) {
      this.loadState(PeState.argument, "i64");
      this.set(this.local(s.local, "i64"));
    }
  }
}

/** For each condition, a 16-bit table: bit NZCV (N is bit 3) tells whether it holds. */
function conditionTables(): number[] {
  return Array.from({ length: 16 }, (_, code) => {
    let bits = 0;
    for (let nzcv = 0; nzcv < 16; nzcv++) {
      const n = (nzcv & 8) !== 0;
      const z = (nzcv & 4) !== 0;
      const c = (nzcv & 2) !== 0;
      const v = (nzcv & 1) !== 0;
      if ([z, c, n, v, c && !z, n === v, n === v && !z, true][code >> 1]!) bits |= 1 << nzcv;
    }
    return bits;
  });
}
