import type { PublishedMeasurement, RowReference, TimingProfile } from "./profiles/timing-profile.js";
import { type ExperimentResult, rowsOf } from "./run-experiment.js";

/** A published measurement beside what the profile makes of the same work. */
export interface Validation {
  readonly profile: string;
  readonly measurement: PublishedMeasurement;
  readonly cycles: number;
  /** (modelled - published) / published. */
  readonly error: number;
}

/** The profiles' errors against what they weren't fitted to, as far as the experiments were run. */
export function validate(profiles: readonly TimingProfile[], results: readonly ExperimentResult[]): Validation[] {
  return profiles.flatMap((profile) =>
    profile.validation.flatMap((measurement) => {
      const more = modelledCycles(profile.name, measurement.row, results);
      const less = measurement.less === undefined ? 0 : modelledCycles(profile.name, measurement.less, results);
      if (more === undefined || less === undefined) return [];
      const cycles = more - less;
      return [{ profile: profile.name, measurement, cycles, error: cycles / measurement.cycles - 1 }];
    }),
  );
}

/** The median of a row. */
function modelledCycles(
  profile: string,
  { experiment, row: name }: RowReference,
  results: readonly ExperimentResult[],
): number | undefined {
  const result = results.find((each) => each.name === experiment);
  const row = result && rowsOf(result).find((each) => each.name === name);
  return row?.modelled.find((modelled) => modelled.profile === profile)?.cycles.median;
}
