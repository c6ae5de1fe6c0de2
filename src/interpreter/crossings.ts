import {
  EnvironmentOperation,
  Interrupt,
  LevelEntry,
  LevelRecord,
  levelWords,
  PeState,
  type Type,
} from "../ir/index.js";
import { slotSpEl3, systemRegister } from "../isa/system-registers/index.js";
import { Code, op, voidBlock } from "../wasm/code.js";
import type { ModuleBuilder } from "../wasm/module.js";

/** ESR_ELx.EC of SVC, HVC and SMC, with IL. */
const svcSyndrome = (0x15 << 26) | (1 << 25);
const hvcSyndrome = (0x16 << 26) | (1 << 25);
const smcSyndrome = (0x17 << 26) | (1 << 25);

/** Fields of an SPSR: the PeState word that holds the field as a number, its lowest bit, its width, and the feature that brings it. */
const fields = [
  { word: PeState.tco, low: 25, width: 1, feature: "FEAT_MTE" },
  { word: PeState.dit, low: 24, width: 1, feature: "FEAT_DIT" },
  { word: PeState.uao, low: 23, width: 1, feature: "FEAT_UAO" },
  { word: PeState.pan, low: 22, width: 1, feature: "FEAT_PAN" },
  { word: PeState.ssbs, low: 12, width: 1, feature: "FEAT_SSBS" },
  { word: PeState.daif, low: 6, width: 4, feature: undefined },
] as const;

/** What ERET has rules of its own for, or leaves to the machine. */
const exceptionFields = [
  { word: PeState.btype, low: 10 },
  { word: PeState.el, low: 2 },
  { word: PeState.spSel, low: 0 },
] as const;

/** Of what ERET finds in an SPSR, it leaves to the machine: M[4], M[1], IL, BTYPE. */
const unusual = (1 << 4) | (1 << 1) | (1 << 20) | (3 << 10);

const slot = (name: string): number => PeState.system + 8 * systemRegister(name).slot;
const banked = (name: string): readonly number[] => [1, 2, 3].map((el) => slot(`${name}_EL${el}`));
const vbar = banked("VBAR");
const spsr = banked("SPSR");
const elr = banked("ELR");
const esr = banked("ESR");
const stackPointers = [slot("SP_EL1"), slot("SP_EL2"), PeState.system + 8 * slotSpEl3];
const stackPointerEl0 = slot("SP_EL0");

const i32Mul = 0x6c;

/**
 * Writes one function's code: values are pushed by closures, as in the lowerings. Parameters are pe, then what the function has.
 */
class Assembler {
  readonly types: Type[] = [];

  constructor(
    readonly code: Code,
    private readonly parameters: number,
  ) {}

  local(type: Type = "i32"): number {
    return this.types.push(type) - 1 + this.parameters;
  }
  get = (local: number): void => void this.code.u8(op.localGet).u32(local);
  set(local: number, push: () => void): void {
    push();
    this.code.u8(op.localSet).u32(local);
  }
  k = (value: number): void => void this.code.u8(op.i32Const).s32(value);
  /** An i32 of the PE's state. */
  load = (offset: number): void => this.loadAt(0, offset);
  loadAt(base: number, offset: number): void {
    this.get(base);
    this.code.u8(op.i32Load).u8(2).u32(offset);
  }
  load64At(base: number, offset: number): void {
    this.get(base);
    this.code.u8(op.i64Load).u8(3).u32(offset);
  }
  store(offset: number, push: () => void): void {
    this.get(0);
    push();
    this.code.u8(op.i32Store).u8(2).u32(offset);
  }
  store64At(base: number, offset: number, push: () => void): void {
    this.get(base);
    push();
    this.code.u8(op.i64Store).u8(3).u32(offset);
  }
  /** Bits of a number that `push` pushes, moved down to bit 0. */
  bits(push: () => void, low: number, width: number): void {
    push();
    this.k(low);
    this.code.u8(op.i32ShrU);
    this.k(2 ** width - 1);
    this.code.u8(op.i32And);
  }
  /** Combines the number pushed before with another one. */
  with(opcode: number, push: () => void): void {
    push();
    this.code.u8(opcode);
  }
  /** Answers 0 where the condition that was pushed holds: the machine must do it. */
  unlessMachine(): void {
    this.code.u8(op.if).u8(voidBlock);
    this.k(0);
    this.code.u8(op.return).u8(op.end);
  }
  /** Pushes one of three offsets, by a local that holds 1, 2 or 3. */
  private bankedOffset(offsets: readonly number[], level: number): void {
    this.k(offsets[2]!);
    this.k(offsets[1]!);
    this.k(offsets[0]!);
    this.get(level);
    this.k(2);
    this.code.u8(op.i32Eq).u8(op.select);
    this.get(level);
    this.k(3);
    this.code.u8(op.i32Eq).u8(op.select);
  }
  /** Address of a register that EL1, EL2 and EL3 have each. */
  bankedAddress(offsets: readonly number[], level: number): void {
    this.get(0);
    this.bankedOffset(offsets, level);
    this.code.u8(op.i32Add);
  }
  /** Address of the stack pointer's register at the level in a local, if the number that `push` pushes isn't 0; else SP_EL0's. */
  stackPointerAddress(level: number, push: () => void): void {
    this.get(0);
    this.bankedOffset(stackPointers, level);
    this.k(stackPointerEl0);
    push();
    this.code.u8(op.select).u8(op.i32Add);
  }
}

