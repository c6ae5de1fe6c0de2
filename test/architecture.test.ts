/** Which folder of src/ may import which: ARCHITECTURE.md's arrows, checked against every import that the compiler sees. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const source = new URL("../src/", import.meta.url).pathname;

/** Folders of src/, what each may import of the others (a folder, or one file of it), and which packages. */
const arrows: Readonly<Record<string, { readonly folders: readonly string[]; readonly packages?: readonly string[] }>> =
  {
    ir: { folders: [] },
    ports: { folders: [] },
    isa: { folders: ["ir"] },
    wasm: { folders: ["ir"] },
    interpreter: { folders: ["ir", "isa", "wasm"] },
    // Regions and the interpreter come back to the same loop, with the same codes.
    jit: { folders: ["ir", "isa", "wasm", "interpreter/exit.ts"] },
    "code-library": { folders: ["isa", "jit"] },
    cpu: { folders: ["ir", "isa", "wasm", "interpreter", "jit", "code-library", "ports"] },
    gic: { folders: ["ports"] },
    timers: { folders: ["ports"] },
    devices: { folders: ["ports"] },
    board: {
      folders: ["code-library", "cpu", "isa", "gic", "timers", "devices", "ports"],
      packages: ["fflate", "hash-wasm"],
    },
    debug: { folders: ["board", "cpu", "isa", "ports"] },
    lab: { folders: ["board", "cpu", "debug", "isa", "ports"] },
    "index.ts": { folders: ["board", "ports"] },
    cli: {
      folders: [
        "board",
        "code-library",
        "debug",
        "devices",
        "isa",
        "lab",
        "ports",
        "cpu/cores/cores.ts",
        "wasm/fused.ts",
        "index.ts",
      ],
      packages: ["fflate", "node:"],
    },
    web: { folders: ["index.ts"], packages: ["@xterm/xterm"] },
  };

function sourceFiles(): string[] {
  return readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith(".d.ts"),
  );
}

/** Why a file may not import what is written as `name`; undefined when it may. */
function violation(file: string, name: string): string | undefined {
  const folder = file.split("/")[0]!;
  const arrow = arrows[folder];
  if (!arrow) return `${file}: src/${folder} has no arrows in test/architecture.test.ts`;
  const isFile = name.startsWith(".");
  const imported = isFile ? join(dirname(file), name).replace(/\.js$/, ".ts") : name;
  const allowed = isFile ? [folder, ...arrow.folders] : (arrow.packages ?? []);
  const matches = (one: string) => imported === one || imported.startsWith(one.endsWith(":") ? one : `${one}/`);
  return allowed.some(matches) ? undefined : `${file} imports ${imported}`;
}

function violations(file: string, text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, false);
  return importedFiles.flatMap(({ fileName }) => violation(file, fileName) ?? []);
}

/** Names that only one kind of host has. They may stand for themselves in comments, strings, properties and declarations. */
const hostGlobals: Readonly<Record<string, string>> = {
  process: "cli",
  Buffer: "cli",
  require: "cli",
  document: "web",
  window: "web",
  localStorage: "web",
};

function foreignGlobals(file: string, text: string): string[] {
  const found: string[] = [];
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && Object.hasOwn(hostGlobals, node.text)) {
      const { parent } = node;
      const isName =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        ((ts.isPropertyAssignment(parent) ||
          ts.isMethodDeclaration(parent) ||
          ts.isMethodSignature(parent) ||
          ts.isPropertySignature(parent) ||
          ts.isPropertyDeclaration(parent) ||
          ts.isParameter(parent)) &&
          parent.name === node);
      const owner = hostGlobals[node.text]!;
      if (!isName && file.split("/")[0] !== owner) found.push(`${file} uses ${node.text}, which only src/${owner} may`);
    }
    node.forEachChild(visit);
  };
  visit(tree);
  return found;
}

it("has imports only along its arrows", () => {
  const files = sourceFiles();
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((file) => violations(file, readFileSync(join(source, file), "utf8")))).toEqual([]);
});

it("uses what only Node or only a page has nowhere but in src/cli and src/web", () => {
  expect(sourceFiles().flatMap((file) => foreignGlobals(file, readFileSync(join(source, file), "utf8")))).toEqual([]);
});

it("has no circle among its arrows", () => {
  const open = new Set(Object.keys(arrows));
  for (let before = -1; before !== open.size; ) {
    before = open.size;
    for (const folder of open)
      if (arrows[folder]!.folders.every((other) => !open.has(other.split("/")[0]!))) open.delete(folder);
  }
  // What is left has no order: the arrows between these go round.
  expect([...open]).toEqual([]);
});

it("compiles everything but src/cli and src/web without the types of Node and of pages", () => {
  const { config } = ts.readConfigFile(join(source, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, source);
  expect(options.types).toEqual([]);
  expect(options.lib).toEqual(["lib.es2023.d.ts", "lib.webworker.d.ts"]);
  const below = fileNames.map((name) => relative(source, name).split("/")[0]);
  expect(below).not.toContain("cli");
  expect(below).not.toContain("web");
  expect(below).toContain("board");
});

it.each<[string, string, string]>([
  ["isa/a64.ts", 'import { x } from "../cpu/engine.js";', "isa/a64.ts imports cpu/engine.ts"],
  ["jit/x.ts", 'export { Core } from "../interpreter/interpreter.js";', "jit/x.ts imports interpreter/interpreter.ts"],
  ["devices/a.ts", 'import type { Machine } from "../board/machine.js";', "devices/a.ts imports board/machine.ts"],
  ["cpu/x.ts", 'const fs = await import("node:fs");', "cpu/x.ts imports node:fs"],
  ["gic/x.ts", 'import { xxhash64 } from "hash-wasm";', "gic/x.ts imports hash-wasm"],
  ["web/x.ts", 'import { Machine } from "../board/machine.js";', "web/x.ts imports board/machine.ts"],
  ["park/x.ts", 'import "../ir/index.js";', "park/x.ts: src/park has no arrows in test/architecture.test.ts"],
  ["cpu/x.ts", "process.exit(1);", "cpu/x.ts uses process, which only src/cli may"],
  ["board/x.ts", "document.title = state.window;", "board/x.ts uses document, which only src/web may"],
])("finds the violation in %s: %s", (file, text, message) => {
  expect([...violations(file, text), ...foreignGlobals(file, text)]).toEqual([message]);
});
