/** Reads lines from a raw terminal: echo, Backspace, Ctrl-U, Ctrl-C, and the last lines with the arrow keys. */
export class LineEditor {
  readonly #prompt: string;
  readonly #echo: (text: string) => void;
  readonly #onLine: (line: string) => void;
  readonly #history: string[] = [];
  #recalled = 0;
  #line = "";
  /** What came after an ESC whose sequence hasn't ended. */
  #sequence: string | undefined;

  constructor(prompt: string, echo: (text: string) => void, onLine: (line: string) => void) {
    this.#prompt = prompt;
    this.#echo = echo;
    this.#onLine = onLine;
  }

  /** Shows the prompt and what has been typed. */
  start(): void {
    this.#echo(`\r\n${this.#prompt}${this.#line}`);
  }

  push(bytes: Uint8Array): void {
    for (const character of new TextDecoder().decode(bytes)) this.#key(character);
  }

  #key(character: string): void {
    if (this.#sequence !== undefined) {
      this.#sequence += character;
      if (/^\[[0-9;]*$/.test(this.#sequence)) return;
      if (this.#sequence === "[A") this.#recall(-1);
      else if (this.#sequence === "[B") this.#recall(1);
      this.#sequence = undefined;
      return;
    }
    switch (character) {
      case "\r":
      case "\n":
        this.#echo("\r\n");
        this.#finish();
        return;
      case "\x7f":
      case "\b":
        if (this.#line !== "") {
          this.#line = this.#line.slice(0, -1);
          this.#echo("\b \b");
        }
        return;
      case "\x1b":
        this.#sequence = "";
        return;
      case "\x03":
      case "\x15":
        this.#replace("");
        return;
      default:
        if (character >= " ") {
          this.#line += character;
          this.#echo(character);
        }
    }
  }

  #finish(): void {
    const line = this.#line.trim();
    this.#line = "";
    if (line !== "") {
      this.#history.push(line);
      this.#onLine(line);
    }
    this.#recalled = this.#history.length;
    this.#echo(this.#prompt);
  }

  #recall(step: number): void {
    this.#recalled = Math.min(Math.max(0, this.#recalled + step), this.#history.length);
    this.#replace(this.#history[this.#recalled] ?? "");
  }

  #replace(line: string): void {
    this.#line = line;
    this.#echo(`\r\x1b[K${this.#prompt}${line}`);
  }
}
