import type { Routine, Type } from "../ir/index.js";
import type { InstructionTable } from "../isa/table.js";
import { type Template, templateName } from "../isa/template.js";
import { ModuleBuilder } from "../wasm/module.js";
import { defineRoutines, routinesOf, signature, withCallees } from "../wasm/routines.js";
import { defineCold } from "./cold-operations.js";
import { defineCrossings } from "./crossings.js";
import { defineInterpreter, defineLanding } from "./interpreter.js";
import type { MachineCalls } from "./machine-calls.js";

/** A threshold that a record's heat never reaches. */
export const neverHot = 0x2_0000;

/** What a core module depends on: two with the same facts are the same to the byte. */
export interface CoreFacts {
  /** Of the PEs. */
  readonly features: ReadonlySet<string>;
  /** Arrivals by branch after which `Exit.hot` is returned; {@link neverHot}: never. */
  readonly hotThreshold: number;
  /** Whether the instructions are those that tell observers (isa/observed.ts). */
  readonly observed: boolean;
  /** Whether routines use `f64x2.relaxed_madd`. */
  readonly fused: boolean;
}

/** What the core module gives. */
export interface Core {
  /** Runs the PE from its pc until something needs the machine. */
  run(pe: number): number;
  /** As {@link run}, without regions. */
  interpret(pe: number): number;
  /** The exact interpreter alone: runs as many instructions as the PE's budget says. `arrived` is 0. */
  step(pe: number, arrived: 0): number;
  /** Looks up the PE's pc in its jump cache and runs the region there: what regions tail-call. */
  readonly dispatch: WebAssembly.ExportValue;
  /** (pe, expected pc, exit code) to exit code: what regions call when a call of theirs didn't simply return. */
  readonly resume: WebAssembly.ExportValue;
  /** (pe, operation, argument): the machine's `environment`, but for what code can do by itself (crossings.ts). */
  readonly environment: WebAssembly.ExportValue;
  /** Takes the interrupt that comes first, before the instruction at pc; answers 0 where the machine must (crossings.ts). */
  interrupt(pe: number): number;
  /** See landingCheck in interpreter.ts. */
  readonly landing: WebAssembly.ExportValue;
  /** A region that isn't there (any more): runs the one that is, or answers `Exit.hot`, so that the machine finds out. */
  readonly stale: WebAssembly.ExportValue;
}

/** What a core module says of itself, in a custom section. */
interface Description {
  readonly facts: string;
  /** Names of the templates that the main switch handles, in the order of their numbers. */
  readonly hot: readonly string[];
  /** Names of further templates, whose functions it puts into the cold table, in order. */
  readonly warm: readonly string[];
}

const section = "trapeze.core";

/** Facts as text: what tells a core module from others. */
function factsText({ features, hotThreshold, observed, fused }: CoreFacts): string {
  return [hotThreshold, observed ? "observed" : "plain", fused ? "fused" : "portable", ...[...features].sort()].join(
    " ",
  );
}