/** The level record with the index that `push` pushes: its address to a local. Answers 0 unless it holds. */
function findRecord(a: Assembler, record: number, push: () => void): void {
  a.set(record, () => {
    a.get(0);
    a.k(PeState.levels);
    a.code.u8(op.i32Add);
    push();
    a.k(LevelRecord.size);
    a.code.u8(i32Mul).u8(op.i32Add);
  });
  a.loadAt(record, LevelRecord.epoch);
  a.load(PeState.levelsEpoch);
  a.code.u8(op.i32Ne);
  a.unlessMachine();
}

/** Pushes the address of the current level's record. */
function currentRecord(a: Assembler): void {
  a.get(0);
  a.k(PeState.levels);
  a.code.u8(op.i32Add);
  a.load(PeState.level);
  a.k(LevelRecord.size);
  a.code.u8(i32Mul).u8(op.i32Add);
}

/** Banks SP: `old` and `now` hold addresses of stack pointers' registers. */
function exchangeSp(a: Assembler, old: number, now: number): void {
  a.get(old);
  a.get(now);
  a.code.u8(op.i32Ne).u8(op.if).u8(voidBlock);
  a.store64At(old, 0, () => a.load64At(0, PeState.sp));
  a.store64At(0, PeState.sp, () => a.load64At(now, 0));
  a.code.u8(op.end);
}

/** Counts the instruction under way for the level that it was executed at. */
function account(a: Assembler): void {
  const left = a.local();
  const counter = a.local();
  a.set(left, () => {
    a.load(PeState.budget);
    a.with(op.i32Sub, () => a.k(1));
  });
  a.set(counter, () => {
    a.get(0);
    a.load(PeState.el);
    a.k(2);
    a.code.u8(op.i32Shl).u8(op.i32Add);
  });
  a.get(counter);
  a.loadAt(counter, PeState.retiredByEl);
  a.load(PeState.levelBudget);
  a.get(left);
  a.code.u8(op.i32Sub).u8(op.i32Add).u8(op.i32Store).u8(2).u32(PeState.retiredByEl);
  a.store(PeState.levelBudget, () => a.get(left));
}

/** Makes the level of a record the current one. `index`: the local that holds which record it is. */
function enterLevel(a: Assembler, record: number, index: number): void {
  a.store(PeState.level, () => a.get(index));
  for (const name of levelWords) a.store(PeState[name], () => a.loadAt(record, LevelRecord[name]));
}

/** Answers 0 if the level in a local is EL3 and an interrupt is pending: which of IRQ and FIQ it is depends on the level there. */
function unlessSignalsChange(a: Assembler, level: number): void {
  a.get(level);
  a.k(3);
  a.code.u8(op.i32Eq);
  a.load(PeState.interruptsPending);
  a.k(0);
  a.code.u8(op.i32Ne).u8(op.i32And);
  a.unlessMachine();
}

/** Offsets from VBAR_ELx and of what is saved for IRQs and FIQs. */
const irqVector = 0x80;
const fiqVector = 0x100;

