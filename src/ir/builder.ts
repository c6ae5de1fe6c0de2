import {
  bytesNode,
  type Call,
  constantNode,
  loadNode,
  Node,
  operationNode,
  plainNode,
  selectNode,
  shuffleNode,
} from "./node.js";
import {
  type ConditionOperand,
  type ImmediateOperand,
  type RelativeOperand,
  reveal,
  type VOperand,
  type XOperand,
} from "./operand.js";
import { type LoadName, loads, operation, type StoreName, stores } from "./operations.js";
import { LazyRoutine, type Routine } from "./routine.js";
import { PeState } from "./state-layout.js";
import {
  AccessFlag,
  accessAlignmentShift,
  type BranchKind,
  type EnvironmentName,
  type FlagsKind,
  type Statement,
} from "./statement.js";
import { integerType, type Type, type Width } from "./type.js";

/** State words that semantics may name. `exclusiveAddress`, `exclusiveLow` and `exclusiveHigh` are i64, the rest i32. */
export type StateName = Exclude<
  keyof typeof PeState,
  "x" | "sp" | "zero" | "sink" | "v" | "scratch" | "system" | "levels" | "size"
>;

const state64: ReadonlySet<StateName> = new Set([
  "pc",
  "exclusiveAddress",
  "exclusiveLow",
  "exclusiveHigh",
  "argument",
]);

/** A local that may be assigned more than once. */
export interface Variable {
  readonly type: Type;
  get(): Node;
  set(value: Node): void;
}

/** Options of {@link Builder.load}, {@link Builder.store} and {@link Builder.access}. */
export interface AccessOptions {
  readonly unprivileged?: boolean;
  readonly exclusive?: boolean;
  readonly atomic?: boolean;
  readonly ordered?: boolean;
  readonly cacheMaintenance?: boolean;
  readonly pair?: boolean;
  /** Bytes that the address must be a multiple of while alignment is checked, where that isn't the size. */
  readonly alignment?: number;
}

/**
 * Records what an instruction (or a routine) does, as statements over typed expression nodes. Nodes are evaluated where
 * a statement uses them; `let` evaluates now. The recorder refuses to read a register after one was written, and to
 * access memory after any architectural write, since an access may fault and the instruction must then have had no
 * effect.
 */
export class Builder {
  readonly locals: Type[] = [];
  private statements: Statement[] = [];
  private written = false;
  private readonly body: Statement[] = this.statements;

  /** @param routine whether a routine's body is recorded (returns allowed, operands not). */
  constructor(
    private readonly name: string,
    private readonly routine = false,
  ) {}

  /** What was recorded. */
  finish(): { locals: readonly Type[]; body: readonly Statement[] } {
    return { locals: this.locals, body: this.body };
  }

  private fail(what: string): never {
    throw new Error(`${this.name}: ${what}`);
  }

  private emit(statement: Statement): void {
    this.statements.push(statement);
  }

  private newLocal(type: Type): number {
    return this.locals.push(type) - 1;
  }

  // ---- constants and operands

  /** i32 constant. */
  c32(value: number): Node {
    return constantNode("i32", value | 0);
  }
  /** i64 constant; numbers must be safe integers. */
  c64(value: number | bigint): Node {
    return constantNode("i64", value);
  }
  /** Integer constant of the type that holds `width` bits. */
  constant(width: Width, value: number): Node {
    return width === 64 ? this.c64(value) : this.c32(value);
  }
  /** v128 constant, 16 bytes, lane 0 first. */
  c128(bytes: Uint8Array | readonly number[]): Node {
    return bytesNode(Uint8Array.from(bytes));
  }
  /** Value of an immediate operand in the low 32 bits. */
  immediate32(operand: ImmediateOperand): Node {
    return plainNode("immediate", "i32", 0, operand);
  }
  /** Value of an immediate operand, all 64 bits. */
  immediate64(operand: ImmediateOperand): Node {
    return plainNode("immediate", "i64", 0, operand);
  }
  immediate(width: Width, operand: ImmediateOperand): Node {
    return width === 64 ? this.immediate64(operand) : this.immediate32(operand);
  }

  // ---- registers and state