/** Name under which a core module may be kept: digits of a hash (FNV-1a) of its facts. */
export function coreModuleName(facts: CoreFacts): string {
  let hash = 0x811c_9dc5;
  for (const c of factsText(facts)) hash = Math.imul(hash ^ c.charCodeAt(0), 0x0100_0193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** The templates of words that are in a table. */
export function templatesOf(
  words: readonly number[],
  table: InstructionTable,
  features: ReadonlySet<string>,
): Template[] {
  const found = new Set<Template>();
  for (const word of words) {
    const instruction = table.decode(word, features);
    if (instruction !== undefined) found.add(instruction.template);
  }
  return [...found];
}

/**
 * The bytes of a core module: the dispatcher, both variants of the interpreter, and the routines that they call.
 *
 * @param facts.table what `facts.observed` says: the instructions.
 * @param facts.hotWords a word of each template that the main switch handles; those not in the table are left out.
 * @param facts.warmWords a word of each template that there is to be a function for beside it.
 */
export function makeCoreModule(
  facts: CoreFacts & {
    readonly table: InstructionTable;
    readonly hotWords: readonly number[];
    readonly warmWords?: readonly number[];
  },
): Uint8Array<ArrayBuffer> {
  const { table, features, fused, hotThreshold, warmWords = [] } = facts;
  const hot = templatesOf(facts.hotWords, table, features);
  const warm = templatesOf(warmWords, table, features).filter((t) => !hot.includes(t));
  const module = new ModuleBuilder();
  const access = module.importFunction("access", { parameters: ["i32", "i32"], results: ["i32"] });
  const toMachine = { parameters: ["i32", "i32", "i32"] as Type[], results: ["i32"] as Type[] };
  const machine = module.importFunction("environment", toMachine);
  const fetch = module.importFunction("fetch", { parameters: ["i32"], results: ["i32"] });
  const decode = module.importFunction("decode", { parameters: ["i32", "i32"], results: ["i32"] });
  const regions = module.importTable("regions");
  const coldTable = module.importTable("cold");
  const called = [...hot, ...warm].flatMap((t) => [...routinesOf(t.body)]);
  const list = withCallees(called, fused);
  const routines = new Map<Routine, number>(list.map((r) => [r, module.declare(signature(r))]));
  defineRoutines(module, list, fused, routines);
  const landing = defineLanding(module);
  const environment = module.declare(toMachine);
  module.exportFunction("interrupt", defineCrossings(module, environment, machine, features));
  module.exportFunction("environment", environment);
  const imports = { access, environment, landing, routines };
  defineInterpreter(module, { hot, imports, fetch, decode, coldTable, hotThreshold }, regions);
  const cold = warm.map((template) => defineCold(module, template, { access, environment, routines }));
  if (cold.length > 0) module.fillTable(coldTable, cold);
  const description: Description = {
    facts: factsText(facts),
    hot: hot.map(templateName),
    warm: warm.map(templateName),
  };
  module.customSection(section, new TextEncoder().encode(JSON.stringify(description)));
  return module.finish();
}

/** A core module that was made of these facts, compiled by the host; undefined when it was made of others. */
export class CoreModule {
  private constructor(
    private readonly module: WebAssembly.Module,
    private readonly description: Description,
  ) {}

  /** @throws when `bytes` aren't a core module's. */
  static compile(bytes: Uint8Array<ArrayBuffer>): CoreModule {
    const module = new WebAssembly.Module(bytes);
    const [description] = WebAssembly.Module.customSections(module, section);
    if (description === undefined) throw new Error("a core module doesn't say what it is");
    return new CoreModule(module, JSON.parse(new TextDecoder().decode(description)) as Description);
  }

  /** Whether it was made of these facts. */
  fits(facts: CoreFacts): boolean {
    return this.description.facts === factsText(facts);
  }

  instantiate(imports: {
    readonly memory: WebAssembly.Memory;
    readonly calls: MachineCalls;
    /** Functions of operations outside the main switch, by operation number - (firstHotOperation + hot.length): see makeColdTable. */
    readonly coldTable: WebAssembly.Table;
    /** Compiled regions by slot. */
    readonly regionTable: WebAssembly.Table;
  }): CoreInstance {
    const { memory, calls, coldTable, regionTable } = imports;
    const { exports } = new WebAssembly.Instance(this.module, {
      m: {
        memory,
        cold: coldTable,
        regions: regionTable,
        access: calls.access,
        environment: calls.environment,
        fetch: calls.fetch,
        decode: calls.decode,
      },
    });
    const core = exports as unknown as Core;
    // What the jump cache's empty entries lead to when pc is 0, as they say.
    regionTable.set(0, core.stale as CallableFunction);
    const { hot, warm } = this.description;
    return { core, exports, hot, warm };
  }
}

/** A core module that has been joined to a machine. */
export interface CoreInstance {
  readonly core: Core;
  /** With the routines in it: see {@link RoutineLibrary.adopt}. */
  readonly exports: WebAssembly.Exports;
  /** Names of the templates that the main switch handles, in the order of their numbers. */
  readonly hot: readonly string[];
  /** Names of the templates whose functions are in the first slots of the cold table, in order. */
  readonly warm: readonly string[];
}
