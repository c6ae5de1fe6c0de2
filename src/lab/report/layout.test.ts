import { describe, expect, it } from "vitest";
import { type Column, table, wrap } from "./layout.js";

describe("wrap", () => {
  it("keeps lines within a width, and hangs what follows the first", () => {
    expect(wrap("one two three four", 9, 2)).toEqual(["one two", "  three", "  four"]);
    expect(wrap("  one two three", 7, 4)).toEqual(["  one", "    two", "    three"]);
  });

  it("leaves words alone that are longer than a line", () => {
    expect(wrap("a incomprehensibilities b", 5)).toEqual(["a", "incomprehensibilities", "b"]);
    expect(wrap("short", 100)).toEqual(["short"]);
  });
});

describe("table", () => {
  const columns: Column<number>[] = [
    { title: "n", text: (n) => `${n}` },
    { group: "powers", title: "2", text: (n) => `${n ** 2}` },
    { group: "powers", title: "3", text: (n) => `${n ** 3}` },
  ];

  it("has sections, notes below their rows, and headings above the columns that they are for", () => {
    const lines = table(
      [
        { title: "small", rows: [{ name: "two", row: 2, notes: [] }] },
        { title: "none", rows: [] },
        { title: "large", rows: [{ name: "twelve", row: 12, notes: ["a note that is long"] }] },
      ],
      columns,
      16,
    );
    expect(lines).toEqual([
      "              - powers -",
      "           n     2     3",
      "small",
      "  two      2     4     8",
      "large",
      "  twelve  12   144  1728",
      "    a note that",
      "      is long",
    ]);
  });
});