  /** X register (i64) or W register (i32). */
  read(width: Width, register: XOperand): Node {
    return plainNode("x", integerType(width), 0, register);
  }
  /** Writes an X register, or a W register by zero extension. */
  write(width: Width, register: XOperand, value: Node): void {
    this.expect(value, integerType(width));
    this.written = true;
    this.emit({ kind: "writeX", operand: register, value });
  }
  /** All 128 bits of V register `register` + `plus` (modulo 32). */
  readV(register: VOperand, plus = 0): Node {
    return plainNode("v", "v128", plus, register);
  }
  writeV(register: VOperand, value: Node, plus = 0): void {
    this.expect(value, "v128");
    this.written = true;
    this.emit({ kind: "writeV", operand: register, plus, value });
  }
  readState(name: StateName): Node {
    return plainNode("state", state64.has(name) ? "i64" : "i32", PeState[name]);
  }
  writeState(name: StateName, value: Node): void {
    this.expect(value, state64.has(name) ? "i64" : "i32");
    this.written = true;
    this.emit({ kind: "writeState", offset: PeState[name], value });
  }
  /** The i64 in system register slot `slot`: for registers that nothing traps and nothing computes. */
  readSystemSlot(slot: number): Node {
    return plainNode("state", "i64", PeState.system + slot * 8);
  }
  writeSystemSlot(slot: number, value: Node): void {
    this.expect(value, "i64");
    this.written = true;
    this.emit({ kind: "writeState", offset: PeState.system + slot * 8, value });
  }
  /** Address of this instruction (i64), plus `bytes`. */
  pc(bytes = 0): Node {
    return plainNode("pc", "i64", bytes);
  }
  /** Address of this instruction plus a relative operand (i64). */
  pcRelative(target: RelativeOperand): Node {
    return plainNode("pc", "i64", 0, target);
  }

  // ---- expressions

  /** The WebAssembly operation `name` applied to `args`. */
  op(name: string, ...args: Node[]): Node {
    return this.lane(name, -1, ...args);
  }
  /** As {@link op}, for operations that take a lane number. */
  lane(name: string, lane: number, ...args: Node[]): Node {
    const o = operation(name);
    if (o.args.length !== args.length) this.fail(`${name} takes ${o.args.length} arguments, not ${args.length}`);
    if (o.lanes === 0 ? lane !== -1 : lane < 0 || lane >= o.lanes) this.fail(`${name} has no lane ${lane}`);
    o.args.forEach((type, i) => {
      this.expect(args[i]!, type);
    });
    return operationNode(name, o.result, args[0]!, args[1], args[2], lane);
  }
  private expect(node: Node, type: Type): void {
    if (node.type !== type) this.fail(`a ${type} was expected, not a ${node.type} (${node.kind} ${node.name})`);
  }
  private binary(name: string, a: Node, b: Node): Node {
    if (b.kind === "constant" && Number(b.value) === 0 && zeroIsNeutral.has(name)) return a;
    return this.op(`${a.type}.${name}`, a, b);
  }
  add(a: Node, b: Node): Node {
    return this.binary("add", a, b);
  }
  sub(a: Node, b: Node): Node {
    return this.binary("sub", a, b);
  }
  mul(a: Node, b: Node): Node {
    return this.binary("mul", a, b);
  }
  and(a: Node, b: Node): Node {
    return this.binary("and", a, b);
  }
  or(a: Node, b: Node): Node {
    return this.binary("or", a, b);
  }
  xor(a: Node, b: Node): Node {
    return this.binary("xor", a, b);
  }
  /** Bitwise complement of an integer. */
  not(a: Node): Node {
    return this.binary("xor", a, a.type === "i64" ? this.c64(-1) : this.c32(-1));
  }
  /** Shifts and rotates: the amount has the value's type and counts modulo its width. */
  shl(a: Node, amount: Node): Node {
    return this.binary("shl", a, amount);
  }
  shrU(a: Node, amount: Node): Node {
    return this.binary("shr_u", a, amount);
  }
  shrS(a: Node, amount: Node): Node {
    return this.binary("shr_s", a, amount);
  }
  rotr(a: Node, amount: Node): Node {
    return this.binary("rotr", a, amount);
  }
  eqz(a: Node): Node {
    return this.op(`${a.type}.eqz`, a);
  }
  eq(a: Node, b: Node): Node {
    return this.op(`${a.type}.eq`, a, b);
  }
  ne(a: Node, b: Node): Node {
    return this.op(`${a.type}.ne`, a, b);
  }
  ltU(a: Node, b: Node): Node {
    return this.op(`${a.type}.lt_u`, a, b);
  }
  ltS(a: Node, b: Node): Node {
    return this.op(`${a.type}.lt_s`, a, b);
  }
  gtU(a: Node, b: Node): Node {
    return this.op(`${a.type}.gt_u`, a, b);
  }
  gtS(a: Node, b: Node): Node {
    return this.op(`${a.type}.gt_s`, a, b);
  }
  geU(a: Node, b: Node): Node {
    return this.op(`${a.type}.ge_u`, a, b);
  }
  /** `condition` ? a : b, both evaluated. */
  select(condition: Node, a: Node, b: Node): Node {
    this.expect(condition, "i32");
    this.expect(b, a.type);
    return selectNode(condition, a, b);
  }
  /** i8x16.shuffle: byte i of the result is byte `bytes[i]` of a (0..15) or b (16..31). */
  shuffle(a: Node, b: Node, bytes: readonly number[]): Node {
    this.expect(a, "v128");
    this.expect(b, "v128");
    return shuffleNode(a, b, Uint8Array.from(bytes));
  }
  /** Low half of an i64; an i32 stays. */
  low32(a: Node): Node {
    return a.type === "i64" ? this.op("i32.wrap_i64", a) : a;
  }
  /** Zero-extends an i32 to i64; an i64 stays. */
  zeroExtend(a: Node): Node {
    return a.type === "i32" ? this.op("i64.extend_i32_u", a) : a;
  }
  signExtend(a: Node): Node {
    return a.type === "i32" ? this.op("i64.extend_i32_s", a) : a;
  }
  /** Evaluates now; the result may be used any number of times. */
  let(value: Node): Node {
    if (value.kind === "constant" || value.kind === "immediate") return value;
    const local = this.newLocal(value.type);
    this.emit({ kind: "let", local, value });
    return plainNode("local", value.type, local);
  }
  /** A local that may be assigned again, inside `if` and `while` too. */
  variable(initial: Node): Variable {
    const local = this.newLocal(initial.type);
    const node = plainNode("local", initial.type, local);
    const set = (value: Node): void => {
      this.expect(value, initial.type);
      this.emit({ kind: "let", local, value });
    };
    set(initial);
    return { type: initial.type, get: () => node, set };
  }
  /** Calls a routine now. */
  call(routine: Routine, ...args: Node[]): Node {
    if (routine.parameters.length !== args.length)
      this.fail(`${routine.name} takes ${routine.parameters.length} arguments`);
    routine.parameters.forEach((type, i) => {
      this.expect(args[i]!, type);
    });
    const local = this.newLocal(routine.result);
    const call: Call = { routine, args };
    this.emit({ kind: "call", local, call });
    return plainNode("local", routine.result, local);
  }