/**
 * (pe, target, entry, kind, syndrome) to 1, or to 0 when nothing was done: the exception that SVC, HVC or SMC at pc takes, or an
 * interrupt before the instruction at pc (AArch64.TakeException). `entry`: bits of LevelEntry; `kind`: 0 or the offset of an
 * interrupt's vector, for which ESR_ELx isn't written.
 */
function exceptionEntry(code: Code): readonly Type[] {
  const [pe, target, entry, kind, syndrome] = [0, 1, 2, 3, 4];
  const a = new Assembler(code, 5);
  const index = a.local();
  const record = a.local();
  const old = a.local();
  const now = a.local();
  const level = a.local();
  const vector = a.local("i64");
  unlessSignalsChange(a, target);
  a.set(level, () => a.load(PeState.el));
  a.set(index, () => {
    a.get(target);
    a.load(PeState.pan);
    a.get(entry);
    a.with(op.i32And, () => a.k(LevelEntry.pan));
    a.code.u8(op.i32Or);
    a.k(2);
    a.code.u8(op.i32Shl).u8(op.i32Or);
  });
  findRecord(a, record, () => a.get(index));
  a.set(vector, () => {
    a.bankedAddress(vbar, target);
    code.u8(op.i64Load).u8(3).u32(0).u8(op.i64Const).s64(-0x800).u8(op.i64And);
    // The vectors of a lower level, of the same one with SP_ELx, or with SP_EL0.
    a.k(0x400);
    a.load(PeState.spSel);
    a.k(9);
    code.u8(op.i32Shl);
    a.get(target);
    a.get(level);
    code.u8(op.i32Ne).u8(op.select);
    a.get(kind);
    code.u8(op.i32Add).u8(op.i64ExtendI32U).u8(op.i64Add);
  });
  // An exception at its own vector may go on for ever: the machine has an eye on those.
  a.get(vector);
  a.load64At(pe, PeState.pc);
  code.u8(op.i64Eq);
  a.unlessMachine();

  // An interrupt comes before the instruction at pc.
  a.get(kind);
  code.u8(op.i32Eqz).u8(op.if).u8(voidBlock);
  account(a);
  code.u8(op.end);
  a.bankedAddress(spsr, target);
  a.load(PeState.flagN);
  a.with(op.i32And, () => a.k(0x8000_0000 | 0));
  a.load(PeState.flagZ);
  code.u8(op.i32Eqz);
  a.with(op.i32Shl, () => a.k(30));
  code.u8(op.i32Or);
  a.load(PeState.flagC);
  a.with(op.i32Shl, () => a.k(29));
  code.u8(op.i32Or);
  a.bits(() => a.load(PeState.flagV), 31, 1);
  a.with(op.i32Shl, () => a.k(28));
  code.u8(op.i32Or);
  for (const { word, low } of [...fields, ...exceptionFields]) {
    a.load(word);
    a.with(op.i32Shl, () => a.k(low));
    code.u8(op.i32Or);
  }
  // An instruction that was executed has ended its step.
  a.load(PeState.ss);
  a.k(0);
  a.get(entry);
  a.with(op.i32And, () => a.k(LevelEntry.trapped));
  code.u8(op.select);
  a.with(op.i32Shl, () => a.k(21));
  code.u8(op.i32Or);
  code.u8(op.i64ExtendI32U).u8(op.i64Store).u8(3).u32(0);
  a.bankedAddress(elr, target);
  a.load64At(pe, PeState.pc);
  a.k(0);
  a.k(4);
  a.get(entry);
  a.with(op.i32And, () => a.k(LevelEntry.trapped));
  code.u8(op.select).u8(op.i64ExtendI32U).u8(op.i64Add).u8(op.i64Store).u8(3).u32(0);
  a.get(kind);
  code.u8(op.i32Eqz).u8(op.if).u8(voidBlock);
  a.bankedAddress(esr, target);
  a.get(syndrome);
  code.u8(op.i64ExtendI32U).u8(op.i64Store).u8(3).u32(0).u8(op.end);

  a.set(old, () => a.stackPointerAddress(level, () => a.load(PeState.spSel)));
  a.set(now, () => a.stackPointerAddress(target, () => a.k(1)));
  exchangeSp(a, old, now);
  a.store(PeState.el, () => a.get(target));
  a.store(PeState.spSel, () => a.k(1));
  a.store(PeState.daif, () => a.k(15));
  a.store(PeState.ss, () => a.k(0));
  a.store(PeState.btype, () => a.k(0));
  a.store(PeState.uao, () => a.k(0));
  a.store(PeState.pan, () => a.bits(() => a.get(index), 2, 1));
  a.store(PeState.ssbs, () => {
    a.get(entry);
    a.k(LevelEntry.ssbs);
    code.u8(op.i32And).u8(op.i32Eqz).u8(op.i32Eqz);
  });
  enterLevel(a, record, index);
  a.store64At(pe, PeState.pc, () => a.get(vector));
  a.store(PeState.goesOn, () => a.k(1));
  a.k(1);
  code.u8(op.end);
  return a.types;
}

