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

/** What is compiled for a routine: on hosts that fuse multiplication and addition there may be a shorter way. */
function implementation(r: Routine, fused: boolean): Routine {
  return fused && r.fused !== undefined ? r.fused : r;
}

/** `roots` and all that they call, less what `known` is true for; `fused` as in {@link RoutineLibrary}. */
export function withCallees(
  roots: Iterable<Routine>,
  fused: boolean,
  known: (r: Routine) => boolean = () => false,
): Routine[] {
  const wanted = new Set<Routine>();
  const visit = (r: Routine): void => {
    if (wanted.has(r) || known(r)) return;
    wanted.add(r);
    for (const c of routinesOf(implementation(r, fused).body)) visit(c);
  };
  for (const r of roots) visit(r);
  return [...wanted];
}

/**
 * Defines and exports declared routines in a module; `indices` leads to them and to what they call. {@link RoutineLibrary.adopt}
 * knows the exports.
 */
export function defineRoutines(
  module: ModuleBuilder,
  list: readonly Routine[],
  fused: boolean,
  indices: ReadonlyMap<Routine, number>,
): void {
  const code = new Code(1024);
  for (const r of list) {
    code.clear();
    const { body, locals, parameters } = implementation(r, fused);
    const lowering = new RoutineLowering(code, r, indices);
    lowering.statements(body);
    code.u8(op.unreachable).u8(op.end);
    module.define(indices.get(r)!, locals.slice(parameters.length), code, lowering.unlikely);
    module.exportFunction(exportName(r), indices.get(r)!);
  }
}

function exportName(r: Routine): string {
  return `routine ${r.name}`;
}

/** Compiles routines on first use, each with those it calls, and hands out their functions. */
export class RoutineLibrary {
  private readonly compiled = new Map<Routine, WebAssembly.ExportValue>();
  /** Exports of modules that have routines in them. */
  private readonly adopted: WebAssembly.Exports[] = [];
  private readonly names = new Map<string, Routine>();

  /** @param fused whether to use what needs `f64x2.relaxed_madd` with one rounding. */
  constructor(
    private readonly memory: WebAssembly.Memory,
    readonly fused: boolean = hasFusedMultiplyAdd(),
  ) {}

  /** Takes the routines among an instance's exports: they were made by {@link defineRoutines}, with `fused` as it is here. */
  adopt(exports: WebAssembly.Exports): void {
    this.adopted.push(exports);
  }

  private known(r: Routine): WebAssembly.ExportValue | undefined {
    const known = this.compiled.get(r);
    if (known !== undefined) return known;
    // Modules know routines by name: two that share one could be taken for each other.
    if ((this.names.get(r.name) ?? r) !== r) throw new Error(`two routines are called ${r.name}`);
    this.names.set(r.name, r);
    const name = exportName(r);
    const adopted = this.adopted.find((exports) => exports[name] !== undefined)?.[name];
    if (adopted !== undefined) this.compiled.set(r, adopted);
    return adopted;
  }

  /** The compiled function: parameters are the PE's base address and then the routine's own. */
  function(routine: Routine): WebAssembly.ExportValue {
    const known = this.known(routine);
    if (known !== undefined) return known;
    const { fused } = this;
    const wanted = withCallees([routine], fused, (r) => this.known(r) !== undefined);
    const module = new ModuleBuilder();
    const imports: { [name: string]: WebAssembly.ImportValue } = { memory: this.memory };
    const indices = new Map<Routine, number>();
    for (const r of wanted) {
      for (const c of routinesOf(implementation(r, fused).body)) {
        const f = this.known(c);
        if (f === undefined || indices.has(c)) continue;
        const name = `r${indices.size}`;
        imports[name] = f as WebAssembly.ImportValue;
        indices.set(c, module.importFunction(name, signature(c)));
      }
    }
    for (const r of wanted) indices.set(r, module.declare(signature(r)));
    defineRoutines(module, wanted, fused, indices);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { m: imports });
    for (const r of wanted) this.compiled.set(r, instance.exports[exportName(r)]!);
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
