import { cortexA53 } from "./cortex-a53.js";
import { neoverseN1 } from "./neoverse-n1.js";
import type { TimingProfile } from "./timing-profile.js";

/** Every timing profile, by the core's name. */
export const profiles: readonly TimingProfile[] = [cortexA53, neoverseN1];
