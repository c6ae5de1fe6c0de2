import type { Machine } from "../../board/machine.js";
import { affinityOf, memoryMap } from "../../board/memory-map.js";
import { PeState } from "../../cpu/state-layout.js";
import { hex } from "./command.js";

/** Register offsets (IHI 0069, 12.8 and 12.10). Those of SGIs and PPIs are the same in the frame SGI_base. */
const Gicd = {
  ctlr: 0x0,
  typer: 0x4,
  igroupr: 0x80,
  isenabler: 0x100,
  ispendr: 0x200,
  isactiver: 0x300,
  ipriorityr: 0x400,
  icfgr: 0xc00,
  irouter: 0x6000,
} as const;
const Gicr = {
  typer: 0x8,
  waker: 0x14,
  propbaser: 0x70,
  pendbaser: 0x78,
  ctlr: 0x0,
  sgiBase: 0x1_0000,
  size: 0x2_0000,
} as const;

type ReadRegister = (offset: number) => number;

function registers(machine: Machine, base: number): ReadRegister {
  const { physical, processors } = machine.debug;
  const { base: state, memory } = processors[0]!;
  const scratch = state + PeState.scratch;
  // Secure accesses see the interrupts of all groups.
  return (offset) => (physical.read(base + offset, 4, scratch, true) ? memory.view.getUint32(scratch, true) : 0);
}

const bitOf = (read: ReadRegister, bank: number, id: number): boolean =>
  ((read(bank + 4 * (id >> 5)) >>> (id & 31)) & 1) !== 0;

function interruptLine(read: ReadRegister, id: number, number: number, routed: string): string | undefined {
  const enabled = bitOf(read, Gicd.isenabler, id);
  const pending = bitOf(read, Gicd.ispendr, id);
  const active = bitOf(read, Gicd.isactiver, id);
  if (!enabled && !pending && !active) return undefined;
  const priority = (read(Gicd.ipriorityr + (id & ~3)) >>> (8 * (id & 3))) & 0xff;
  const edge = ((read(Gicd.icfgr + 4 * (id >> 4)) >>> (2 * (id & 15) + 1)) & 1) !== 0;
  const words = [
    `group ${bitOf(read, Gicd.igroupr, id) ? 1 : 0}`,
    enabled ? "enabled" : "disabled",
    pending && "pending",
    active && "active",
    `priority 0x${priority.toString(16).padStart(2, "0")}`,
    edge ? "edge" : "level",
    routed,
  ];
  return `  INTID ${number}: ${words.filter(Boolean).join(", ")}`;
}

function routeOf(read: ReadRegister, machine: Machine, id: number): string {
  const low = read(Gicd.irouter + 8 * id);
  if (low >>> 31) return "to any PE";
  const affinity = (low & 0xff_ffff) | (read(Gicd.irouter + 8 * id + 4) << 24);
  const pe = Array.from({ length: machine.processors }, (_, n) => affinityOf(n)).indexOf(affinity);
  return pe < 0 ? `to affinity ${hex(affinity >>> 0)}, which no PE has` : `to PE ${pe}`;
}

/** The registers of a PE's own interface by name, without those it lacks. */
function interfaceLines(machine: Machine, pe: number, names: readonly string[]): string[] {
  const known = new Set(machine.registerNames);
  const { registerAccess } = machine.debug.processors[pe]!;
  const values = names
    .filter((name) => known.has(name) && registerAccess.available.length > 0)
    .map((name) => `${name}=${hex(machine.readRegister(pe, name))}`);
  const lines: string[] = [];
  for (let n = 0; n < values.length; n += 4) lines.push(`  ${values.slice(n, n + 4).join(" ")}`);
  return lines;
}

const cpuInterface = ["PMR", "BPR0", "BPR1", "CTLR", "IGRPEN0", "IGRPEN1", "RPR", "HPPIR0", "HPPIR1", "AP0R0", "AP1R0"];
const virtualInterface = ["HCR", "VMCR", "VTR", "MISR", "EISR", "ELRSR", "AP0R0", "AP1R0"];
const listRegisters = 16;

const states = ["invalid", "pending", "active", "pending and active"] as const;

/** A list register in words (IHI 0069, 12.4.6). */
function listRegister(machine: Machine, pe: number, n: number): string | undefined {
  const name = `ICH_LR${n}_EL2`;
  if (!machine.registerNames.includes(name)) return undefined;
  const value = machine.readRegister(pe, name);
  const state = Number(value >> 62n);
  if (state === 0) return undefined;
  const physical = (value >> 61n) & 1n ? `, physical INTID ${(value >> 32n) & 0x3ffn}` : "";
  const priority = ((value >> 48n) & 0xffn).toString(16).padStart(2, "0");
  return `  ${name}: virtual INTID ${value & 0xffff_ffffn}, ${states[state]}, group ${(value >> 60n) & 1n}, priority 0x${priority}${physical}`;
}

/** The GIC in words: Distributor, each PE's Redistributor, CPU interface, and virtual one. Interrupts that are idle aren't listed. */
export function describeGic(machine: Machine): string {
  const distributor = registers(machine, memoryMap.gicDistributor.base);
  const typer = distributor(Gicd.typer);
  const count = Math.min(32 * ((typer & 31) + 1), 1020);
  const lines = [`Distributor: CTLR ${hex(distributor(Gicd.ctlr))}, TYPER ${hex(typer)}, INTIDs up to ${count - 1}`];
  for (let id = 32; id < count; id++) {
    const line = interruptLine(distributor, id, id, routeOf(distributor, machine, id));
    if (line !== undefined) lines.push(line);
  }
  for (let pe = 0; pe < machine.processors; pe++) {
    const base = memoryMap.gicRedistributors.base + pe * Gicr.size;
    const frame = registers(machine, base);
    const waker = frame(Gicr.waker);
    lines.push(
      `PE ${pe}: Redistributor CTLR ${hex(frame(Gicr.ctlr))}, ${waker & 4 ? "asleep" : "awake"}, PROPBASER ${hex(
        wide(frame, Gicr.propbaser),
      )}, PENDBASER ${hex(wide(frame, Gicr.pendbaser))}`,
    );
    const own = registers(machine, base + Gicr.sgiBase);
    for (let id = 0; id < 32; id++) {
      const line = interruptLine(own, id, id, "");
      if (line !== undefined) lines.push(line);
    }
    lines.push(
      ...interfaceLines(
        machine,
        pe,
        cpuInterface.map((name) => `ICC_${name}_EL1`),
      ),
    );
    if (!machine.debug.processors[pe]!.haveEl2) continue;
    lines.push(
      ...interfaceLines(
        machine,
        pe,
        virtualInterface.map((name) => `ICH_${name}_EL2`),
      ),
    );
    for (let n = 0; n < listRegisters; n++) {
      const line = listRegister(machine, pe, n);
      if (line !== undefined) lines.push(line);
    }
  }
  return lines.join("\n");
}

function wide(read: ReadRegister, offset: number): bigint {
  return (BigInt(read(offset + 4)) << 32n) | BigInt(read(offset));
}
