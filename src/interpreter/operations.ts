import type { InstructionTable } from "../isa/table.js";
import { type Instruction, type Template, templateName } from "../isa/template.js";
import { type RoutineLibrary, routinesOf } from "../wasm/routines.js";
import { compileBreakpoint, compileCold } from "./cold-operations.js";
import { type CoreInstance, templatesOf } from "./core-module.js";
import type { MachineCalls } from "./machine-calls.js";
import { firstHotOperation, RecordLayout, type RecordMemory, writeOperands } from "./record.js";

/** Cold operations that may exist: u16 numbers, less those with a fixed meaning. */
const coldCapacity = 16384;

/** The table that their functions are in. */
export function makeColdTable(): WebAssembly.Table {
  return new WebAssembly.Table({ element: "anyfunc", initial: coldCapacity });
}

/** Templates compiled one at a time after which a guest is taken for one that will use the warm ones too. */
const singlesBeforeWarm = 16;

/**
 * Which operation number each template has: templates of the main switch by their place in it, others as they turn up, by
 * functions of the cold table. The core module may have functions of the warm ones; others are compiled here: one at a time
 * at first, as a small program needs few of them, and then the warm ones together, as a module costs more than a template.
 */
export class OperationNumbers {
  /** By template id; undefined for templates that have no number yet. */
  private readonly numbers: (number | undefined)[] = [];
  /** Slots of the cold table that are taken. */
  private slots: number;
  private singles = 0;
  private breakpointNumber: number | undefined;
  /** By name: those that the core module has. */
  private readonly made: ReadonlyMap<string, number>;

  /** @param warmWords a word of each template that is compiled with others. */
  constructor(
    private readonly table: InstructionTable,
    private readonly features: ReadonlySet<string>,
    private readonly core: CoreInstance,
    private readonly coldTable: WebAssembly.Table,
    private readonly warmWords: readonly number[],
    private readonly memory: WebAssembly.Memory,
    private readonly routines: RoutineLibrary,
  ) {
    this.made = new Map([...core.hot, ...core.warm].map((name, i) => [name, firstHotOperation + i]));
    this.slots = core.warm.length;
  }

  /** Those with routines wait until they are met: compiling routines takes longer. */
  private warm(): Template[] {
    return templatesOf(this.warmWords, this.table, this.features).filter((t) => routinesOf(t.body).size === 0);
  }

  /** The number of `template`, if it needn't be compiled. */
  private known(template: Template): number | undefined {
    const known = this.numbers[template.id];
    if (known !== undefined) return known;
    return (this.numbers[template.id] = this.made.get(templateName(template)));
  }

  /** Puts a function into the cold table; gives its operation number. */
  private place(operation: WebAssembly.ExportValue): number {
    if (this.slots === coldCapacity) throw new Error("more kinds of instruction than the interpreter has numbers for");
    this.coldTable.set(this.slots, operation as CallableFunction);
    return firstHotOperation + this.core.hot.length + this.slots++;
  }

  /** The number of `template`, which is compiled when it is new. */
  number(template: Template, calls: MachineCalls): number {
    const known = this.known(template);
    if (known !== undefined) return known;
    const withWarm = this.core.warm.length === 0 && ++this.singles === singlesBeforeWarm;
    this.compile(withWarm ? [...new Set([template, ...this.warm()])] : [template], calls);
    return this.numbers[template.id]!;
  }

  /** The number of the operation that leaves with `Exit.breakpoint`; compiled when it is wanted first. */
  get breakpoint(): number {
    return (this.breakpointNumber ??= this.place(compileBreakpoint(this.memory)));
  }

  /** Compiles templates outside the main switch, all in one module. */
  private compile(templates: readonly Template[], calls: MachineCalls): void {
    const fresh = templates.filter((t) => this.known(t) === undefined);
    if (fresh.length === 0) return;
    const functions = compileCold({ memory: this.memory, templates: fresh, calls, routines: this.routines });
    fresh.forEach((t, i) => {
      this.numbers[t.id] = this.place(functions[i]!);
    });
  }

  /** Fills the record at `address`; its heat stays. */
  writeRecord(memory: RecordMemory, address: number, instruction: Instruction, calls: MachineCalls): number {
    const number = this.number(instruction.template, calls);
    writeOperands(memory, address, instruction);
    memory.u16[(address + RecordLayout.operation) >> 1] = number;
    return number;
  }
}
