import { expect, it } from "vitest";
import { ProgressBar } from "./progress-bar.js";

function drawn(stream: { isTTY?: boolean; columns?: number }): string[] {
  const written: string[] = [];
  const bar = new ProgressBar({ ...stream, write: (text) => written.push(text) }, 4);
  for (const what of ["first", "second", "third"]) bar.step(what);
  bar.close();
  return written;
}

it("draws a bar on a terminal, and takes it away", () => {
  expect(drawn({ isTTY: true, columns: 100 })).toEqual([
    `\r\x1b[K[${".".repeat(24)}] first`,
    `\r\x1b[K[${"#".repeat(6)}${".".repeat(18)}] second`,
    `\r\x1b[K[${"#".repeat(12)}${".".repeat(12)}] third`,
    "\r\x1b[K",
  ]);
});

it("keeps within the terminal's width", () => {
  for (const text of drawn({ isTTY: true, columns: 30 })) expect(text.length - 4).toBeLessThan(30);
});

it("writes nothing where there is no terminal", () => {
  expect(drawn({})).toEqual([]);
});
