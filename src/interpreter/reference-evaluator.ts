import {
  AccessFlag,
  type EnvironmentName,
  loads,
  type Node,
  type OperandImplementation,
  PeState,
  type Routine,
  reveal,
  type Statement,
  stores,
  type Type,
} from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import { evaluateOperation, type Value } from "./evaluate-operation.js";

/** What the evaluator needs of the machine around it. */
export interface ReferenceMachine {
  /** All memory: the PE's state block (see PeState) and whatever `access` points into. */
  readonly memory: DataView;
  /** Byte offset of the PE's state block. */
  readonly base: number;
  /**
   * Translates `size` bytes at `address`; `flags` are {@link AccessFlag}s. Gives an offset in `memory`, or undefined when
   * the access faults: the instruction is then abandoned, without effect.
   */
  access(size: number, flags: number, address: bigint): number | undefined;
  /** Handles a system instruction. `undefined`: an exception was taken, or control went elsewhere. */
  environment(name: EnvironmentName, argument: number, value: bigint): bigint | undefined;
}

/** How an instruction ended. */
export type Outcome = "next" | "branched" | "left";

class Left extends Error {}

class Frame {
  readonly locals: Value[];
  returned: Value | undefined;
  constructor(
    types: readonly Type[],
    readonly instruction: Instruction | undefined,
  ) {
    this.locals = types.map(() => 0n);
  }
}

const conditionHolds = (code: number, n: boolean, z: boolean, c: boolean, v: boolean): boolean => {
  const base = [z, c, n, v, c && !z, n === v, n === v && !z, true][code >> 1]!;
  return (code & 1) !== 0 && code < 14 ? !base : base;
};

/**
 * Runs instruction templates directly: slow, simple, and written to be compared against. All state is in the same block
 * that generated code uses.
 */
export class ReferenceEvaluator {
  private readonly memory: DataView;
  private readonly base: number;

  constructor(private readonly machine: ReferenceMachine) {
    this.memory = machine.memory;
    this.base = machine.base;
  }

  get pc(): bigint {
    return this.memory.getBigUint64(this.base + PeState.pc, true);
  }
  set pc(value: bigint) {
    this.memory.setBigUint64(this.base + PeState.pc, BigInt.asUintN(64, value), true);
  }

  /** Executes one instruction at the current pc, and moves pc unless control left for the machine. */
  step(instruction: Instruction): Outcome {
    const frame = new Frame(instruction.template.locals, instruction);
    const pc = this.pc;
    try {
      this.run(instruction.template.body, frame);
    } catch (e) {
      if (e instanceof Left) return "left";
      throw e;
    }
    if (frame.returned !== undefined) {
      this.pc = frame.returned;
      return "branched";
    }
    this.pc = pc + 4n;
    return "next";
  }

  /** Runs a routine on given arguments. */
  callRoutine(routine: Routine, args: readonly Value[]): Value {
    const frame = new Frame(routine.locals, undefined);
    args.forEach((a, i) => {
      frame.locals[i] = a;
    });
    this.run(routine.body, frame);
    if (frame.returned === undefined) throw new Error(`${routine.name} ended without a value`);
    return frame.returned;
  }

  private run(statements: readonly Statement[], frame: Frame): void {
    for (const s of statements) {
      this.statement(s, frame);
      if (frame.returned !== undefined) return;
    }
  }

  private statement(s: Statement, frame: Frame): void {
    switch (s.kind) {
      case "let":
        frame.locals[s.local] = this.value(s.value, frame);
        return;
      case "call":
        frame.locals[s.local] = this.callRoutine(
          s.call.routine,
          s.call.args.map((a) => this.value(a, frame)),
        );
        return;
      case "writeX": {
        const slot = Number(this.operandValue(reveal(s.operand), frame));
        this.memory.setBigUint64(this.base + PeState.x + slot * 8, this.value(s.value, frame), true);
        return;
      }
      case "writeV": {
        const value = this.value(s.value, frame);
        this.writeType(this.vAddress(reveal(s.operand), s.plus, frame), "v128", value);
        return;
      }
      case "flags":
        this.flags(s, frame);
        return;
      case "nzcv": {
        const [n, z, c, v] = [s.n, s.z, s.c, s.v].map((x) => this.value(x, frame) !== 0n);
        this.writeFlags(n!, z!, c!, v!);
        return;
      }
      case "writeState":
        this.writeType(this.base + s.offset, s.value.type, this.value(s.value, frame));
        return;
      case "access": {
        const host = this.machine.access(s.size, s.flags, this.value(s.address, frame));
        if (host === undefined) throw new Left();
        frame.locals[s.local] = BigInt(host);
        return;
      }
      case "store": {
        const o = stores[s.name];
        const address = Number(this.value(s.host, frame)) + s.offset;
        const value = this.value(s.value, frame);
        for (let i = 0; i < o.bytes; i++) this.memory.setUint8(address + i, Number((value >> BigInt(8 * i)) & 0xffn));
        return;
      }
      case "if":
        this.run(this.value(s.condition, frame) !== 0n ? s.taken : s.otherwise, frame);
        return;
      case "while":
        while (this.value(s.condition, frame) !== 0n && frame.returned === undefined) this.run(s.body, frame);
        return;
      case "checkStackAlignment": {
        const sp = this.memory.getBigUint64(this.base + PeState.sp, true);
        if ((sp & 15n) === 0n) return;
        if (this.machine.access(16, AccessFlag.exclusive, sp) === undefined) throw new Left();
        return;
      }
      case "branch":
        if (s.condition === undefined || this.value(s.condition, frame) !== 0n) {
          const target = BigInt(this.operandValue(reveal(s.target), frame));
          frame.returned = BigInt.asUintN(64, this.pc + target);
        }
        return;
      case "branchTo":
        frame.returned = this.value(s.target, frame);
        return;
      case "environment": {
        const argument = Number(this.value(s.argument, frame));
        const value = s.value === undefined ? 0n : this.value(s.value, frame);
        const answer = this.machine.environment(s.name, argument, value);
        if (answer === undefined) throw new Left();
        if (s.local !== undefined) frame.locals[s.local] = answer;
        return;
      }
      case "return":
        frame.returned = this.value(s.value, frame);
        return;
    }
  }

