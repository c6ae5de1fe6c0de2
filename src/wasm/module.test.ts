import { expect, it } from "vitest";
import { Code, op, voidBlock } from "./code.js";
import { ModuleBuilder } from "./module.js";

it("says which branches are unlikely, by their distance from the start of the function's body", () => {
  const module = new ModuleBuilder();
  const f = module.declare({ parameters: ["i32"], results: ["i32"] });
  const code = new Code().u8(op.localGet).u32(0);
  const unlikely = [code.length];
  code.u8(op.if).u8(voidBlock).u8(op.i32Const).s32(7).u8(op.return).u8(op.end);
  code.u8(op.i32Const).s32(5).u8(op.end);
  module.define(f, ["i64", "i64"], code, unlikely);
  module.exportFunction("f", f);
  const compiled = new WebAssembly.Module(module.finish());
  const [section] = WebAssembly.Module.customSections(compiled, "metadata.code.branch_hint");
  // One function, number 0, has one hint: 3 bytes that declare locals and the local.get come first; the hint is one byte, 0.
  expect([...new Uint8Array(section!)]).toEqual([1, f, 1, 3 + 2, 1, 0]);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(compiled, { m: { memory } });
  const run = exports["f"] as (x: number) => number;
  expect([run(0), run(1)]).toEqual([5, 7]);
});

it("makes modules that take a memory of any size", () => {
  const module = new ModuleBuilder();
  const f = module.declare({ parameters: ["i32"], results: ["i32"] });
  module.define(f, [], new Code().u8(op.localGet).u32(0).u8(op.i32Load).u8(2).u32(0).u8(op.end));
  module.exportFunction("f", f);
  const compiled = new WebAssembly.Module(module.finish());
  for (const pages of [1, 7, 300]) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(compiled, { m: { memory } });
    const at = pages * 65536 - 4;
    new Int32Array(memory.buffer)[at >> 2] = pages;
    expect((exports["f"] as (at: number) => number)(at)).toBe(pages);
  }
});
