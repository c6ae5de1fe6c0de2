import type { InstructionTable } from "../isa/table.js";
import type { Instruction, Template } from "../isa/template.js";
import { type RoutineLibrary, routinesOf } from "../wasm/routines.js";
import { compileBreakpoint, compileCold, type MachineCalls } from "./interpreter.js";
import { firstHotOperation, RecordLayout, type RecordMemory, writeOperands } from "./record.js";

/** Cold operations that may exist: u16 numbers, less those with a fixed meaning. */
const coldCapacity = 16384;

/** Templates compiled one at a time after which a guest is taken for one that will use the warm ones too. */
const singlesBeforeWarm = 16;

/**
 * Which operation number each template has: templates of the main switch by their place in it, others as they turn up,
 * compiled into functions of the cold table: one at a time at first, as a small program needs few of them, and then the
 * warm ones together, as a module costs more than a template.
 */
export class OperationNumbers {
  /** By template id; undefined for templates that have no number yet. */
  private readonly numbers: (number | undefined)[] = [];
  private readonly compiled: (Template | undefined)[] = [];
  private singles = 0;
  private breakpointNumber: number | undefined;
  readonly hot: readonly Template[];
  readonly coldTable = new WebAssembly.Table({ element: "anyfunc", initial: coldCapacity });

  /**
   * @param hotWords a word of each template that the main switch handles; those not in `table` are left out.
   * @param warmWords the same for those that are compiled together.
   */
  constructor(
    private readonly table: InstructionTable,
    private readonly features: ReadonlySet<string>,
    hotWords: readonly number[],
    private readonly warmWords: readonly number[],
    private readonly memory: WebAssembly.Memory,
    private readonly routines: RoutineLibrary,
  ) {
    const hot = this.templates(hotWords);
    this.hot = hot;
    hot.forEach((t, i) => {
      this.numbers[t.id] = firstHotOperation + i;
    });
  }

  private templates(words: readonly number[]): Template[] {
    const found = new Set<Template>();
    for (const word of words) {
      const instruction = this.table.decode(word, this.features);
      if (instruction !== undefined) found.add(instruction.template);
    }
    return [...found];
  }

  /** Those with routines wait until they are met: compiling routines takes longer. */
  private warm(): Template[] {
    return this.templates(this.warmWords).filter((t) => routinesOf(t.body).size === 0);
  }

  /** The number of `template`, which is compiled when it is new. */
  number(template: Template, calls: MachineCalls): number {
    const known = this.numbers[template.id];
    if (known !== undefined) return known;
    this.compile(++this.singles === singlesBeforeWarm ? [...new Set([template, ...this.warm()])] : [template], calls);
    return this.numbers[template.id]!;
  }

  /** The number of the operation that leaves with `Exit.breakpoint`; compiled when it is wanted first. */
  get breakpoint(): number {
    if (this.breakpointNumber === undefined) {
      const slot = this.compiled.push(undefined) - 1;
      this.coldTable.set(slot, compileBreakpoint(this.memory) as CallableFunction);
      this.breakpointNumber = firstHotOperation + this.hot.length + slot;
    }
    return this.breakpointNumber;
  }

  /** Compiles templates outside the main switch, all in one module. */
  compile(templates: readonly Template[], calls: MachineCalls): void {
    const fresh = templates.filter((t) => this.numbers[t.id] === undefined);
    if (fresh.length === 0) return;
    const functions = compileCold({ memory: this.memory, templates: fresh, calls, routines: this.routines });
    fresh.forEach((t, i) => {
      const slot = this.compiled.length;
      if (slot >= coldCapacity) throw new Error("more kinds of instruction than the interpreter has numbers for");
      this.compiled.push(t);
      this.coldTable.set(slot, functions[i] as CallableFunction);
      this.numbers[t.id] = firstHotOperation + this.hot.length + slot;
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