  // ---- flags

  /** 1 when the condition holds, else 0. A static number or an operand; 14 and 15 always hold. */
  condition(code: number | ConditionOperand): Node {
    if (typeof code === "number") return code >= 14 ? this.c32(1) : plainNode("condition", "i32", code);
    return plainNode("condition", "i32", 0, code);
  }
  /** One of PSTATE's N, Z, C, V as 0 or 1. */
  flag(which: "n" | "z" | "c" | "v"): Node {
    return plainNode("flag", "i32", "nzcv".indexOf(which));
  }
  /** Sets NZCV from an addition, a subtraction (a - b) or a logical result (C = V = 0). */
  setFlags(how: FlagsKind, width: Width, a: Node, b: Node, result: Node): void {
    const type = integerType(width);
    for (const node of [a, b, result]) {
      this.expect(node, type);
      if (node.kind !== "local" && node.kind !== "constant" && node.kind !== "immediate")
        this.fail("flags need let values");
    }
    this.written = true;
    this.emit({ kind: "flags", how, width, a, b, result });
  }
  /** Sets each flag from an i32 that is 0 or 1. */
  setNzcv(n: Node, z: Node, c: Node, v: Node): void {
    for (const node of [n, z, c, v]) this.expect(node, "i32");
    this.written = true;
    this.emit({ kind: "nzcv", n: this.let(n), z: this.let(z), c: this.let(c), v: this.let(v) });
  }

  // ---- memory