/** The interrupt of each kind that is taken first, by order of precedence; SErrors are the machine's. */
const precedence = [Interrupt.fiq, Interrupt.irq, Interrupt.virq, Interrupt.vfiq] as const;

/**
 * (pe) to 1, or to 0 where the machine must look: takes the most urgent interrupt that is pending and unmasked, if there is one, before
 * the instruction at pc.
 */
function interruptEntry(code: Code, entry: number): readonly Type[] {
  const pe = 0;
  const a = new Assembler(code, 1);
  const record = a.local();
  const takable = a.local();
  const masked = a.local();
  const target = a.local();
  const kind = a.local();
  a.set(record, () => currentRecord(a));
  // Of PSTATE.DAIF, I, F and A are bits 1, 0 and 2; each masks a physical interrupt and the virtual one three bits above it.
  a.set(masked, () => {
    a.bits(() => a.load(PeState.daif), 1, 1);
    a.load(PeState.daif);
    a.with(op.i32And, () => a.k(1));
    a.with(op.i32Shl, () => a.k(1));
    code.u8(op.i32Or);
    a.load(PeState.daif);
    a.with(op.i32And, () => a.k(4));
    code.u8(op.i32Or);
    a.with(i32Mul, () => a.k(9));
  });
  a.set(takable, () => {
    a.loadAt(record, LevelRecord.maskableInterrupts);
    a.get(masked);
    a.with(op.i32Xor, () => a.k(-1));
    code.u8(op.i32And);
    a.loadAt(record, LevelRecord.interrupts);
    code.u8(op.i32Or);
    a.load(PeState.interruptsPending);
    code.u8(op.i32And);
  });
  a.get(takable);
  code.u8(op.i32Eqz).u8(op.if).u8(voidBlock);
  a.k(1);
  code.u8(op.return).u8(op.end);
  a.get(takable);
  a.with(op.i32And, () => a.k(Interrupt.serror | Interrupt.vserror));
  a.unlessMachine();
  for (const interrupt of precedence) {
    a.get(takable);
    a.with(op.i32And, () => a.k(interrupt));
    code.u8(op.if).u8(voidBlock);
    a.set(target, () => a.bits(() => a.loadAt(record, LevelRecord.interruptTargets), 2 * Math.log2(interrupt), 2));
    const isFiq = interrupt === Interrupt.fiq || interrupt === Interrupt.vfiq;
    a.set(kind, () => a.k(isFiq ? fiqVector : irqVector));
    a.get(pe);
    a.get(target);
    a.loadAt(record, LevelRecord.interruptEntries);
    a.get(target);
    a.with(op.i32Shl, () => a.k(1));
    code.u8(op.i32ShrU);
    a.with(op.i32And, () => a.k(LevelEntry.pan | LevelEntry.ssbs));
    a.with(op.i32Or, () => a.k(LevelEntry.trapped));
    a.get(kind);
    a.k(0);
    code.u8(op.call).u32(entry).u8(op.i32Eqz);
    a.unlessMachine();
    const count = isFiq ? PeState.fiqs : PeState.irqs;
    a.store(count, () => {
      a.load(count);
      a.with(op.i32Add, () => a.k(1));
    });
    a.k(1);
    code.u8(op.return).u8(op.end);
  }
  a.k(0);
  code.u8(op.end);
  return a.types;
}

