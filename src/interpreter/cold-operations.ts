import { type BranchKind, PeState, type Routine, type Type } from "../ir/index.js";
import type { Template } from "../isa/template.js";
import { Code, op } from "../wasm/code.js";
import { ModuleBuilder } from "../wasm/module.js";
import { type RoutineLibrary, routinesOf, signature } from "../wasm/routines.js";
import { Exit } from "./exit.js";
import { type InterpreterImports, type InterpreterLocals, InterpreterLowering } from "./interpreter-lowering.js";
import type { MachineCalls } from "./machine-calls.js";

/** Signature of a cold operation: (pe, record, delta) to 0 (next), 1 (pc was set: go there) or 2 + exit code * 2 + retired. */
export const coldSignature = { parameters: ["i32", "i32", "i64"] as Type[], results: ["i32"] as Type[] };

/** An operation outside the main switch, as a function of its own. */
class ColdLowering extends InterpreterLowering {
  protected tlb(): void {
    this.loadState(PeState.tlb, "i32");
  }
  protected prepareCall(): void {
    this.storePc();
  }
  protected leave(code: number, retired: boolean): void {
    this.i32(2 + code * 2 + (retired ? 1 : 0));
    this.code.u8(op.return);
  }
  protected jumpRelative(push: () => void): void {
    this.storeState(PeState.pc, "i64", () => {
      this.pc(0);
      push();
      this.code.u8(0xac).u8(op.i64Add);
    });
    this.i32(1);
    this.code.u8(op.return);
  }
  protected jumpTo(local: number, purpose: BranchKind): void {
    if (purpose !== "return") this.arriveByBranch(purpose, local, () => this.leave(Exit.attention, true));
    this.storeState(PeState.pc, "i64", () => this.get(local));
    this.i32(1);
    this.code.u8(op.return);
  }
}

/** Compiles the operation that a debugger puts in an instruction's place: pc is stored, and `Exit.breakpoint` answered. */
export function compileBreakpoint(memory: WebAssembly.Memory): WebAssembly.ExportValue {
  const module = new ModuleBuilder();
  const index = module.declare(coldSignature);
  const code = new Code(64);
  const [pe, record, delta] = [0, 1, 2];
  code.u8(op.localGet).u32(pe);
  code.u8(op.localGet).u32(record).u8(op.i32Const).s32(2).u8(op.i32ShrU).u8(op.i64ExtendI32U);
  code.u8(op.localGet).u32(delta).u8(op.i64Add).u8(op.i64Store).u8(3).u32(PeState.pc);
  code
    .u8(op.i32Const)
    .s32(2 + Exit.breakpoint * 2)
    .u8(op.end);
  module.define(index, [], code);
  module.exportFunction("breakpoint", index);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { m: { memory } });
  return instance.exports["breakpoint"]!;
}

/** Declares and defines the function of a template; gives its index. */
export function defineCold(module: ModuleBuilder, template: Template, imports: InterpreterImports): number {
  const index = module.declare(coldSignature);
  const types: Type[] = [];
  const locals: InterpreterLocals = { pe: 0, record: 1, delta: 2, allocate: (type) => types.push(type) + 2 };
  const code = new Code(256);
  new ColdLowering(code, template, locals, imports).emit();
  code.u8(op.i32Const).s32(0).u8(op.end);
  module.define(index, types, code);
  return index;
}

/** Compiles templates into functions of {@link coldSignature}, all in one module. */
export function compileCold(options: {
  readonly memory: WebAssembly.Memory;
  readonly templates: readonly Template[];
  readonly calls: MachineCalls;
  readonly routines: RoutineLibrary;
}): WebAssembly.ExportValue[] {
  const { memory, templates, calls, routines } = options;
  const module = new ModuleBuilder();
  const imports: { [name: string]: WebAssembly.ImportValue } = {
    memory,
    access: calls.access,
    environment: calls.environment,
  };
  const access = module.importFunction("access", { parameters: ["i32", "i32"], results: ["i32"] });
  const environment = module.importFunction("environment", { parameters: ["i32", "i32", "i32"], results: ["i32"] });
  const routineIndices = new Map<Routine, number>();
  for (const t of templates) {
    for (const r of routinesOf(t.body)) {
      if (routineIndices.has(r)) continue;
      const name = `r${routineIndices.size}`;
      imports[name] = routines.function(r) as WebAssembly.ImportValue;
      routineIndices.set(r, module.importFunction(name, signature(r)));
    }
  }
  templates.forEach((template, i) => {
    const index = defineCold(module, template, { access, environment, routines: routineIndices });
    module.exportFunction(String(i), index);
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { m: imports });
  return templates.map((_, i) => instance.exports[String(i)]!);
}
