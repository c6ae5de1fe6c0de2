import { type Builder, type Node, sourceOrZero } from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { systemRegister } from "../system-registers/registry.js";
import { systemEncoding } from "../system-registers/system-register.js";
import { registerName } from "../text.js";

/** Bytes that DC ZVA zeroes: DCZID_EL0.BS is 4 (16 words) on every core. */
const block = 64;

const HCR_TDZ = 1 << 28;
const HCR_TGE = 1 << 27;
const SCTLR_DZE = 1 << 14;

/**
 * Whether the machine must see to this one: below EL2 when HCR_EL2.TDZ traps it or HCR_EL2.TGE puts EL0 under other
 * controls, and at EL0 unless SCTLR_EL1.DZE allows it. Non-zero exactly in those cases.
 */
function mayTrap(pe: Builder): Node {
  const el = pe.let(pe.readState("el"));
  const hcr = pe.low32(pe.readSystemSlot(systemRegister("HCR_EL2").slot));
  const sctlr = pe.low32(pe.readSystemSlot(systemRegister("SCTLR_EL1").slot));
  const below2 = pe.and(pe.and(hcr, pe.c32(HCR_TDZ | HCR_TGE)), pe.sub(pe.c32(0), pe.ltU(el, pe.c32(2))));
  const disabled = pe.and(pe.eqz(el), pe.eqz(pe.and(sctlr, pe.c32(SCTLR_DZE))));
  return pe.or(below2, disabled);
}

/** DC ZVA apart from other system instructions, since clearing pages and memset are made of it. */
export const dataCacheZero = instructions("System instructions", [
  define("DC ZVA", "1101010100001 01101110100001 Rt", {
    operands: (f) => ({ t: sourceOrZero(f.Rt!) }),
    execute: (pe, _, { t }) => {
      const address = pe.let(pe.and(pe.read(64, t), pe.c64(-block)));
      pe.ifUnlikely(
        mayTrap(pe),
        () => pe.environment("sys", pe.c32(systemEncoding(1, 3, 7, 4, 1)), pe.read(64, t)),
        () => {
          const host = pe.access(block, address, true, { cacheMaintenance: true });
          const zero = pe.c128(new Uint8Array(16));
          for (let offset = 0; offset < block; offset += 16) pe.storeHost("v128.store", host, zero, offset);
        },
      );
    },
    assembly: (f) => `dc\tzva, ${registerName(1, f.Rt!)}`,
  }),
]);