  /** Translates `size` bytes at `address`; the result (i32) is for {@link loadHost} and {@link storeHost}. */
  access(size: number, address: Node, write: boolean, options: AccessOptions = {}): Node {
    if (this.written) this.fail("memory access after an architectural write");
    this.expect(address, "i64");
    let flags = write ? AccessFlag.write : 0;
    const { alignment = 0, ...kinds } = options;
    for (const key of Object.keys(kinds) as (keyof typeof kinds)[]) if (kinds[key]) flags |= AccessFlag[key];
    flags |= alignment << accessAlignmentShift;
    const local = this.newLocal("i32");
    this.emit({ kind: "access", local, size, flags, address: this.let(address) });
    return plainNode("local", "i32", local);
  }
  /** Loads at a host address, now. */
  loadHost(name: LoadName, host: Node, offset = 0): Node {
    return this.let(loadNode(name, loads[name].type, host, offset));
  }
  storeHost(name: StoreName, host: Node, value: Node, offset = 0): void {
    if (this.written) this.fail("store after an architectural write");
    this.expect(value, stores[name].type);
    this.emit({ kind: "store", name, host, offset, value });
  }
  /** Translates and loads, now. */
  load(name: LoadName, address: Node, options?: AccessOptions): Node {
    return this.loadHost(name, this.access(loads[name].bytes, address, false, options));
  }
  /** Translates and stores. `value` is evaluated after the access succeeded. */
  store(name: StoreName, address: Node, value: Node, options?: AccessOptions): void {
    this.storeHost(name, this.access(stores[name].bytes, address, true, options), value);
  }
  /** For an access whose base is SP: faults when SP must be, and is not, 16-byte aligned. */
  checkStackAlignment(): void {
    this.emit({ kind: "checkStackAlignment" });
  }

  // ---- control

  /** `then` runs when `condition` is not zero, else `otherwise`. */
  if(condition: Node, then: () => void, otherwise?: () => void): void {
    this.branchStatement(condition, false, then, otherwise);
  }
  /** As {@link if}, for an arm that is rarely taken. */
  ifUnlikely(condition: Node, then: () => void, otherwise?: () => void): void {
    this.branchStatement(condition, true, then, otherwise);
  }
  private branchStatement(condition: Node, unlikely: boolean, then: () => void, otherwise?: () => void): void {
    this.expect(condition, "i32");
    const written = this.written;
    const a = this.nested(then);
    const after = this.written;
    this.written = written;
    const b = otherwise ? this.nested(otherwise) : [];
    this.written ||= after;
    this.emit({ kind: "if", condition, unlikely, taken: a, otherwise: b });
  }
  private nested(body: () => void): Statement[] {
    const outer = this.statements;
    const inner: Statement[] = [];
    this.statements = inner;
    body();
    this.statements = outer;
    return inner;
  }
  /** Repeats `body` while `condition` (a node over variables, evaluated each round) is not zero. */
  while(condition: Node, body: () => void): void {
    this.expect(condition, "i32");
    this.emit({ kind: "while", condition, body: this.nested(body) });
  }
  /** Routines only: ends with `value`. */
  return(value: Node): void {
    if (!this.routine) this.fail("only a routine returns");
    this.emit({ kind: "return", value });
  }
  /** Continues at a fixed distance. */
  branch(target: RelativeOperand, purpose: BranchKind = "jump"): void {
    this.emit({ kind: "branch", condition: undefined, target, purpose });
  }
  branchIf(condition: Node, target: RelativeOperand): void {
    this.expect(condition, "i32");
    this.emit({ kind: "branch", condition, target, purpose: "jump" });
  }
  /** Continues at an address. */
  branchTo(target: Node, purpose: BranchKind): void {
    this.expect(target, "i64");
    this.emit({ kind: "branchTo", target, purpose });
  }
  /** Leaves for the machine with an i32 argument; for `msr` and `sys` also an i64 value. */
  environment(name: EnvironmentName, argument: Node, value?: Node): void {
    this.expect(argument, "i32");
    this.emit({ kind: "environment", name, argument, value, local: undefined });
  }
  /** As {@link environment}, for `mrs` and `sysl`: gives the i64 that the machine answers. */
  environmentValue(name: EnvironmentName, argument: Node, value?: Node): Node {
    this.expect(argument, "i32");
    const local = this.newLocal("i64");
    this.emit({ kind: "environment", name, argument, value, local });
    return plainNode("local", "i64", local);
  }
  /** Ends this instruction as UNDEFINED. Semantics return after it. */
  undefined(): void {
    this.environment("undefined", this.c32(0));
  }
}

const zeroIsNeutral: ReadonlySet<string> = new Set(["add", "sub", "or", "xor", "shl", "shr_u", "shr_s", "rotr"]);

/**
 * Defines a routine: `write` records its body, given its parameters, and ends with `pe.return`. `fused` is another way to do
 * the same, see {@link Routine.fused}.
 */
export function routine(
  name: string,
  parameters: readonly Type[],
  result: Type,
  write: (pe: Builder, ...parameters: Node[]) => void,
  fused?: Routine,
): Routine {
  const record = (): ReturnType<Builder["finish"]> => {
    const pe = new Builder(name, true);
    const nodes = parameters.map((type) => plainNode("local", type, pe.locals.push(type) - 1));
    write(pe, ...nodes);
    return pe.finish();
  };
  return new LazyRoutine(name, parameters, result, record, fused);
}

export { Node, reveal };
