import { describe, expect, it } from "vitest";
import { profiles } from "../profiles/index.js";
import { experiments } from "./index.js";

const once = (names: readonly string[]): void => expect(names).toEqual([...new Set(names)]);

describe("the experiments", () => {
  it("have names that tell them, their runs and their rows apart", () => {
    once(experiments.map(({ name }) => name));
    once(experiments.flatMap(({ runs }) => runs.map(({ name }) => name)));
    for (const { groups } of experiments) once(groups.flatMap(({ rows }) => rows.map(({ name }) => name)));
  });

  it.each(experiments.map((experiment) => [experiment.name, experiment] as const))(
    "%s: rows are of its runs, a crossing each, and no run is for nothing",
    (_, { runs, groups, timelines }) => {
      const rows = groups.flatMap((group) => group.rows);
      expect(new Set(rows.map(({ run }) => run))).toEqual(new Set(runs));
      once(rows.map(({ run, crossing }) => `${run.name} ${crossing}`));
      for (const { run, about } of timelines?.stretches ?? [])
        expect(rows.some((row) => row.run === run && row.crossing === about)).toBe(true);
    },
  );

  it("check that each mechanism did its work, and say where published figures are from", () => {
    for (const { groups } of experiments)
      for (const { rounds, served, published } of groups.flatMap((group) => group.rows)) {
        expect(served).toBe(BigInt(rounds));
        if (published) expect(published.source).toMatch(/\w{4}/);
      }
  });
});

describe("the profiles", () => {
  it("say where each cost is from", () => {
    for (const { costs } of profiles) for (const { source } of costs) expect(source).toMatch(/\w{4}/);
  });

  it("are compared with rows that there are", () => {
    const names = experiments.flatMap(({ name, groups }) =>
      groups.flatMap(({ rows }) => rows.map((row) => ({ experiment: name, row: row.name }))),
    );
    for (const { validation } of profiles)
      for (const { row, less } of validation) {
        expect(names).toContainEqual(row);
        if (less) expect(names).toContainEqual(less);
      }
  });
});