/** (pe, record of the current level) to 1, or to 0 when nothing was done: ERET (AArch64.ExceptionReturn). */
function exceptionReturn(code: Code, features: ReadonlySet<string>): readonly Type[] {
  const [pe, current] = [0, 1];
  const a = new Assembler(code, 2);
  const level = a.local();
  const target = a.local();
  const saved = a.local();
  const index = a.local();
  const record = a.local();
  const old = a.local();
  const now = a.local();
  const address = a.local("i64");
  const present = fields.filter(({ feature }) => feature === undefined || features.has(feature));
  a.set(level, () => a.load(PeState.el));
  unlessSignalsChange(a, level);
  a.loadAt(current, LevelRecord.returns);
  code.u8(op.i32Eqz);
  a.unlessMachine();
  a.set(saved, () => {
    a.bankedAddress(spsr, level);
    code.u8(op.i32Load).u8(2).u32(0);
  });
  a.set(target, () => a.bits(() => a.get(saved), 2, 2));
  // Illegal returns, and EL0 with SP_ELx.
  a.get(saved);
  a.with(op.i32And, () => a.k(unusual));
  a.loadAt(current, LevelRecord.returns);
  a.get(target);
  code.u8(op.i32ShrU);
  a.with(op.i32And, () => a.k(1));
  code.u8(op.i32Eqz).u8(op.i32Or);
  a.get(target);
  code.u8(op.i32Eqz);
  a.get(saved);
  code.u8(op.i32And).u8(op.i32Or);
  a.unlessMachine();
  a.set(index, () => {
    a.get(target);
    for (const { word, low } of present) {
      const to = word === PeState.pan ? 2 : word === PeState.uao ? 3 : -1;
      if (to < 0) continue;
      a.bits(() => a.get(saved), low, 1);
      a.k(to);
      code.u8(op.i32Shl).u8(op.i32Or);
    }
  });
  findRecord(a, record, () => a.get(index));
  a.set(address, () => {
    a.bankedAddress(elr, level);
    code.u8(op.i64Load).u8(3).u32(0);
  });
  // An address that isn't canonical is the machine's to look at: zeroes above bit 55, or ones above a one where there is an upper range.
  a.get(address);
  code.u8(op.i64Const).s64(55).u8(op.i64ShrU).u8(op.i32WrapI64).u8(op.localTee).u32(old);
  a.with(op.i32GtU, () => a.k(1));
  a.get(old);
  a.k(0x1ff);
  code.u8(op.i32Ne);
  a.loadAt(record, LevelRecord.upperRange);
  code.u8(op.i32Eqz).u8(op.i32Or).u8(op.i32And);
  a.unlessMachine();

  account(a);
  a.store(PeState.flagN, () => {
    a.get(saved);
    a.with(op.i32And, () => a.k(0x8000_0000 | 0));
  });
  a.store(PeState.flagZ, () => {
    a.bits(() => a.get(saved), 30, 1);
    code.u8(op.i32Eqz);
  });
  a.store(PeState.flagC, () => a.bits(() => a.get(saved), 29, 1));
  a.store(PeState.flagV, () => {
    a.bits(() => a.get(saved), 28, 1);
    a.with(op.i32Shl, () => a.k(31));
  });
  for (const { word, low, width } of present) a.store(word, () => a.bits(() => a.get(saved), low, width));
  a.store(PeState.ss, () => a.k(0));
  a.store(PeState.btype, () => a.k(0));
  a.set(old, () => a.stackPointerAddress(level, () => a.load(PeState.spSel)));
  a.set(now, () => a.stackPointerAddress(target, () => a.bits(() => a.get(saved), 0, 1)));
  exchangeSp(a, old, now);
  a.store(PeState.el, () => a.get(target));
  a.store(PeState.spSel, () => a.bits(() => a.get(saved), 0, 1));
  enterLevel(a, record, index);
  // SendEventLocal and ClearExclusiveLocal.
  a.store(PeState.event, () => a.k(1));
  a.store64At(pe, PeState.exclusiveAddress, () => void code.u8(op.i64Const).s64(-1));
  a.store64At(pe, PeState.pc, () => a.get(address));
  a.store(PeState.goesOn, () => a.k(1));
  a.k(1);
  code.u8(op.end);
  return a.types;
}

/**
 * (pe, operation, argument) to an answer as the machine gives it: what generated code calls for system instructions. The machine is
 * asked, but for ISB (everything takes effect at once here), and for SVC, HVC, SMC and ERET that need nothing of it: it has said so in
 * PeState.crossings, the turn goes on, and the records of both levels hold. An interrupt that may be taken then is taken at once.
 */
