import { describe, expect, it } from "vitest";
import { examine, parseExamineFormat } from "../../debug/monitor/examine.js";
import { type ConsoleInput, EscapeFilter } from "./escape.js";
import { LineEditor } from "./line-editor.js";

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("Ctrl-A", () => {
  const filter = (...pieces: string[]) => {
    const filtered = new EscapeFilter();
    return pieces
      .flatMap((piece): ConsoleInput[] => filtered.push(bytes(piece)))
      .map((item) => (typeof item === "string" ? `<${item}>` : Buffer.from(item).toString("latin1")));
  };

  it("is found among other input, and across pieces", () => {
    expect(filter("ab\x01xcd")).toEqual(["ab", "<leave>", "cd"]);
    expect(filter("ab\x01", "cd\x01h")).toEqual(["ab", "<monitor>", "d", "<help>"]);
    expect(filter("\x01\x01x")).toEqual(["\x01x"]);
    expect(filter("\x01q\x04")).toEqual(["\x04"]);
  });
});

describe("the line editor", () => {
  const type = (text: string) => {
    const lines: string[] = [];
    let shown = "";
    const editor = new LineEditor(
      "> ",
      (s) => void (shown += s),
      (line) => void lines.push(line),
    );
    editor.push(bytes(text));
    return { lines, shown };
  };

  it("gives lines, without what was rubbed out", () => {
    expect(type("infp\x7fo registers\r  \rquit\n").lines).toEqual(["info registers", "quit"]);
    expect(type("abc\x15help\r").lines).toEqual(["help"]);
    expect(type("a\x7f\x7fb").shown).toBe("a\b \bb");
  });

  it("recalls lines with the arrows, and leaves other keys out", () => {
    expect(type("one\rtwo\r\x1b[A\x1b[A\r\x1b[A\x1b[B\x1b[Cx\r").lines).toEqual(["one", "two", "one", "x"]);
  });
});

describe("x/FMT", () => {
  const memory = Uint8Array.from({ length: 64 }, (_, i) => 0xf0 + i);
  const show = (format: string) =>
    examine(0x1000n, memory, parseExamineFormat(format), (word) => `<${word.toString(16)}>`);

  it("prints as GDB does", () => {
    expect(show("")).toBe("0000000000001000: 0xf3f2f1f0");
    expect(show("2xg")).toBe("0000000000001000: 0xf7f6f5f4f3f2f1f0 0xfffefdfcfbfaf9f8");
    expect(show("2dh")).toBe("0000000000001000: -3600 -3086");
    expect(show("1ub")).toBe("0000000000001000: 240");
    expect(show("20xb").split("\n")[1]).toBe("0000000000001010: 0x00 0x01 0x02 0x03");
    expect(show("2i")).toBe("0000000000001000: <f3f2f1f0>\n0000000000001004: <f7f6f5f4>");
    expect(examine(0n, bytes("A\n"), parseExamineFormat("2c"), String)).toBe("0000000000000000: 'A' '\\x0a'");
  });

  it("refuses what is no format", () => {
    expect(() => parseExamineFormat("4z")).toThrow("'z' is neither a format");
    expect(() => parseExamineFormat("-1")).toThrow("is not a format");
    expect(() => parseExamineFormat("0x")).toThrow("from 1 to 4096");
  });
});
