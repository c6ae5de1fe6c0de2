import type { LogChannel } from "../../ports/index.js";

/** Where a serial port's or console's bytes go. */
export type CharacterTarget =
  | { readonly kind: "stdio" }
  | { readonly kind: "null" }
  | { readonly kind: "file"; readonly path: string }
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number;
      readonly server: boolean;
      readonly wait: boolean;
    };

/** Where the GDB server listens. */
export type GdbTarget =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "stdio" };

export interface DriveOption {
  readonly id: string;
  readonly file: string;
  readonly readOnly: boolean;
  readonly snapshot: boolean;
}

export interface FolderOption {
  readonly id: string;
  readonly path: string;
  readonly readOnly: boolean;
}

/** Where a device goes; see MachineDevice. */
export interface DevicePlace {
  readonly bus?: "mmio" | "pci";
  readonly slot?: number;
}

/** A port of the host's that leads into the guest. Empty addresses are the defaults: all of the host's, the guest's own. */
export interface HostForward {
  readonly protocol: "tcp" | "udp";
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly guestAddress: string;
  readonly guestPort: number;
}

/** What network devices are connected to. */
export type NetworkOption =
  | {
      readonly kind: "user";
      readonly id: string;
      readonly restricted: boolean;
      readonly forwards: readonly HostForward[];
    }
  | { readonly kind: "hub"; readonly id: string; readonly hub: number };

/** A virtio device and where it goes. */
export type DeviceOption = VirtioOption & DevicePlace;

/** A virtio device and what it is connected to, by name. */
export type VirtioOption =
  | { readonly kind: "virtio-blk"; readonly drive: string; readonly serial?: string }
  | { readonly kind: "virtio-console"; readonly chardev: string }
  | { readonly kind: "virtio-rng" }
  | { readonly kind: "virtio-9p"; readonly folder: string; readonly tag: string }
  | { readonly kind: "virtio-net"; readonly network: string; readonly mac?: Uint8Array };

/** A bank of flash and its image. */
export interface FlashOption {
  readonly unit: number;
  readonly file: string;
  readonly readOnly: boolean;
  readonly snapshot: boolean;
}

/** An image in RAM for a hypervisor. */
export interface ModuleOption {
  readonly kind: "kernel" | "ramdisk";
  readonly address: number;
  readonly file: string;
  readonly commandLine?: string;
}

/** A file or value that is put into memory, and a PE that starts there. */
export interface LoaderOption {
  readonly address: number;
  readonly file?: string;
  readonly raw?: boolean;
  readonly data?: Uint8Array;
  readonly processor?: number;
}

/** What the options of `trapeze run` ask for. */
export interface RunConfiguration {
  virtualization: boolean;
  secure: boolean;
  its: boolean;
  highMemory: boolean;
  cpu?: string;
  processors: number;
  /** Bytes. */
  memory?: number;
  kernel?: string;
  initrd?: string;
  append?: string;
  deviceTree?: string;
  bios?: string;
  /** Write the device tree to this file, and end. */
  dumpDeviceTree?: string;
  flash: FlashOption[];
  modules: ModuleOption[];
  loaders: LoaderOption[];
  drives: DriveOption[];
  folders: FolderOption[];
  characterDevices: Map<string, CharacterTarget>;
  networks: NetworkOption[];
  devices: DeviceOption[];
  /** The PL011, and the Secure one. */
  serials: CharacterTarget[];
  /** Where the next console goes: the virtio-serial device given last. */
  consolePlace: DevicePlace;
  semihosting: boolean;
  semihostingArguments: string[];
  gdb?: GdbTarget | undefined;
  /** Wait for a debugger, or the monitor, before the first instruction. */
  startStopped: boolean;
  log: Set<LogChannel>;
  logFile?: string;
  /** A file for a Perfetto trace. */
  trace?: string;
  noReboot: boolean;
  snapshot: boolean;
  /** Seconds since 1970 at power-on. */
  epoch: number;
  seed: bigint;
  maxInstructions?: number;
  /** A file, or "" for standard error. */
  stats?: string;
  stateHash: boolean;
  jit: boolean;
  codeLibrary: boolean;
  help: boolean;
}

/** 2026-01-01 00:00:00 UTC: what the real-time clock starts at unless told, so that runs repeat. */
const defaultEpoch = 1_767_225_600;

export function defaultConfiguration(): RunConfiguration {
  return {
    virtualization: false,
    secure: false,
    its: true,
    highMemory: true,
    processors: 1,
    flash: [],
    modules: [],
    loaders: [],
    drives: [],
    folders: [],
    characterDevices: new Map(),
    networks: [],
    devices: [],
    serials: [],
    consolePlace: {},
    semihosting: false,
    semihostingArguments: [],
    startStopped: false,
    log: new Set(),
    noReboot: false,
    snapshot: false,
    epoch: defaultEpoch,
    seed: 0n,
    stateHash: false,
    jit: true,
    codeLibrary: true,
    help: false,
  };
}