function systemInstruction(
  code: Code,
  functions: { readonly machine: number; readonly entry: number; readonly return: number; readonly interrupt: number },
): readonly Type[] {
  const [pe, operation, argument] = [0, 1, 2];
  const a = new Assembler(code, 3);
  const current = a.local();
  const taken = a.local();
  const is = (o: number): void => {
    a.get(operation);
    a.k(o);
    code.u8(op.i32Eq);
  };
  const { svc, hvc, smc, eret, isb } = EnvironmentOperation;
  code.u8(op.block).u8(voidBlock);
  a.k(1);
  a.get(operation);
  code.u8(op.i32Shl);
  a.with(op.i32And, () => a.k((1 << svc) | (1 << hvc) | (1 << smc) | (1 << eret) | (1 << isb)));
  code.u8(op.i32Eqz).u8(op.brIf).u32(0);
  is(isb);
  code.u8(op.if).u8(voidBlock);
  a.k(0);
  code.u8(op.return).u8(op.end);
  a.load(PeState.crossings);
  code.u8(op.i32Eqz);
  a.load(PeState.budget);
  a.k(2);
  code.u8(op.i32LtS).u8(op.i32Or).u8(op.brIf).u32(0);
  a.set(current, () => currentRecord(a));
  /** Unless 0 was pushed, the instruction is done: an interrupt may come next. */
  const done = (): void => {
    code.u8(op.i32Eqz).u8(op.brIf).u32(1);
    a.load(PeState.interruptsPending);
    code.u8(op.if).u8(voidBlock);
    a.store(PeState.goesOn, () => {
      a.get(pe);
      code.u8(op.call).u32(functions.interrupt);
    });
    code.u8(op.end);
    a.k(1);
    code.u8(op.return).u8(op.end);
  };
  is(eret);
  code.u8(op.if).u8(voidBlock);
  // ERETAA and ERETAB come authenticated, with an address of their own.
  a.get(argument);
  code.u8(op.brIf).u32(1);
  a.get(pe);
  a.get(current);
  code.u8(op.call).u32(functions.return);
  done();
  const takes = (target: number, entry: number, syndrome: number, count: number): void => {
    code.u8(op.if).u8(voidBlock);
    a.loadAt(current, target);
    code.u8(op.i32Eqz).u8(op.brIf).u32(1);
    a.get(pe);
    a.loadAt(current, target);
    a.loadAt(current, entry);
    a.k(0);
    a.get(argument);
    a.with(op.i32And, () => a.k(0xffff));
    a.with(op.i32Or, () => a.k(syndrome));
    code.u8(op.call).u32(functions.entry).u8(op.localTee).u32(taken);
    a.store(count, () => {
      a.load(count);
      a.get(taken);
      code.u8(op.i32Add);
    });
    done();
  };
  is(svc);
  takes(LevelRecord.svc, LevelRecord.svcEntry, svcSyndrome, PeState.svcs);
  is(hvc);
  takes(LevelRecord.hvc, LevelRecord.hvcEntry, hvcSyndrome, PeState.hvcs);
  is(smc);
  takes(LevelRecord.smc, LevelRecord.smcEntry, smcSyndrome, PeState.smcs);
  code.u8(op.end);
  a.get(pe);
  a.get(operation);
  a.get(argument);
  code.u8(op.returnCall).u32(functions.machine);
  code.u8(op.end);
  return a.types;
}

/**
 * Defines `environment`, which asks the machine (the function `machine`), with what it does without asking. Answers the function
 * (pe) that takes an interrupt, see {@link interruptEntry}.
 */
export function defineCrossings(
  module: ModuleBuilder,
  environment: number,
  machine: number,
  features: ReadonlySet<string>,
): number {
  const entry = module.declare({ parameters: ["i32", "i32", "i32", "i32", "i32"], results: ["i32"] });
  const interrupt = module.declare({ parameters: ["i32"], results: ["i32"] });
  const back = module.declare({ parameters: ["i32", "i32"], results: ["i32"] });
  const define = (index: number, write: (code: Code) => readonly Type[]): void => {
    const code = new Code(1024);
    module.define(index, write(code), code);
  };
  define(entry, exceptionEntry);
  define(interrupt, (code) => interruptEntry(code, entry));
  define(back, (code) => exceptionReturn(code, features));
  define(environment, (code) => systemInstruction(code, { machine, entry, return: back, interrupt }));
  return interrupt;
}
