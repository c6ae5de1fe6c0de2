/**
 * Where QEMU 7.2's answer to a line of guest/tests isn't the architecture's, or isn't the only one it allows. Each entry says what the
 * manual asks for and where; everything not listed must be equal. Section titles are those of the Arm ARM (DDI 0487), whose numbering
 * changes from issue to issue.
 */
export interface Departure {
  readonly program: string;
  /** The core on which the line is printed, where not all print it. */
  readonly cpu?: string;
  /** The line's name: its text before the answer, which follows in column 37, or directly after a colon. */
  readonly line: string;
  /** What QEMU prints after the name. */
  readonly qemu: string;
  /** What the manual asks for. */
  readonly manual: string;
  /** The manual allows QEMU's answer too. */
  readonly permitted?: true;
  /** Section, and the reason in a few words. */
  readonly section: string;
}

const STAGE1_MAINTENANCE =
  "A64 system instructions for cache maintenance, DC CIVAC: execution might require a translation that might fault; QEMU has no caches and does nothing";
const DEVICE_ALIGNMENT =
  "Alignment of data accesses: an unaligned access to any type of Device memory is an Alignment fault";
const SP_ALIGNMENT =
  "Stack pointer alignment checking: an access based on a misaligned SP with SCTLR_EL1.SA or SA0 set is an exception";

const COMBINED_DEVICE =
  "Combining stage 1 and stage 2 memory type attributes: Device wins over Normal and keeps its type; QEMU mixes in the Normal one's bits";
const WALK_LEVEL =
  "FAR_EL2 and ESR_EL2, stage 2 fault on a stage 1 walk: the level is stage 2's, 0 for an IPA out of range; QEMU reports stage 1's";

/** Lines of guest/tests/levels/stage2.c on combined attributes, for both shareabilities that it tries. */
const combinedDevice = (mair: string, memAttr: string, manual: string): Departure[] =>
  ["0 0", "3 3"].map((sh) => ({
    program: "stage2",
    line: `MAIR ${mair}, MemAttr ${memAttr}, SH ${sh}:`,
    qemu: "PAR.ATTR 04",
    manual: `PAR.ATTR ${manual}`,
    section: COMBINED_DEVICE,
  }));

/** The same with HCR_EL2.FWB, where both are Device. */
const forcedDevice = (mair: string, memAttr: string, qemu: string, manual: string): Departure[] =>
  ["0 0", "3 3"].map((sh) => ({
    program: "stage2",
    cpu: "max",
    line: `FWB, MAIR ${mair}, MemAttr ${memAttr}, SH ${sh}:`,
    qemu: `PAR.ATTR ${qemu}`,
    manual: `PAR.ATTR ${manual}`,
    section: "S2ApplyFWBMemAttrs: of two Device types the stricter; QEMU takes stage 2's",
  }));

const noCaches = (instruction: string, fault: string, status: string): Departure => ({
  program: "stage2",
  line: `${instruction}, x0, ${fault}:`,
  qemu: "ran X0 200000000 X1 0",
  manual: `EL2 vector 400 ESR 920001${status} FAR 200000000 HPFAR 2000000 SPSR 3c5`,
  permitted: true,
  section: STAGE1_MAINTENANCE,
});

