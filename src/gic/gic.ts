import type { IrqLine } from "../ports/index.js";
import { CpuInterface } from "./cpu-interface.js";
import { Distributor } from "./distributor.js";
import { GicState, type SavedGicState } from "./gic-state.js";
import { Its, type SavedIts } from "./its.js";
import { resetCpuInterface } from "./pe-state.js";
import { Redistributors } from "./redistributor.js";
import type { GicOptions } from "./types.js";
import { type SavedVirtualCpuInterface, VirtualCpuInterface } from "./virtual-cpu-interface.js";

export interface SavedGic extends SavedGicState {
  virtualCpuInterfaces: SavedVirtualCpuInterface[];
  its?: SavedIts;
}

/** The memory-mapped frames as one Security state sees them. */
export interface GicFrames {
  readonly distributor: Distributor;
  /** 0x20000 bytes per PE: RD_base and SGI_base. */
  readonly redistributors: Redistributors;
}

export interface Gic extends GicFrames {
  /** The frames of the Secure physical address space; the same objects with a single Security state. */
  readonly secure: GicFrames;
  /** The wire of SPI `n`, INTID 32 + n. */
  spi(n: number): IrqLine;
  /** The wire of PPI `intid`, 16 to 31, of a PE. */
  ppi(pe: number, intid: number): IrqLine;
  cpuInterface(pe: number): CpuInterface;
  /** The ITS, 0x20000 bytes, when the options have `dma`. Devices send messages with its `signal`. */
  readonly its: Its | undefined;
  /** ICH_* and ICV_* of a PE. */
  virtualCpuInterface(pe: number): VirtualCpuInterface;
  /** Cold reset; input wires keep their level. */
  reset(): void;
  /** Resets the CPU interface of a PE, physical and virtual, with the PE itself. */
  resetProcessor(pe: number): void;
  /** A plain object for JSON. */
  save(): SavedGic;
  /** Takes what {@link save} gave on a GIC with the same options; drives the outputs. Throws when the shapes differ. */
  restore(saved: SavedGic): void;
  /** One line for `info`. */
  readonly description: string;
}

/** Builds a GICv3 (IHI 0069) with Distributor, Redistributors and CPU interfaces. Throws on options that don't fit together. */
export function createGic(options: GicOptions): Gic {
  const state = new GicState(options);
  const framesOf = (secure: boolean): GicFrames => ({
    distributor: new Distributor(state, secure),
    redistributors: new Redistributors(state, secure),
  });
  const nonSecure = framesOf(false);
  const cpuInterfaces = state.pes.map((pe) => new CpuInterface(state, pe));
  const virtualCpuInterfaces = state.pes.map((pe) => new VirtualCpuInterface(state, pe));
  const its = options.dma && new Its(state, options.dma);
  const peOf = (index: number) => {
    const pe = state.pes[index];
    if (pe === undefined) throw new Error(`the GIC has ${state.pes.length} PEs, no PE ${index}`);
    return pe;
  };
  return {
    ...nonSecure,
    secure: options.security === "single" ? nonSecure : framesOf(true),
    spi(n) {
      if (!Number.isInteger(n) || n < 0 || n >= options.spiCount)
        throw new Error(`the GIC has SPIs 0 to ${options.spiCount - 1}, no SPI ${n}`);
      return { set: (level) => state.setSpi(n, level) };
    },
    ppi(index, intid) {
      const pe = peOf(index);
      if (!Number.isInteger(intid) || intid < 16 || intid > 31)
        throw new Error(`PPIs are INTIDs 16 to 31, not ${intid}`);
      return { set: (level) => state.setPpi(pe, intid, level) };
    },
    cpuInterface: (index) => cpuInterfaces[peOf(index).index]!,
    its,
    virtualCpuInterface: (index) => virtualCpuInterfaces[peOf(index).index]!,
    reset() {
      its?.reset();
      for (const virtual of virtualCpuInterfaces) virtual.reset();
      state.reset();
    },
    resetProcessor(index) {
      const pe = peOf(index);
      pe.icc = resetCpuInterface();
      virtualCpuInterfaces[index]!.reset();
      state.updateAll();
    },
    save: () => ({
      ...state.save(),
      virtualCpuInterfaces: virtualCpuInterfaces.map((virtual) => virtual.save()),
      ...(its && { its: its.save() }),
    }),
    restore(saved) {
      if ((saved.its === undefined) !== (its === undefined))
        throw new Error(`the saved GIC state is for a GIC ${saved.its ? "with" : "without"} an ITS`);
      state.restore(saved);
      if (saved.its !== undefined) its?.restore(saved.its);
      for (const [index, virtual] of virtualCpuInterfaces.entries())
        virtual.restore(saved.virtualCpuInterfaces[index]!);
    },
    description:
      `GICv3: ${options.peAffinities.length} PEs, ${options.spiCount} SPIs, 32 priorities, ` +
      (options.security === "single" ? "one Security state" : "two Security states") +
      (its ? ", LPIs and ITS" : ""),
  };
}
