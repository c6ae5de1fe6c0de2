import type { Routine } from "../ir/index.js";
import type { Instruction } from "../isa/template.js";
import { Code } from "../wasm/code.js";
import { hasFusedMultiplyAdd } from "../wasm/fused.js";
import { ModuleBuilder } from "../wasm/module.js";
import { defineRoutines, type RoutineLibrary, routinesOf, signature, withCallees } from "../wasm/routines.js";
import { type ControlFlow, discover, type RegionLimits } from "./control-flow.js";
import { regionFacts } from "./region-facts.js";
import { RegionLowering } from "./region-lowering.js";

/** A region about to be compiled. */
export interface RegionPlan {
  readonly flow: ControlFlow;
}

/** What regions import besides memory and routines. */
export interface RegionEnvironment {
  readonly memory: WebAssembly.Memory;
  readonly routines: RoutineLibrary;
  /** The core module's dispatcher. */
  readonly dispatch: WebAssembly.ExportValue;
  /** The core module's loop, for calls that don't simply return. */
  readonly resume: WebAssembly.ExportValue;
  /** The core module's check of where indirect branches land. */
  readonly landing: WebAssembly.ExportValue;
  /** The core module's: system instructions. */
  readonly environment: WebAssembly.ExportValue;
  /** Of compiled regions, by slot. */
  readonly regions: WebAssembly.Table;
}

/** Plans the region that starts at an instruction; undefined when it can't be fetched. See {@link discover}. */
export function planRegion(
  fetch: (offset: number) => Instruction | undefined,
  limits: RegionLimits,
  arrivals?: (offset: number) => readonly number[],
  callee?: (register: number) => number | undefined,
): RegionPlan | undefined {
  const flow = discover(fetch, limits, arrivals, callee);
  return flow === undefined ? undefined : { flow };
}

/** Compiles regions, all into one module; gives their functions in order. */
export function compileRegions(plans: readonly RegionPlan[], env: RegionEnvironment): WebAssembly.ExportValue[] {
  const { module, routines } = regionModule(plans, "imported");
  const exports = instantiateRegions(new WebAssembly.Module(module), env, routines);
  return plans.map((_, i) => exports[String(i)]!);
}

/** The functions of a module of regions. `routines`: those that it imports, by import name. */
export function instantiateRegions(
  module: WebAssembly.Module,
  env: RegionEnvironment,
  routines: ReadonlyMap<Routine, string> = new Map(),
): WebAssembly.Exports {
  const imports: { [name: string]: WebAssembly.ImportValue } = {
    memory: env.memory,
    dispatch: env.dispatch as WebAssembly.ImportValue,
    resume: env.resume as WebAssembly.ImportValue,
    landing: env.landing as WebAssembly.ImportValue,
    environment: env.environment as WebAssembly.ImportValue,
    regions: env.regions,
  };
  for (const [r, name] of routines) imports[name] = env.routines.function(r) as WebAssembly.ImportValue;
  return new WebAssembly.Instance(module, { m: imports }).exports;
}

/**
 * The module's bytes, and the routines that it imports, by import name: none when they are to be inside, for a module that needs
 * nothing but a core.
 */
export function regionModule(
  plans: readonly RegionPlan[],
  where: "imported" | "inside",
): { module: Uint8Array<ArrayBuffer>; routines: ReadonlyMap<Routine, string> } {
  const module = new ModuleBuilder();
  const peToCode = { parameters: ["i32" as const], results: ["i32" as const] };
  const dispatch = module.importFunction("dispatch", peToCode);
  const resume = module.importFunction("resume", { parameters: ["i32", "i64", "i32"], results: ["i32"] });
  const landing = module.importFunction("landing", {
    parameters: ["i32", "i64", "i32"],
    results: ["i32"],
  });
  const environment = module.importFunction("environment", {
    parameters: ["i32", "i32", "i32"],
    results: ["i32"],
  });
  const regions = module.importTable("regions");
  const used = new Set<Routine>();
  for (const { flow } of plans) {
    for (const b of flow.blocks) for (const i of b.instructions) for (const r of templateRoutines(i)) used.add(r);
  }
  const names = new Map<Routine, string>();
  if (where === "imported") for (const r of used) names.set(r, `r${names.size}`);
  const indices = new Map<Routine, number>();
  for (const [r, name] of names) indices.set(r, module.importFunction(name, signature(r)));
  if (where === "inside") {
    const fused = hasFusedMultiplyAdd();
    const list = withCallees(used, fused);
    for (const r of list) indices.set(r, module.declare(signature(r)));
    defineRoutines(module, list, fused, indices);
  }
  const functions = plans.map(() => module.declare(peToCode));
  const code = new Code(32768);
  plans.forEach(({ flow }, i) => {
    code.clear();
    const lowering = new RegionLowering(code, flow, regionFacts(flow), {
      self: functions[i]!,
      dispatch,
      resume,
      landing,
      environment,
      routines: indices,
      regions,
      regionType: module.type(peToCode),
    });
    lowering.emit();
    module.define(functions[i]!, lowering.localTypes, code, lowering.unlikely);
    module.exportFunction(String(i), functions[i]!);
  });
  return { module: module.finish(), routines: names };
}

const routinesByTemplate = new WeakMap<object, ReadonlySet<Routine>>();

function templateRoutines(i: Instruction): ReadonlySet<Routine> {
  let found = routinesByTemplate.get(i.template);
  if (found === undefined) {
    found = routinesOf(i.template.body);
    routinesByTemplate.set(i.template, found);
  }
  return found;
}
