import { UserError } from "../errors.js";
import { suggestion } from "./suggest.js";

/** One option of a command. */
export interface OptionDefinition<T> {
  /** With their dashes; one and two dashes are both understood. */
  readonly spellings: readonly string[];
  /** The name of the argument, when it takes one. */
  readonly argument?: string;
  /** Whether the argument may be left out (then `apply` gets undefined). */
  readonly argumentIsOptional?: boolean;
  readonly help: string;
  /** `spelling` is the option as the user wrote it, for messages. */
  readonly apply: (configuration: T, argument: string, spelling: string) => void;
}

/**
 * Reads a command line against a table of options, in QEMU's manner: with one dash or two, an argument is the next
 * word. An optional argument left out is "". Returns the words that are no options.
 */
export function parseArguments<T>(
  words: readonly string[],
  table: readonly OptionDefinition<T>[],
  configuration: T,
): string[] {
  const byName = new Map(table.flatMap((option) => option.spellings.map((s) => [bare(s), option] as const)));
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("-") || word === "-") {
      rest.push(word);
      continue;
    }
    const option = byName.get(bare(word));
    if (!option) {
      const spellings = table.flatMap((candidate) => candidate.spellings);
      throw new UserError(`unknown option ${word}${suggestion(word, spellings)}`);
    }
    const next = words[i + 1];
    if (option.argument === undefined) {
      option.apply(configuration, "", word);
    } else if (option.argumentIsOptional) {
      const given = next !== undefined && !next.startsWith("-");
      option.apply(configuration, given ? next : "", word);
      if (given) i++;
    } else {
      if (next === undefined) throw new UserError(`${word} needs an argument: ${word} ${option.argument}`);
      option.apply(configuration, next, word);
      i++;
    }
  }
  return rest;
}

/** The options as lines of help. */
export function describeOptions<T>(table: readonly OptionDefinition<T>[]): string {
  const lines = table.map(({ spellings, argument, argumentIsOptional, help }): [string, string] => {
    const shown = argument === undefined ? "" : argumentIsOptional ? ` [${argument}]` : ` ${argument}`;
    return [`  ${spellings.join(", ")}${shown}`, help];
  });
  const width = 30;
  return lines
    .map(([left, right]) =>
      left.length < width ? left.padEnd(width) + right : `${left}\n${" ".repeat(width)}${right}`,
    )
    .join("\n");
}

function bare(word: string): string {
  return word.replace(/^--?/, "");
}
