/** A subcommand of `trapeze`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: () => string;
  /** Returns the exit status. */
  readonly run: (words: readonly string[]) => Promise<number>;
}

/** Whether a command line asks for help. */
export function asksForHelp(words: readonly string[]): boolean {
  return words.some((word) => /^(-h|--?help)$/.test(word));
}
