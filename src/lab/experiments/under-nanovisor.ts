import type { ExperimentRun } from "../experiment.js";

/** The guest kernel and its programs as the nanovisor's guest: what they run is in the bundle (guest/experiments/latency/). */
export function underNanovisor(
  bundle: string,
  options: { readonly needs?: "FEAT_VHE"; readonly processors?: number } = {},
): ExperimentRun {
  const { needs, processors } = options;
  return {
    name: bundle,
    where: needs ? "the kernel under the nanovisor, on a core with VHE" : "the kernel under the nanovisor",
    image: "nanovisor.image",
    initrd: `${bundle}.bundle`,
    ...(needs === undefined ? {} : { needs }),
    machine: { memory: 256 * 2 ** 20, virtualization: true, ...(processors === undefined ? {} : { processors }) },
    // Interrupts come every 20 to 60 us of machine time, an instruction a nanosecond.
    limit: 1_000_000_000,
  };
}
