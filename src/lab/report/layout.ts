/** A column of a text table. */
export interface Column<Row> {
  /** Columns next to each other with the same heading have it in common. */
  readonly group?: string;
  readonly title: string;
  readonly text: (row: Row) => string;
}

/** Rows under a heading of their own. Notes are printed below a row, indented. */
export interface Section<Row> {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly row: Row; readonly notes: readonly string[] }[];
}

const gap = 2;
const indent = 2;

/** Lines of at most `width` characters, unless a word is longer; all but the first begin with `hanging` spaces. */
export function wrap(text: string, width: number, hanging = 0): string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)![0];
  for (const word of text.trimStart().split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = " ".repeat(hanging) + word;
    } else line += line.trim() === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** A table as text: numbers to the right, names to the left, headings in two lines. No line is longer than `width` for its notes. */
export function table<Row>(
  sections: readonly Section<Row>[],
  columns: readonly Column<Row>[],
  width: number,
): readonly string[] {
  const rows = sections.flatMap((section) => section.rows);
  const names = Math.max(...rows.map(({ name }) => name.length)) + indent;
  const widths = columns.map(({ title, text }) => Math.max(title.length, ...rows.map(({ row }) => text(row).length)));
  const spans = spansOf(columns);
  for (const { first, last, title } of spans) {
    const missing = title.length + (title === "" ? 0 : 4) - spanWidth(widths, first, last);
    if (missing > 0) widths[first]! += missing;
  }
  const heads = spans.map(({ first, last, title }) => {
    const room = spanWidth(widths, first, last);
    return title === ""
      ? " ".repeat(room)
      : ` ${title} `
          .padStart((room + title.length + 2) >> 1, "-")
          .padEnd(room, "-")
          .slice(0, room);
  });
  const line = (name: string, texts: readonly string[]): string =>
    [name.padEnd(names), ...texts.map((text, n) => text.padStart(widths[n]!))].join(" ".repeat(gap)).trimEnd();
  const lines = [
    ["".padEnd(names), ...heads].join(" ".repeat(gap)).trimEnd(),
    line(
      "",
      columns.map(({ title }) => title),
    ),
  ].filter((text) => text !== "");
  for (const { title, rows: own } of sections) {
    if (own.length === 0) continue;
    if (title !== "") lines.push(title);
    for (const { name, row, notes } of own) {
      lines.push(
        line(
          " ".repeat(indent) + name,
          columns.map(({ text }) => text(row)),
        ),
      );
      for (const note of notes) lines.push(...wrap(" ".repeat(2 * indent) + note, width, 3 * indent));
    }
  }
  return lines;
}

export interface Span {
  readonly title: string;
  readonly first: number;
  readonly last: number;
}

/** Columns that stand next to each other under one heading. */
export function spansOf<Row>(columns: readonly Column<Row>[]): Span[] {
  const spans: Span[] = [];
  for (const [n, { group = "" }] of columns.entries()) {
    const before = spans.at(-1);
    if (before && group !== "" && before.title === group) spans[spans.length - 1] = { ...before, last: n };
    else spans.push({ title: group, first: n, last: n });
  }
  return spans;
}

function spanWidth(widths: readonly number[], first: number, last: number): number {
  let sum = 0;
  for (let n = first; n <= last; n++) sum += widths[n]! + (n > first ? gap : 0);
  return sum;
}
