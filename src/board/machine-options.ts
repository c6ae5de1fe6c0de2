import type { RegionVolume } from "../code-library/region-library.js";
import type {
  BlockBackend,
  CharacterBackend,
  HostFileSystem,
  KeptModules,
  Log,
  NetworkBackend,
  SemihostingFiles,
} from "../ports/index.js";
import type { LoaderRequest } from "./loaders/generic-loader.js";
import type { GuestModule } from "./loaders/guest-module.js";
import type { MachineObserver } from "./observers.js";

/**
 * A virtio device. Without `bus` it takes one of the board's 32 virtio-mmio slots, in QEMU's order: the first one the
 * highest. On PCI the first one takes the lowest slot.
 */
export type MachineDevice = VirtioKind & {
  readonly bus?: "mmio" | "pci";
  /** A virtio-mmio slot, 0 to 31, or a slot of the PCI bus, 1 to 31. */
  readonly slot?: number;
};

type VirtioKind =
  | { readonly kind: "virtio-blk"; readonly backend: BlockBackend; readonly serial?: string }
  | { readonly kind: "virtio-console"; readonly backend: CharacterBackend }
  | { readonly kind: "virtio-rng" }
  | { readonly kind: "virtio-9p"; readonly files: HostFileSystem; readonly mountTag: string }
  /** `mac` is six bytes; without it, 52:54:00:12:34:56 and up. */
  | { readonly kind: "virtio-net"; readonly backend: NetworkBackend; readonly mac?: Uint8Array };

export interface MachineSemihosting {
  /** What SYS_GET_CMDLINE gives. */
  readonly commandLine?: string;
  write(bytes: Uint8Array, stream: "output" | "error"): void;
  /** As {@link SemihostingHost.read}; absent: at its end. */
  read?(target: Uint8Array): number;
  /** Host files, when the guest may have them. */
  readonly files?: SemihostingFiles;
}

/** A machine. Only `kernel` has to be given for something to run. */
export interface MachineOptions {
  /** A core's name: cortex-a53, cortex-a57 (the default), neoverse-n1, max. */
  readonly cpu?: string;
  /** Processing elements, 1 (the default) to 8. */
  readonly processors?: number;
  /** Bytes of RAM, a multiple of 4096; 128 MB by default. */
  readonly memory?: number;
  /** Whether PEs have EL2; the guest then starts there. */
  readonly virtualization?: boolean;
  /**
   * Whether PEs have EL3, and the interrupt controller two Security states. An ELF executable then starts at EL3 on all PEs, as their
   * firmware; everything else starts below in Non-secure state, with the machine as its firmware.
   */
  readonly secure?: boolean;
  /** Whether the interrupt controller has an ITS, and LPIs; yes by default. */
  readonly its?: boolean;
  /** Whether PCI Express may use addresses above 4 GB; yes by default. */
  readonly highMemory?: boolean;
  /** An arm64 Image (also gzip'ed), an ELF64 executable, or a raw binary. */
  readonly kernel?: Uint8Array;
  readonly initrd?: Uint8Array;
  /** The kernel's command line. */
  readonly commandLine?: string;
  /** A device tree blob instead of the board's own; memory, PSCI and /chosen are filled in. */
  readonly deviceTree?: Uint8Array;
  /**
   * Firmware for the first bank of flash, where the PEs then start: at EL3 all of them, when there is EL3. It finds kernel, initrd
   * and command line in fw_cfg.
   */
  readonly firmware?: Uint8Array;
  /** Images of the two banks of flash, 64 MB each; the first one is firmware, as above. Without one, a bank is empty. */
  readonly flash?: readonly (BlockBackend | undefined)[];
  /** Images in RAM that the device tree tells a hypervisor of. */
  readonly modules?: readonly GuestModule[];
  /** Other files and values that are put into memory at each reset, and PEs that start there. */
  readonly loaders?: readonly LoaderRequest[];
  readonly devices?: readonly MachineDevice[];
  /** The PL011; by default output goes nowhere. */
  readonly serial?: CharacterBackend;
  /** The Secure PL011 of machines with EL3. */
  readonly secureSerial?: CharacterBackend;
  readonly semihosting?: MachineSemihosting;
  /** What random numbers start from: the device tree's rng-seed and virtio-rng. 0 by default. */
  readonly seed?: bigint;
  /** Seconds since 1970 at power-on, for the PL031; 2026-01-01 by default. */
  readonly epoch?: number;
  /** Come back with `reset` instead of resetting. */
  readonly noReboot?: boolean;
  /** Compile hot code (the default), or interpret everything. */
  readonly jit?: boolean;
  /** Core modules that were made before, by name: a machine starts sooner with them. What it does is the same. */
  readonly coreModules?: KeptModules;
  /** Regions that were compiled ahead; what happens doesn't depend on them. */
  readonly codeLibrary?: readonly RegionVolume[];
  readonly log?: Log;
  /** Traces and counters; what happens doesn't depend on them. */
  readonly observers?: readonly MachineObserver[];
  /**
   * Whether input may still come from outside. While it may, a machine whose PEs all wait passes time no faster than
   * the host's clock; when it can't, it jumps to the next alarm.
   */
  readonly inputOpen?: () => boolean;
  /** The host's clock: milliseconds from any start. `performance.now` by default. */
  readonly hostTime?: () => number;
}

/** Why a machine stopped. */
export type MachineEnd =
  /** PSCI SYSTEM_OFF. */
  | { readonly kind: "off" }
  /** PSCI SYSTEM_RESET, with `noReboot`. */
  | { readonly kind: "reset" }
  /** Semihosting SYS_EXIT. */
  | { readonly kind: "exit"; readonly status: number }
  /** The instructions asked for have been run. */
  | { readonly kind: "limit" }
  /** {@link Machine.stop} was called. */
  | { readonly kind: "stopped" }
  /** A PE takes the same exception without end. */
  | { readonly kind: "stuck"; readonly pe: number; readonly what: string }
  /** Every PE waits or is off, no alarm is set and no input can come. */
  | { readonly kind: "asleep" };

/** One sentence for why a machine stopped. */
export function describeEnd(end: MachineEnd): string {
  switch (end.kind) {
    case "off":
      return "the guest switched the machine off";
    case "reset":
      return "the guest reset the machine";
    case "exit":
      return `the guest ended with status ${end.status}`;
    case "limit":
      return "the instruction limit was reached";
    case "stopped":
      return "the machine was stopped";
    case "stuck":
      return `the guest is stuck: PE ${end.pe} ${end.what}`;
    case "asleep":
      return "the guest waits for ever: every PE sleeps or is off, no timer is set, and no input can come";
  }
}
