import type { ThreadState, Timeline } from "../timeline.js";
import { escaped } from "./escape.js";
import { duration } from "./summary.js";
import { timelineTitle } from "./timeline-text.js";

const labelWidth = 80;
const width = 900;
const laneHeight = 26;

/** In words, and in the order of the legend; each is also a class of the page's style. */
const states: Readonly<Record<ThreadState, string>> = {
  section: "in the critical section",
  preempted: "preempted in it",
  waits: "waits for it",
  runs: "runs elsewhere",
};

/** Timelines as drawings, all on one scale. */
export function timelineDrawings(timelines: readonly Timeline[]): string {
  if (timelines.length === 0) return "";
  const longest = Math.max(...timelines.map(({ nanoseconds }) => nanoseconds));
  const x = (time: number): string => (labelWidth + (time / longest) * width).toFixed(1);
  const drawing = (timeline: Timeline): string => {
    const lanes = timeline.threads.map(({ name, spans }, lane) => {
      const top = lane * laneHeight;
      const boxes = spans.map(({ from, to, state }) => {
        const title = `<title>${escaped(`${name} ${states[state]}: ${duration(from)} to ${duration(to)}`)}</title>`;
        const wide = Math.max(0.5, ((to - from) / longest) * width).toFixed(1);
        return `<rect class="${state}" x="${x(from)}" y="${top + 4}" width="${wide}" height="${laneHeight - 8}">${title}</rect>`;
      });
      return `<text x="0" y="${top + 18}">${escaped(name)}</text>${boxes.join("")}`;
    });
    const bottom = timeline.threads.length * laneHeight;
    const mark = timeline.about
      ? `<path class="whisker" d="M${x(timeline.about.from)} 0V${bottom}"/><text x="${x(timeline.about.from)}" y="${bottom + 14}">^ interrupt</text>`
      : "";
    const axis = `<text x="${labelWidth + width}" y="${bottom + 14}" text-anchor="end">${duration(longest)}</text>`;
    return `<h4>${escaped(timelineTitle(timeline))}</h4><svg viewBox="0 0 ${labelWidth + width} ${bottom + 20}" role="img" aria-label="who runs">${lanes.join("")}${mark}${axis}</svg>`;
  };
  const legend = Object.entries(states).map(
    ([state, words]) =>
      `<svg class="key" viewBox="0 0 12 12"><rect class="${state}" width="12" height="12"/></svg> ${words}`,
  );
  return `<h3>Who runs, in machine time</h3><p>${legend.join(" &nbsp; ")}</p>${timelines.map(drawing).join("")}`;
}
