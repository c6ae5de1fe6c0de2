import type { ProcessingElement } from "../../cpu/processing-element.js";
import { type SystemRegister, systemRegisters } from "../../isa/system-registers/index.js";

/** A register in GDB's numbering: its place in the list. */
export interface GdbRegister {
  /** As `Machine.readRegister` calls it. */
  readonly name: string;
  readonly bytes: 4 | 8 | 16;
  /** No exception level may write it. */
  readonly readOnly?: boolean;
}

/** Registers and the XML files that describe them (GDB manual, appendix G). */
export interface TargetDescription {
  readonly registers: readonly GdbRegister[];
  /** How many of them `g` and `G` carry: those of the core feature, as QEMU has it. */
  readonly general: number;
  readonly files: ReadonlyMap<string, string>;
}

const header = '<?xml version="1.0"?>\n<!DOCTYPE feature SYSTEM "gdb-target.dtd">\n';

/** PSTATE's fields as SPSR_ELx holds them (DDI 0487 C5.2). */
const cpsrFields: readonly (readonly [name: string, low: number, high: number])[] = [
  ["SP", 0, 0],
  ["EL", 2, 3],
  ["nRW", 4, 4],
  ["F", 6, 6],
  ["I", 7, 7],
  ["A", 8, 8],
  ["D", 9, 9],
  ["BTYPE", 10, 11],
  ["SSBS", 12, 12],
  ["IL", 20, 20],
  ["SS", 21, 21],
  ["PAN", 22, 22],
  ["UAO", 23, 23],
  ["DIT", 24, 24],
  ["TCO", 25, 25],
  ["V", 28, 28],
  ["C", 29, 29],
  ["Z", 30, 30],
  ["N", 31, 31],
];

function coreFeature(): { xml: string; registers: GdbRegister[] } {
  const registers: GdbRegister[] = Array.from({ length: 31 }, (_, n) => ({ name: `X${n}`, bytes: 8 }));
  registers.push({ name: "SP", bytes: 8 }, { name: "PC", bytes: 8 }, { name: "PSTATE", bytes: 4 });
  const fields = cpsrFields.map(([name, low, high]) => {
    const type = low === high ? "bool" : "uint32";
    return `    <field name="${name}" start="${low}" end="${high}" type="${type}"/>`;
  });
  const general = Array.from({ length: 31 }, (_, n) => `  <reg name="x${n}" bitsize="64"/>`);
  const xml = `${header}<feature name="org.gnu.gdb.aarch64.core">
  <flags id="cpsr_flags" size="4">
${fields.join("\n")}
  </flags>
${general.join("\n")}
  <reg name="sp" bitsize="64" type="data_ptr"/>
  <reg name="pc" bitsize="64" type="code_ptr"/>
  <reg name="cpsr" bitsize="32" type="cpsr_flags"/>
</feature>
`;
  return { xml, registers };
}

/** Views of a vector register: union member, element type, how many, members of which union. */
const vectorViews: readonly (readonly [id: string, type: string, count: number, member: string, union: string])[] = [
  ["v2d", "ieee_double", 2, "f", "vnd"],
  ["v2u", "uint64", 2, "u", "vnd"],
  ["v2i", "int64", 2, "s", "vnd"],
  ["v4f", "ieee_single", 4, "f", "vns"],
  ["v4u", "uint32", 4, "u", "vns"],
  ["v4i", "int32", 4, "s", "vns"],
  ["v8f", "ieee_half", 8, "f", "vnh"],
  ["v8u", "uint16", 8, "u", "vnh"],
  ["v8i", "int16", 8, "s", "vnh"],
  ["v16u", "uint8", 16, "u", "vnb"],
  ["v16i", "int8", 16, "s", "vnb"],
  ["v1u", "uint128", 1, "u", "vnq"],
  ["v1i", "int128", 1, "s", "vnq"],
];

