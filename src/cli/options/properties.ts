import { UserError } from "../errors.js";
import { suggestion } from "./suggest.js";

/**
 * The `key=value,key=value` argument of an option, as QEMU reads it: a first item without `=` is the value of
 * `implied`; a later one is a switch (`server`, `nowait`) that is on, or off with "no" before it; `,,` stands for a comma.
 */
export class Properties {
  readonly #option: string;
  readonly #values = new Map<string, string[]>();
  readonly #asked = new Set<string>();

  constructor(option: string, argument: string, implied?: string) {
    this.#option = option;
    for (const [i, item] of splitAtCommas(argument).entries()) {
      const equals = item.indexOf("=");
      if (equals > 0) this.#add(item.slice(0, equals), item.slice(equals + 1));
      else if (i === 0 && implied !== undefined) this.#add(implied, item);
      else if (item === "") throw new UserError(`${option}: '${argument}' has an empty property`);
      else this.#add(item, "on");
    }
  }

  /** The option and property, for messages: `-drive: file`. */
  nameOf(key: string): string {
    return `${this.#option}: ${key}`;
  }

  /** The value given last, or undefined. */
  get(key: string): string | undefined {
    return this.all(key).at(-1);
  }

  /** Every value given, in order. */
  all(key: string): readonly string[] {
    this.#asked.add(key);
    return this.#values.get(key) ?? [];
  }

  require(key: string): string {
    const value = this.get(key);
    if (value === undefined || value === "") throw new UserError(`${this.#option} needs ${key}=`);
    return value;
  }

  /** Refuses properties that nobody asked for. Call it last. */
  finish(): void {
    for (const key of this.#values.keys())
      if (!this.#asked.has(key))
        throw new UserError(`${this.#option} has no property '${key}'${suggestion(key, this.#asked)}`);
  }

  #add(key: string, value: string): void {
    const values = this.#values.get(key) ?? [];
    values.push(value);
    this.#values.set(key, values);
  }
}

function splitAtCommas(argument: string): string[] {
  const items: string[] = [""];
  for (let i = 0; i < argument.length; i++) {
    const character = argument[i]!;
    if (character !== ",") items[items.length - 1] += character;
    else if (argument[i + 1] === ",") {
      items[items.length - 1] += ",";
      i++;
    } else items.push("");
  }
  return items;
}
