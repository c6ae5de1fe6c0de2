import type { HostCharacterBackend } from "../backends/character.js";
import { UserError } from "../errors.js";
import { consoleHelp, EscapeFilter } from "./escape.js";
import { LineEditor } from "./line-editor.js";
import type { Terminal } from "./terminal.js";

/** What the console's Ctrl-A commands lead to. */
export interface ConsoleActions {
  leave(): void;
  /** Carries out a line of the monitor's and returns its answer. */
  monitor(line: string): string;
}

/** The terminal shared between a guest's console and the monitor, with QEMU's Ctrl-A keys. */
export class Console {
  readonly terminal: Terminal;
  readonly #actions: ConsoleActions;
  readonly #filter = new EscapeFilter();
  readonly #editor: LineEditor;
  readonly #listeners: ((bytes: Uint8Array) => void)[] = [];
  #attached = false;
  #inMonitor = false;

  constructor(terminal: Terminal, actions: ConsoleActions) {
    this.terminal = terminal;
    this.#actions = actions;
    this.#editor = new LineEditor(
      "(trapeze) ",
      (text) => this.#show(text),
      (line) => {
        const answer = this.#actions.monitor(line);
        if (answer !== "") this.#show(`${answer.replaceAll("\n", "\r\n")}\r\n`);
      },
    );
  }

  /** The console as a character backend; one device can have it. */
  attach(): HostCharacterBackend {
    if (this.#attached) throw new UserError("the terminal (stdio) can serve one serial port or console only");
    this.#attached = true;
    return {
      backend: {
        write: (bytes) => this.terminal.write(bytes),
        onInput: (receive) => this.listen(receive),
      },
      inputOpen: () => this.terminal.inputOpen,
      flush: () => this.terminal.flush(),
      close: () => this.terminal.close(),
    };
  }

  /** Also gives input meant for the guest to `listener`. */
  listen(listener: (bytes: Uint8Array) => void): void {
    this.#listeners.push(listener);
    this.terminal.open((bytes) => this.#input(bytes));
  }

  #input(bytes: Uint8Array): void {
    for (const item of this.#filter.push(bytes)) {
      if (typeof item !== "string") {
        if (this.#inMonitor) this.#editor.push(item);
        else for (const listener of this.#listeners) listener(item);
      } else if (item === "leave") {
        this.#actions.leave();
      } else if (item === "help") {
        this.#show(`\r\n${consoleHelp}\r\n`);
      } else {
        this.#inMonitor = !this.#inMonitor;
        if (this.#inMonitor) this.#editor.start();
        else this.#show("\r\n");
      }
    }
  }

  #show(text: string): void {
    this.terminal.writeText(text);
    this.terminal.flush();
  }
}