function fpuFeature(): { xml: string; registers: GdbRegister[] } {
  const registers: GdbRegister[] = Array.from({ length: 32 }, (_, n) => ({ name: `V${n}`, bytes: 16 }));
  registers.push({ name: "FPSR", bytes: 4 }, { name: "FPCR", bytes: 4 });
  const vectors = vectorViews.map(([id, type, count]) => `  <vector id="${id}" type="${type}" count="${count}"/>`);
  const unions = ["vnd", "vns", "vnh", "vnb", "vnq"].map((union) => {
    const members = vectorViews.filter(([, , , , of]) => of === union);
    const fields = members.map(([id, , , member]) => `    <field name="${member}" type="${id}"/>`);
    return `  <union id="${union}">\n${fields.join("\n")}\n  </union>`;
  });
  const xml = `${header}<feature name="org.gnu.gdb.aarch64.fpu">
${vectors.join("\n")}
${unions.join("\n")}
  <union id="aarch64v">
    <field name="d" type="vnd"/>
    <field name="s" type="vns"/>
    <field name="h" type="vnh"/>
    <field name="b" type="vnb"/>
    <field name="q" type="vnq"/>
  </union>
${Array.from({ length: 32 }, (_, n) => `  <reg name="v${n}" bitsize="128" type="aarch64v"/>`).join("\n")}
  <reg name="fpsr" bitsize="32"/>
  <reg name="fpcr" bitsize="32"/>
</feature>
`;
  return { xml, registers };
}

/** Reading these does something: they acknowledge an interrupt, take a word from the debug channel, or draw a number. */
const readsAct = /^(ICC_IAR[01]_EL1|OSDTRRX_EL1|DBGDTRRX_EL0|DBGDTR_EL0|RNDR|RNDRRS)$/;
/** What the features above have already, under GDB's own names. */
const elsewhere = new Set(["FPCR", "FPSR"]);

/** The system registers that a debugger sees on a PE: those that it has and that can be read for nothing. */
export function visibleSystemRegisters(pe: ProcessingElement): readonly SystemRegister[] {
  return systemRegisters.filter(
    ({ name, read, alias, index }) =>
      read < 4 &&
      (read !== 2 || pe.haveEl2) &&
      (read !== 3 || pe.haveEl3) &&
      alias === undefined &&
      pe.registerAccess.available[index] !== 0 &&
      !readsAct.test(name) &&
      !elsewhere.has(name),
  );
}

/**
 * Plain integers but for addresses, which GDB shows with their symbols: a type with fields can't be assigned an int. The monitor's
 * `info registers` tells the fields.
 */
function systemType(name: string): string {
  if (/^(ELR|VBAR|RVBAR)_/.test(name)) return "code_ptr";
  return /^(SP_EL|FAR_)/.test(name) ? "data_ptr" : "uint64";
}

function systemFeature(pe: ProcessingElement): { xml: string; registers: GdbRegister[] } {
  const visible = visibleSystemRegisters(pe);
  const lines = visible.map(
    ({ name }) => `  <reg name="${name}" bitsize="64" type="${systemType(name)}" group="system" save-restore="no"/>`,
  );
  return {
    xml: `${header}<feature name="org.trapeze.aarch64.system-registers">\n${lines.join("\n")}\n</feature>\n`,
    registers: visible.map(({ name, write }) => ({ name, bytes: 8, readOnly: write === 4 })),
  };
}

/** Describes a machine's PEs, which are all alike. */
export function describeTarget(pe: ProcessingElement): TargetDescription {
  const features = [
    ["aarch64-core.xml", coreFeature()],
    ["aarch64-fpu.xml", fpuFeature()],
    ["system-registers.xml", systemFeature(pe)],
  ] as const;
  const target = `<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target>
  <architecture>aarch64</architecture>
${features.map(([file]) => `  <xi:include href="${file}"/>`).join("\n")}
</target>
`;
  return {
    registers: features.flatMap(([, feature]) => feature.registers),
    general: features[0][1].registers.length,
    files: new Map([["target.xml", target], ...features.map(([file, { xml }]) => [file, xml] as const)]),
  };
}
