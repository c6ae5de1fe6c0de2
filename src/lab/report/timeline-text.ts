import type { Span, ThreadState, Timeline } from "../timeline.js";
import { duration } from "./summary.js";

const width = 100;

/** What each state is drawn with; in a column that has several, the first that fills a third of it is seen. */
const characters: Readonly<Record<ThreadState, string>> = { section: "#", preempted: "-", runs: "=", waits: "." };
const legend = "# in the critical section   - preempted in it   . waits for it   = runs elsewhere";

const device = "device";

/** Timelines as lines of text, all on one scale. */
export function timelinesText(timelines: readonly Timeline[]): readonly string[] {
  const longest = Math.max(...timelines.map(({ nanoseconds }) => nanoseconds));
  const threads = timelines.flatMap((timeline) => timeline.threads);
  const names = Math.max(device.length, ...threads.map(({ name }) => name.length));
  const line = (name: string, text: string): string => `    ${name.padEnd(names)} |${text}|`;
  const lines = [`Who runs, in machine time: ${legend}`];
  for (const timeline of timelines) {
    lines.push(`  ${timelineTitle(timeline)}`);
    for (const { name, spans } of timeline.threads) lines.push(line(name, bar(spans, longest)));
    if (timeline.about)
      lines.push(line(device, "^".padStart(Math.floor((timeline.about.from / longest) * width) + 1).padEnd(width)));
  }
  lines.push(`    ${" ".repeat(names)}  0${duration(longest).padStart(width - 1)}`);
  return lines;
}

export function timelineTitle({ title, about }: Timeline): string {
  return about ? `${title}: ${duration(about.to - about.from)} from the interrupt (^) to the section` : title;
}

function bar(spans: readonly Span[], longest: number): string {
  const column = longest / width;
  return Array.from({ length: width }, (_, n) => cell(spans, n * column, (n + 1) * column)).join("");
}

function cell(spans: readonly Span[], from: number, to: number): string {
  const filled = (state: ThreadState): number =>
    spans.reduce(
      (sum, span) => sum + (span.state === state ? Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)) : 0),
      0,
    );
  const states = Object.keys(characters) as ThreadState[];
  const seen = states.find((state) => filled(state) >= (to - from) / 3);
  return seen === undefined ? " " : characters[seen];
}
