import type { InstructionTable } from "../../src/isa/table.js";
import type { Core } from "./cores.js";
import type { Executor } from "./executor.js";
import { InterpreterExecutor } from "./interpreter-executor.js";
import { JitExecutor } from "./jit-executor.js";
import { QemuExecutor } from "./qemu-executor.js";
import { ReferenceExecutor } from "./reference-executor.js";

/** Every executor, by the name that the command line has for it. */
export const executors: { readonly [name: string]: (table: InstructionTable, core: Core) => Executor } = {
  reference: (table, core) => new ReferenceExecutor(table, core),
  interpreter: (table, core) => new InterpreterExecutor(table, core),
  jit: (table, core) => new JitExecutor(table, core),
  qemu: (_, core) => new QemuExecutor(core),
};