export const departures: readonly Departure[] = [
  ...["dc cvac", "dc civac", "dc ivac", "ic ivau"].map((instruction) => noCaches(instruction, "translation", "47")),
  noCaches("dc ivac", "permission", "4f"),
  ...["5", "9", "d"].flatMap((memAttr) => combinedDevice("0c", memAttr, "0c")),
  ...forcedDevice("04", "2", "08", "04"),
  ...forcedDevice("04", "3", "0c", "04"),
  ...forcedDevice("00", "1", "04", "00"),
  ...forcedDevice("00", "2", "08", "00"),
  ...forcedDevice("00", "3", "0c", "00"),
  ...combinedDevice("44", "2", "08"),
  ...combinedDevice("44", "3", "0c"),
  {
    program: "stage2",
    line: "table past the input range, load:",
    qemu: "EL2 vector 400 ESR 92000086 FAR 1000000010 HPFAR 30000000 SPSR 3c5",
    manual: "EL2 vector 400 ESR 92000084 FAR 1000000010 HPFAR 30000000 SPSR 3c5",
    section: WALK_LEVEL,
  },
  {
    program: "stage2",
    line: "table past the input range, AT S12E1R:",
    qemu: "ran X0 1000000010 X1 b0d",
    manual: "ran X0 1000000010 X1 b09",
    section: WALK_LEVEL,
  },
  {
    program: "memory",
    line: "dc cvau",
    qemu: "ran to its end X0 200008048 X1 0",
    manual: "vector 200 ESR 96000147 FAR 200008048 ELR body+0 SPSR 000003c5 X0 200008048 X1 0",
    permitted: true,
    section: STAGE1_MAINTENANCE,
  },
  {
    program: "memory",
    line: "dc civac",
    qemu: "ran to its end X0 200008048 X1 0",
    manual: "vector 200 ESR 96000147 FAR 200008048 ELR body+0 SPSR 000003c5 X0 200008048 X1 0",
    permitted: true,
    section: STAGE1_MAINTENANCE,
  },
  {
    program: "memory",
    line: "dc ivac",
    qemu: "ran to its end X0 200008048 X1 0",
    manual: "vector 200 ESR 96000147 FAR 200008048 ELR body+0 SPSR 000003c5 X0 200008048 X1 0",
    permitted: true,
    section: STAGE1_MAINTENANCE,
  },
  {
    program: "memory",
    line: "dc ivac of read-only",
    qemu: "ran to its end X0 200001000 X1 0",
    manual: "vector 200 ESR 9600014f FAR 200001000 ELR body+0 SPSR 000003c5 X0 200001000 X1 0",
    permitted: true,
    section:
      "A64 system instructions for cache maintenance, DC IVAC: needs write permission, or behaves as DC CIVAC does",
  },
  {
    program: "memory",
    line: "ldr unaligned, Device",
    qemu: "ran to its end X0 200005004 X1 d65f03c000000000",
    manual: "vector 200 ESR 96000021 FAR 200005004 ELR body+4 SPSR 000003c5 X0 200005004 X1 0",
    section: DEVICE_ALIGNMENT,
  },
  {
    program: "memory",
    line: "str unaligned, Device",
    qemu: "ran to its end X0 200005002 X1 0",
    manual: "vector 200 ESR 96000061 FAR 200005002 ELR body+0 SPSR 000003c5 X0 200005002 X1 0",
    section: DEVICE_ALIGNMENT,
  },
  {
    program: "memory",
    line: "dc zva, Device",
    qemu: "ran to its end X0 200005040 X1 0",
    manual: "vector 200 ESR 96000061 FAR 200005040 ELR body+0 SPSR 000003c5 X0 200005040 X1 0",
    section: "DC ZVA: to any type of Device memory it generates an Alignment fault",
  },
  {
    program: "memory",
    line: "at s1e1r device",
    qemu: "ran to its end X0 40209800 X1 0",
    manual: "ran to its end X0 40209900 X1 0",
    section: "PAR_EL1, SH: 0b10 for any type of Device memory",
  },
  {
    program: "instructions",
    line: "br to an odd unmapped address",
    qemu: "vector 400 ESR 82000005 FAR 7fffff0001 ELR 7fffff0001 SPSR 000003c0 X0 7fffff0001 X1 0",
    manual: "vector 400 ESR 8a000000 FAR 7fffff0001 ELR 7fffff0001 SPSR 000003c0 X0 7fffff0001 X1 0",
    section: "Synchronous exception prioritization: PC alignment fault before Instruction Abort",
  },
  {
    program: "instructions",
    line: "sp unaligned, ldr at EL0",
    qemu: "ran to its end X0 0 X1 100001000",
    manual: "vector 400 ESR 9a000000 ELR body+8 SPSR 000003c0 X0 0 X1 100001000",
    section: SP_ALIGNMENT,
  },
  {
    program: "instructions",
    line: "sp unaligned, str at EL1t",
    qemu: "ran to its end X0 0 X1 100001000",
    manual: "vector 000 ESR 9a000000 ELR body+8 SPSR 000003c4 X0 0 X1 100001000",
    section: SP_ALIGNMENT,
  },
  {
    program: "instructions",
    line: "sp unaligned, stp at EL0",
    qemu: "ran to its end X0 0 X1 100001000",
    manual: "vector 400 ESR 9a000000 ELR body+8 SPSR 000003c0 X0 0 X1 100001000",
    section: SP_ALIGNMENT,
  },
  {
    program: "instructions",
    line: "wfe at EL0, nTWE=0",
    qemu: "ran to its end X0 0 X1 0",
    manual: "vector 400 ESR 07e00001 ELR body+8 SPSR 000003c0 X0 0 X1 0",
    permitted: true,
    section:
      "Traps to EL1 of EL0 execution of WFE and WFI: only when it would have entered a low-power state, which a WFE need not",
  },
  {
    program: "instructions",
    line: "msr daifset at EL0, UMA=0",
    qemu: "vector 400 ESR 620793e4 ELR body+0 SPSR 000003c0 X0 0 X1 0",
    manual: "vector 400 ESR 620cd3e4 ELR body+0 SPSR 000003c0 X0 0 X1 0",
    section: "ISS encoding for a trapped MSR: Op2 is bits 19:17 and Op1 16:14; QEMU has the two exchanged",
  },
];
