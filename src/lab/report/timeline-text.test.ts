import { expect, it } from "vitest";
import type { Timeline } from "../timeline.js";
import { timelineDrawings } from "./timeline-drawing.js";
import { timelinesText } from "./timeline-text.js";

const timeline: Timeline = {
  title: "behind a lock",
  nanoseconds: 1000,
  about: { from: 250, to: 750 },
  threads: [
    {
      name: "high",
      spans: [
        { from: 250, to: 700, state: "waits" },
        { from: 700, to: 1000, state: "section" },
      ],
    },
    { name: "low", spans: [{ from: 0, to: 250, state: "section" }] },
  ],
};

it("draws a hundred columns a timeline, all on the longest one's scale", () => {
  const lines = timelinesText([timeline, { ...timeline, title: "twice", nanoseconds: 2000, about: undefined }]);
  expect(lines).toContain("  behind a lock: 500 ns from the interrupt (^) to the section");
  expect(lines.filter((line) => line.includes("high"))).toEqual(
    Array(2).fill(`    high   |${"".padEnd(12)}${"".padEnd(23, ".")}${"".padEnd(15, "#")}${"".padEnd(50)}|`),
  );
  expect(lines.filter((line) => line.includes("^") && line.includes("device"))).toEqual([
    `    device |${"".padEnd(12)}^${"".padEnd(87)}|`,
  ]);
  expect(lines.at(-1)).toBe(`            0${"2.00 us".padStart(99)}`);
});

it("draws them as boxes with their times", () => {
  const page = timelineDrawings([timeline]);
  expect(page).toContain('<rect class="waits"');
  expect(page).toContain("<title>high in the critical section: 700 ns to 1.00 us</title>");
  expect(timelineDrawings([])).toBe("");
});
