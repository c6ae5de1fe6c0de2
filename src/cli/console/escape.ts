/** What the user asked for with Ctrl-A, QEMU's keys. */
export type ConsoleCommand = "leave" | "monitor" | "help";

/** Input taken apart: bytes for whoever has the console, and commands between them. */
export type ConsoleInput = Uint8Array | ConsoleCommand;

const ctrlA = 1;

/** Keys after Ctrl-A; Ctrl-A twice sends one. */
const commands: ReadonlyMap<number, ConsoleCommand> = new Map([
  ["x".charCodeAt(0), "leave"],
  ["c".charCodeAt(0), "monitor"],
  ["h".charCodeAt(0), "help"],
  ["?".charCodeAt(0), "help"],
]);

export const consoleHelp = "Ctrl-A x leaves, Ctrl-A c is the monitor and back, Ctrl-A Ctrl-A sends Ctrl-A";

/** Finds Ctrl-A commands in console input, across pieces. */
export class EscapeFilter {
  #escaped = false;

  push(bytes: Uint8Array): ConsoleInput[] {
    const found: ConsoleInput[] = [];
    let plain: number[] = [];
    const flush = (): void => {
      if (plain.length > 0) found.push(Uint8Array.from(plain));
      plain = [];
    };
    for (const byte of bytes) {
      if (!this.#escaped) {
        if (byte === ctrlA) this.#escaped = true;
        else plain.push(byte);
        continue;
      }
      this.#escaped = false;
      const command = commands.get(byte);
      if (command) {
        flush();
        found.push(command);
      } else if (byte === ctrlA) {
        plain.push(ctrlA);
      }
    }
    flush();
    return found;
  }
}
