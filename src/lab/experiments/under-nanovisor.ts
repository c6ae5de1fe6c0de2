import type { Experiment } from "../experiment.js";

/** The guest kernel and its programs as the nanovisor's guest: what they run is in the bundle (guest/experiments/latency/). */
export const underNanovisor = (bundle: string): Pick<Experiment, "image" | "initrd" | "machine" | "limit"> => ({
  image: "nanovisor.image",
  initrd: `${bundle}.bundle`,
  machine: { memory: 256 * 2 ** 20, virtualization: true },
  // Interrupts come every 20 to 60 us of machine time, an instruction a nanosecond.
  limit: 1_000_000_000,
});
