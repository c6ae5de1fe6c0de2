import { describe, expect, it } from "vitest";
import type { Routine } from "../ir/index.js";
import { a64 } from "../isa/a64.js";
import { type Template, templateName } from "../isa/template.js";
import { routinesOf } from "../wasm/routines.js";
import { type CoreFacts, CoreModule, coreModuleName, makeCoreModule, neverHot } from "./core-module.js";

const nop = 0xd503201f;
const ret = 0xd65f03c0;
/** FADD D0, D1, D2 and FSUB. */
const fadd = 0x1e622820;
const fsub = 0x1e623820;

const facts: CoreFacts = {
  features: new Set(["FEAT_B", "FEAT_A"]),
  hotThreshold: neverHot,
  observed: false,
  fused: false,
};
const table = a64();
const name = (word: number): string => templateName(table.decode(word)!.template);

function exportsOf(bytes: Uint8Array<ArrayBuffer>): string[] {
  return WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map((e) => e.name);
}

function instantiate(bytes: Uint8Array<ArrayBuffer>) {
  const anyfunc = { element: "anyfunc", initial: 4 } as const;
  const coldTable = new WebAssembly.Table(anyfunc);
  const instance = CoreModule.compile(bytes).instantiate({
    memory: new WebAssembly.Memory({ initial: 1, maximum: 1 }),
    calls: { access: () => 0, environment: () => 0, fetch: () => 0, decode: () => 0 },
    coldTable,
    regionTable: new WebAssembly.Table(anyfunc),
  });
  return { ...instance, coldTable };
}

describe("a core module", () => {
  it("holds the routines of its templates, once, with those that they call", () => {
    const exported = exportsOf(makeCoreModule({ ...facts, table, hotWords: [fadd], warmWords: [fsub, fadd] }));
    const routines = exported.filter((e) => e.startsWith("routine "));
    expect(routines).toEqual(expect.arrayContaining(["routine FPAdd.d", "routine FPSub.d", "routine FPRound.d"]));
    expect(new Set(routines).size).toBe(routines.length);
  });

  it("says what the main switch handles, and has functions for the warm templates that it doesn't", () => {
    const core = instantiate(
      makeCoreModule({ ...facts, table, hotWords: [ret, nop, ret], warmWords: [nop, fadd, fsub] }),
    );
    expect(core.hot).toEqual([name(ret), name(nop)]);
    expect(core.warm).toEqual([name(fadd), name(fsub)]);
    expect([0, 1, 2].map((slot) => core.coldTable.get(slot))).toEqual([
      expect.any(Function),
      expect.any(Function),
      null,
    ]);
    expect(instantiate(makeCoreModule({ ...facts, table, hotWords: [ret] })).warm).toEqual([]);
  });

  it("fits the facts that it was made of, in any order, and no others", () => {
    const module = CoreModule.compile(makeCoreModule({ ...facts, table, hotWords: [ret] }));
    const reordered = { ...facts, features: new Set(["FEAT_A", "FEAT_B"]) };
    expect(module.fits(reordered)).toBe(true);
    expect(coreModuleName(reordered)).toBe(coreModuleName(facts));
    const others = [{ hotThreshold: 7 }, { observed: true }, { fused: true }, { features: new Set(["FEAT_A"]) }];
    for (const other of others) {
      expect(module.fits({ ...facts, ...other })).toBe(false);
      expect(coreModuleName({ ...facts, ...other })).not.toBe(coreModuleName(facts));
    }
  });
});

/** Templates of each definition: of words with its fixed bits and, in turns, all the rest. */
function templates(): Set<Template> {
  const found = new Set<Template>();
  let seed = 1;
  for (const { pattern } of table.definitions) {
    for (let n = 0; n < 400; n++) {
      // Numbers of Knuth's MMIX generator, high halves.
      seed = Math.imul(seed, 0x5851_f42d) + 0x1405_7b7f;
      const word = ((Math.imul(seed ^ (seed >>> 15), 0x2c1b_3c6d) & ~pattern.mask) | pattern.value) >>> 0;
      const template = table.decode(word)?.template;
      if (template !== undefined) found.add(template);
    }
  }
  return found;
}

it("no two templates share a name, and no two routines: core modules know them by it", () => {
  const all = [...templates()];
  expect(new Set(all.map(templateName)).size).toBe(all.length);
  const byName = new Map<string, Routine>();
  const visit = (r: Routine): void => {
    const known = byName.get(r.name);
    if (known !== undefined) {
      expect(known === r, r.name).toBe(true);
      return;
    }
    byName.set(r.name, r);
    for (const c of routinesOf(r.body)) visit(c);
    if (r.fused !== undefined) for (const c of routinesOf(r.fused.body)) visit(c);
  };
  for (const t of all) for (const r of routinesOf(t.body)) visit(r);
  expect(byName.size).toBeGreaterThan(400);
});