  private flags(s: Extract<Statement, { kind: "flags" }>, frame: Frame): void {
    const a = this.value(s.a, frame);
    const b = this.value(s.b, frame);
    const r = this.value(s.result, frame);
    const sign = 1n << BigInt(s.width - 1);
    const negative = (r & sign) !== 0n;
    switch (s.how) {
      case "add":
        this.writeFlags(negative, r === 0n, a + b >= 1n << BigInt(s.width), (~(a ^ b) & (a ^ r) & sign) !== 0n);
        return;
      case "sub":
        this.writeFlags(negative, r === 0n, a >= b, ((a ^ b) & (a ^ r) & sign) !== 0n);
        return;
      case "logic":
        this.writeFlags(negative, r === 0n, false, false);
        return;
    }
  }

  private writeFlags(n: boolean, z: boolean, c: boolean, v: boolean): void {
    this.memory.setInt32(this.base + PeState.flagN, n ? -1 : 0, true);
    this.memory.setInt32(this.base + PeState.flagZ, z ? 0 : 1, true);
    this.memory.setInt32(this.base + PeState.flagC, c ? 1 : 0, true);
    this.memory.setInt32(this.base + PeState.flagV, v ? -1 : 0, true);
  }

  private readFlag(which: number): boolean {
    const word = this.memory.getInt32(this.base + PeState.flagN + 4 * which, true);
    return which === 1 ? word === 0 : which === 2 ? word !== 0 : word < 0;
  }

  private operandValue(operand: OperandImplementation, frame: Frame): number | bigint {
    return frame.instruction!.values[operand.index]!;
  }

  private vAddress(operand: OperandImplementation, plus: number, frame: Frame): number {
    return this.base + PeState.v + ((Number(this.operandValue(operand, frame)) + plus) & 31) * 16;
  }

  private readType(address: number, type: Type): Value {
    if (type === "i32" || type === "f32") return BigInt(this.memory.getUint32(address, true));
    const low = this.memory.getBigUint64(address, true);
    return type === "v128" ? low | (this.memory.getBigUint64(address + 8, true) << 64n) : low;
  }

  private writeType(address: number, type: Type, value: Value): void {
    if (type === "i32" || type === "f32") this.memory.setUint32(address, Number(value), true);
    else {
      this.memory.setBigUint64(address, BigInt.asUintN(64, value), true);
      if (type === "v128") this.memory.setBigUint64(address + 8, value >> 64n, true);
    }
  }

  private value(n: Node, frame: Frame): Value {
    switch (n.kind) {
      case "operation":
        return evaluateOperation(
          n.name,
          n.number,
          this.value(n.x!, frame),
          n.y ? this.value(n.y, frame) : 0n,
          n.z ? this.value(n.z, frame) : 0n,
        );
      case "shuffle": {
        const both = this.value(n.x!, frame) | (this.value(n.y!, frame) << 128n);
        let r = 0n;
        n.bytes!.forEach((b, i) => {
          r |= ((both >> BigInt(8 * b)) & 0xffn) << BigInt(8 * i);
        });
        return r;
      }
      case "constant":
        if (n.bytes !== undefined) return n.bytes.reduceRight((r, b) => (r << 8n) | BigInt(b), 0n);
        return BigInt.asUintN(n.type === "i32" ? 32 : 64, BigInt(n.value));
      case "immediate":
        return BigInt.asUintN(n.type === "i32" ? 32 : 64, BigInt(this.operandValue(reveal(n.operand!), frame)));
      case "x": {
        const slot = Number(this.operandValue(reveal(n.operand!), frame));
        return this.readType(this.base + PeState.x + slot * 8, n.type);
      }
      case "v":
        return this.readType(this.vAddress(reveal(n.operand!), n.number, frame), "v128");
      case "local":
        return frame.locals[n.number]!;
      case "state":
        return this.readType(this.base + n.number, n.type);
      case "load": {
        const o = loads[n.name as keyof typeof loads];
        const address = Number(this.value(n.x!, frame)) + n.number;
        let raw = 0n;
        for (let i = 0; i < o.bytes; i++) raw |= BigInt(this.memory.getUint8(address + i)) << BigInt(8 * i);
        if (n.name.endsWith("_splat")) {
          let r = 0n;
          for (let i = 0; i < 16 / o.bytes; i++) r |= raw << BigInt(8 * o.bytes * i);
          return r;
        }
        return o.signed ? BigInt.asUintN(n.type === "i32" ? 32 : 64, BigInt.asIntN(8 * o.bytes, raw)) : raw;
      }
      case "select":
        return this.value(n.z!, frame) !== 0n ? this.value(n.x!, frame) : this.value(n.y!, frame);
      case "condition": {
        const code = n.operand === undefined ? n.number : Number(this.operandValue(reveal(n.operand), frame));
        return conditionHolds(code, this.readFlag(0), this.readFlag(1), this.readFlag(2), this.readFlag(3)) ? 1n : 0n;
      }
      case "flag":
        return this.readFlag(n.number) ? 1n : 0n;
      case "pc": {
        const offset = n.operand === undefined ? BigInt(n.number) : BigInt(this.operandValue(reveal(n.operand), frame));
        return BigInt.asUintN(64, this.pc + offset);
      }
    }
  }
}
