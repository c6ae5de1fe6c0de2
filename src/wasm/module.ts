import type { Type } from "../ir/index.js";
import { Code, op, typeCode } from "./code.js";

/** A function's type. */
export interface Signature {
  readonly parameters: readonly Type[];
  readonly results: readonly Type[];
}

/** Builds one WebAssembly module: imports first, then functions. Memory 0 is always imported as "m"."memory". */
export class ModuleBuilder {
  private readonly types: string[] = [];
  private readonly typeCodes: Code[] = [];
  private readonly imports = new Code();
  private importCount = 1;
  private importedFunctions = 0;
  private readonly functions: { type: number; code: Code | undefined }[] = [];
  /** By function: the section "metadata.code.branch_hint" of the branch hinting proposal. */
  private readonly hints: Code[] = [];
  private readonly exports = new Code();
  private exportCount = 0;
  private importedTables = 0;
  private readonly elements: Code[] = [];
  private readonly custom: Code[] = [];

  constructor() {
    // 64 KiB pages, minimum and maximum: a memory of any size will do, so that modules are the same for all machines.
    this.imports.name("m").name("memory").u8(2).u8(1).u32(1).u32(65536);
  }

  /** Index of a signature. */
  type(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`;
    const known = this.types.indexOf(key);
    if (known >= 0) return known;
    const code = new Code(16).u8(0x60).u32(signature.parameters.length);
    for (const p of signature.parameters) code.u8(typeCode[p]);
    code.u32(signature.results.length);
    for (const r of signature.results) code.u8(typeCode[r]);
    this.typeCodes.push(code);
    return this.types.push(key) - 1;
  }

  /** Imports a function as "m".name; gives its index. All imports come before the first function. */
  importFunction(name: string, signature: Signature): number {
    if (this.functions.length > 0) throw new Error("imports come before functions");
    this.imports.name("m").name(name).u8(0).u32(this.type(signature));
    this.importCount++;
    return this.importedFunctions++;
  }

  /** Imports a table of functions as "m".name; gives its index. */
  importTable(name: string): number {
    this.imports.name("m").name(name).u8(1).u8(0x70).u8(0).u32(0);
    this.importCount++;
    return this.importedTables++;
  }

  /** Declares a function; its body is given later by {@link define}. */
  declare(signature: Signature): number {
    return this.importedFunctions + this.functions.push({ type: this.type(signature), code: undefined }) - 1;
  }

  /**
   * Gives a declared function its locals (beyond parameters) and its instructions, final `end` included. `unlikely`: where among
   * them an `if` is whose condition rarely holds, ascending. Functions that have such are defined in order.
   */
  define(index: number, locals: readonly Type[], instructions: Code, unlikely: readonly number[] = []): void {
    const code = new Code(16);
    const runs: { type: Type; count: number }[] = [];
    for (const type of locals) {
      const last = runs[runs.length - 1];
      if (last !== undefined && last.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    code.u32(runs.length);
    for (const r of runs) code.u32(r.count).u8(typeCode[r.type]);
    if (unlikely.length > 0) {
      const hints = new Code(unlikely.length * 4).u32(index).u32(unlikely.length);
      for (const offset of unlikely)
        hints
          .u32(code.length + offset)
          .u32(1)
          .u8(0);
      this.hints.push(hints);
    }
    code.raw(instructions.view());
    this.functions[index - this.importedFunctions]!.code = code;
  }

  exportFunction(name: string, index: number): void {
    this.exports.name(name).u8(0).u32(index);
    this.exportCount++;
  }

  /** Instances put these functions into a table, from its first slot. */
  fillTable(table: number, functions: readonly number[]): void {
    // An active segment that names its table, at i32.const 0, of function indices.
    const code = new Code().u8(2).u32(table).u8(op.i32Const).s32(0).u8(op.end).u8(0).u32(functions.length);
    for (const f of functions) code.u32(f);
    this.elements.push(code);
  }

  /** Adds a custom section behind all others. */
  customSection(name: string, content: Uint8Array): void {
    this.custom.push(new Code(content.length + 16).name(name).raw(content));
  }

  /** The bytes of the module. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new Code(4096);
    out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const section = (id: number, body: Code): void => {
      out.u8(id).sized(body);
    };
    const types = new Code().u32(this.typeCodes.length);
    for (const t of this.typeCodes) types.raw(t.view());
    section(1, types);
    section(2, new Code().u32(this.importCount).raw(this.imports.view()));
    const functions = new Code().u32(this.functions.length);
    for (const f of this.functions) functions.u32(f.type);
    section(3, functions);
    section(7, new Code().u32(this.exportCount).raw(this.exports.view()));
    if (this.elements.length > 0) {
      const elements = new Code().u32(this.elements.length);
      for (const e of this.elements) elements.raw(e.view());
      section(9, elements);
    }
    if (this.hints.length > 0) {
      const hints = new Code(4096).name("metadata.code.branch_hint").u32(this.hints.length);
      for (const h of this.hints) hints.raw(h.view());
      section(0, hints);
    }
    const bodies = new Code(4096).u32(this.functions.length);
    for (const f of this.functions) {
      if (f.code === undefined) throw new Error("a declared function has no body");
      bodies.sized(f.code);
    }
    section(10, bodies);
    for (const custom of this.custom) section(0, custom);
    return out.view().slice() as Uint8Array<ArrayBuffer>;
  }
}
