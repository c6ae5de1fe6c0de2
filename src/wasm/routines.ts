import type { Routine, Statement, Type } from "../ir/index.js";
import { Code, op } from "./code.js";
import { hasFusedMultiplyAdd } from "./fused.js";
import { Lowering } from "./lowering.js";
import { ModuleBuilder } from "./module.js";

/** Routines that the body of `r` calls directly. */
function callees(list: readonly Statement[], found: Set<Routine>): Set<Routine> {
  for (const s of list) {
    if (s.kind === "call") found.add(s.call.routine);
    else if (s.kind === "if") callees(s.otherwise, callees(s.taken, found));
    else if (s.kind === "while") callees(s.body, found);
  }
  return found;
}

/** Routines that a template body calls directly. */
export function routinesOf(body: readonly Statement[]): ReadonlySet<Routine> {
  return callees(body, new Set());
}

/** Compiles routines on first use, each with those it calls, and hands out their functions. */
export class RoutineLibrary {
  private readonly compiled = new Map<Routine, WebAssembly.ExportValue>();

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly fused: boolean = hasFusedMultiplyAdd(),
  ) {}

  /** What is compiled for a routine: on this host there may be a shorter way. */
  private implementation(r: Routine): Routine {
    return this.fused && r.fused !== undefined ? r.fused : r;
  }

  /** The compiled function: parameters are the PE's base address and then the routine's own. */
  function(routine: Routine): WebAssembly.ExportValue {
    const known = this.compiled.get(routine);
    if (known !== undefined) return known;
    const wanted: Routine[] = [];
    const visit = (r: Routine): void => {
      if (wanted.includes(r) || this.compiled.has(r)) return;
      wanted.push(r);
      for (const c of routinesOf(this.implementation(r).body)) visit(c);
    };
    visit(routine);
    const module = new ModuleBuilder();
    const imports: { [name: string]: WebAssembly.ImportValue } = { memory: this.memory };
    const indices = new Map<Routine, number>();
    for (const r of wanted) {
      for (const c of routinesOf(this.implementation(r).body)) {
        const f = this.compiled.get(c);
        if (f === undefined || indices.has(c)) continue;
        const name = `r${indices.size}`;
        imports[name] = f as WebAssembly.ImportValue;
        indices.set(c, module.importFunction(name, signature(c)));
      }
    }
    for (const r of wanted) indices.set(r, module.declare(signature(r)));
    wanted.forEach((r, i) => {
      const code = new Code();
      const { body, locals, parameters } = this.implementation(r);
      const lowering = new RoutineLowering(code, r, indices);
      lowering.statements(body);
      code.u8(op.unreachable).u8(op.end);
      module.define(indices.get(r)!, locals.slice(parameters.length), code, lowering.unlikely);
      module.exportFunction(String(i), indices.get(r)!);
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { m: imports });
    wanted.forEach((r, i) => {
      this.compiled.set(r, instance.exports[String(i)]!);
    });
    return this.compiled.get(routine)!;
  }
}

/** WebAssembly signature of a compiled routine. */
export function signature(r: Routine): { parameters: Type[]; results: Type[] } {
  return { parameters: ["i32", ...r.parameters], results: [r.result] };
}

/** A routine's body: local 0 is the PE's base address, then the routine's own locals in order. */
class RoutineLowering extends Lowering {
  constructor(
    code: Code,
    private readonly self: Routine,
    private readonly indices: ReadonlyMap<Routine, number>,
  ) {
    super(code);
  }
  private refuse(what: string): never {
    throw new Error(`routine ${this.self.name} uses ${what}, which only an instruction may`);
  }
  protected local(number: number): number {
    return number + 1;
  }
  protected peBase(): void {
    this.get(0);
  }
  protected routine(r: Routine): number {
    return this.indices.get(r)!;
  }
  protected readX(): void {
    this.refuse("an X register");
  }
  protected writeX(): void {
    this.refuse("an X register");
  }
  protected readV(): void {
    this.refuse("a V register");
  }
  protected writeV(): void {
    this.refuse("a V register");
  }
  protected immediate(): void {
    this.refuse("an immediate");
  }
  protected condition(): void {
    this.refuse("a condition");
  }
  protected flag(): void {
    this.refuse("a flag");
  }
  protected pc(): void {
    this.refuse("the pc");
  }
  protected flags(): void {
    this.refuse("flags");
  }
  protected access(): void {
    this.refuse("guest memory");
  }
  protected checkStackAlignment(): void {
    this.refuse("guest memory");
  }
  protected branch(): void {
    this.refuse("a branch");
  }
  protected environment(): void {
    this.refuse("the environment");
  }
}
