import { immediate } from "../ir/index.js";
import { define } from "./definition.js";
import { type Instruction, recordTemplate, type Template } from "./template.js";

const definition = define("UNDEFINED", "word:32", {
  operands: (f) => ({ word: immediate(f.word! | 0) }),
  execute: (pe, _, { word }) => pe.environment("undefined", pe.immediate32(word)),
  assembly: () => "undefined",
});

let template: Template | undefined;

/** What executing a word that the table doesn't allocate does: not part of the table, since it has no encoding. */
export function undefinedInstruction(word: number): Instruction {
  const { operands } = definition.prepare({ word });
  template ??= recordTemplate(definition, {}, operands);
  return { word, template, values: [word | 0] };
}
