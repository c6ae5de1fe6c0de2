import type { PublishedMeasurement, TimingProfile } from "./profiles/timing-profile.js";
import type { ExperimentResult } from "./run-experiment.js";

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
      const cycles = modelledCycles(profile.name, measurement.row, results);
      if (cycles === undefined) return [];
      return [{ profile: profile.name, measurement, cycles, error: cycles / measurement.cycles - 1 }];
    }),
  );
}

/** The median of a row named "EXPERIMENT: ROW". */
function modelledCycles(profile: string, name: string, results: readonly ExperimentResult[]): number | undefined {
  for (const result of results)
    for (const row of result.rows)
      if (`${result.name}: ${row.name}` === name)
        return row.modelled.find((modelled) => modelled.profile === profile)?.cycles.median;
  return undefined;
}
