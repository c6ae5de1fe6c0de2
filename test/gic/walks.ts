import {
  type Access,
  distributorBase,
  itsBase,
  Kind,
  ModelMachine,
  ramBase,
  redistributorBase,
  type SystemRegister,
  systemRegisters,
  uartData,
  uartMask,
} from "./replay.js";

/** A small deterministic generator (xorshift32). */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** GIC_SEEDS=100 widens the walks. */
export const seeds = Array.from({ length: Number(process.env["GIC_SEEDS"] ?? 4) }, (_, index) => index + 1);

/** Builds a list of accesses by playing it on the model as it grows, so that later accesses can follow earlier results. */
export class Script {
  readonly accesses: Access[] = [];
  readonly results: bigint[] = [];
  readonly model: ModelMachine;

  constructor(security: "single" | "two") {
    this.model = new ModelMachine(security);
  }

  add(kind: Access["kind"], location: number, value = 0n): bigint {
    const access = { kind, location, value };
    this.accesses.push(access);
    const result = this.model.perform(access);
    this.results.push(result);
    return result;
  }

  readSystem = (name: SystemRegister) => this.add(Kind.readSystem, systemRegisters[name]);
  writeSystem = (name: SystemRegister, value: bigint | number) =>
    this.add(Kind.writeSystem, systemRegisters[name], BigInt(value));
  read32 = (address: number) => this.add(Kind.read32, address);
  write32 = (address: number, value: number) => this.add(Kind.write32, address, BigInt(value >>> 0));
}

/** SGIs, PPIs (30 and 27 are the timers), SPIs (33 is the UART). */
const intids = [0, 3, 7, 15, 16, 20, 27, 30, 31, 32, 33, 34, 63, 64, 100, 255];
export const sgiBase = redistributorBase + 0x10000;
const bitmap = (offset: number, intid: number) =>
  intid < 32 ? sgiBase + offset : distributorBase + offset + (intid >> 5) * 4;

interface Walk {
  steps: number;
  groups: readonly (0 | 1)[];
  secure: boolean;
  /** Low bits of priorities to leave 0: those that the accessing state can't set. */
  priorityShift: number;
}

/** Random register accesses, with observations in between. */
export function walk(
  script: Script,
  pick: (below: number) => number,
  { steps, groups, secure, priorityShift }: Walk,
): void {
  const oneOf = <T>(list: readonly T[]): T => list[pick(list.length)]!;
  const acknowledged: { group: 0 | 1; intid: number }[] = [];
  const actions: [number, () => void][] = [
    [
      12,
      () => {
        const intid = oneOf(intids);
        script.write32(bitmap(oneOf([0x200, 0x200, 0x200, 0x280]), intid), 1 << (intid & 31));
      },
    ],
    [
      10,
      () => {
        const intid = oneOf(intids);
        script.write32(bitmap(oneOf([0x100, 0x100, 0x100, 0x180]), intid), 1 << (intid & 31));
      },
    ],
    [
      2,
      () => {
        const intid = oneOf(intids);
        script.write32(bitmap(oneOf([0x300, 0x380, 0x380]), intid), 1 << (intid & 31));
      },
    ],
    [
      8,
      () => {
        const intid = oneOf(intids);
        const base = intid < 32 ? sgiBase : distributorBase;
        script.add(Kind.write8, base + 0x400 + intid, BigInt((pick(256) >> priorityShift) << priorityShift));
      },
    ],
    [
      3,
      () => {
        const intid = oneOf(intids);
        script.write32(bitmap(0x80, intid), pick(0x10000) | (pick(0x10000) << 16));
      },
    ],
    [
      2,
      () => {
        const word = pick(8);
        const base = word < 2 ? sgiBase : distributorBase;
        // The trigger of an enabled interrupt may not be changed (GICD_ICFGR); QEMU would look at it again later only.
        script.write32(base + 0x180 + (word >> 1) * 4, word & 1 ? 0xffff_0000 : 0xffff);
        script.write32(base + 0xc00 + word * 4, pick(0x10000) | (pick(0x10000) << 16));
      },
    ],
    [
      2,
      () => {
        const intid = oneOf(intids.filter((each) => each >= 32));
        script.add(
          Kind.write64,
          distributorBase + 0x6000 + intid * 8,
          oneOf([0n, 0n, 0n, 1n, 2n, 0x1_0000_0000n, 0x100n]),
        );
      },
    ],
    [1, () => script.write32(distributorBase, oneOf(secure ? [7, 7, 7, 3, 5, 6] : [3, 3, 3, 1, 2]))],
    [3, () => script.write32(uartMask, oneOf([0, 0x20]))],
    [3, () => script.writeSystem(oneOf(["CNTP_CTL_EL0", "CNTV_CTL_EL0"] as const), oneOf([0, 1, 1, 3]))],
    [4, () => script.writeSystem("ICC_PMR_EL1", oneOf([0xff, 0xff, 0xff, pick(256)]))],
    [
      2,
      () =>
        script.writeSystem(
          groups.includes(0) ? oneOf(["ICC_BPR0_EL1", "ICC_BPR1_EL1"] as const) : "ICC_BPR1_EL1",
          pick(8),
        ),
    ],
    [2, () => script.writeSystem("ICC_CTLR_EL1", oneOf([0, 0, 1, 2, 3]))],
    [
      4,
      () => {
        const register = groups.includes(0)
          ? oneOf(["ICC_SGI0R_EL1", "ICC_SGI1R_EL1", "ICC_ASGI1R_EL1"] as const)
          : "ICC_SGI1R_EL1";
        const value =
          (BigInt(oneOf([0, 3, 7, 15])) << 24n) |
          BigInt(pick(4)) |
          oneOf([0n, 0n, 1n << 40n, 1n << 16n, 1n << 32n, 1n << 48n]);
        script.writeSystem(register, value);
      },
    ],
    [
      14,
      () => {
        const group = oneOf(groups);
        const intid = Number(script.readSystem(`ICC_IAR${group}_EL1`));
        if (intid < 1020) acknowledged.push({ group, intid });
      },
    ],
    [
      9,
      () => {
        const last = acknowledged.pop();
        if (last !== undefined) script.writeSystem(`ICC_EOIR${last.group}_EL1`, last.intid);
      },
    ],
    [2, () => script.writeSystem(`ICC_EOIR${oneOf(groups)}_EL1`, oneOf([...intids, 1023]))],
    [3, () => script.writeSystem("ICC_DIR_EL1", oneOf([...intids, acknowledged.at(-1)?.intid ?? 0]))],
    [
      1,
      () => {
        if (!groups.includes(0)) return;
        script.writeSystem(secure ? "ICC_AP0R0_EL1" : oneOf(["ICC_AP0R0_EL1", "ICC_AP1R0_EL1"] as const), 0);
      },
    ],
  ];
  if (secure)
    actions.push(
      [3, () => script.writeSystem("SCR_EL3", 0x430n | BigInt(pick(2)) | (BigInt(pick(4)) << 1n))],
      [3, () => script.write32(bitmap(0xd00, oneOf(intids)), pick(0x10000) | (pick(0x10000) << 16))],
      [
        2,
        () =>
          script.write32(
            oneOf([sgiBase + 0xe00, distributorBase + 0xe08, distributorBase + 0xe0c]),
            pick(0x10000) * 0x10001,
          ),
      ],
      [2, () => script.writeSystem("ICC_CTLR_EL3", pick(32))],
    );
  const total = actions.reduce((sum, [weight]) => sum + weight, 0);
  for (let step = 0; step < steps; step++) {
    let ticket = pick(total);
    for (const [weight, action] of actions) {
      if ((ticket -= weight) >= 0) continue;
      action();
      break;
    }
    script.readSystem("ISR_EL1");
    const observed = [() => script.readSystem("ICC_RPR_EL1"), () => script.readSystem("ICC_PMR_EL1")];
    for (const group of groups)
      observed.push(
        () => script.readSystem(`ICC_HPPIR${group}_EL1`),
        () => script.readSystem(`ICC_AP${group}R0_EL1`),
        () => script.readSystem(`ICC_BPR${group}_EL1`),
      );
    oneOf(observed)();
    if (pick(4) === 0) {
      const offset = oneOf([0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0xd00]);
      script.read32(bitmap(offset, oneOf(intids)));
      script.read32(sgiBase + 0x20000 + offset);
      script.read32(distributorBase + 0x400 + pick(64) * 4);
      script.read32(sgiBase + 0x400 + pick(8) * 4);
      script.read32(distributorBase + 0xc00 + pick(16) * 4);
      script.read32(distributorBase + 0xe00 + pick(16) * 4);
      script.add(Kind.read64, distributorBase + 0x6000 + oneOf(intids.filter((each) => each >= 32)) * 8);
      script.read32(distributorBase);
      script.readSystem("ICC_CTLR_EL1");
    }
  }
}

/** Awake, groups enabled, timers asserting as soon as they are enabled, the UART's transmit interrupt raised. */
export function start(script: Script, secure: boolean): void {
  for (const pe of [0, 1]) script.write32(redistributorBase + pe * 0x20000 + 0x14, 0);
  if (secure) {
    script.writeSystem("ICC_SRE_EL3", 0xf);
    script.writeSystem("ICC_IGRPEN1_EL3", 3);
  } else script.writeSystem("ICC_IGRPEN1_EL1", 1);
  script.writeSystem("ICC_IGRPEN0_EL1", 1);
  script.writeSystem("ICC_PMR_EL1", 0xff);
  script.writeSystem("CNTP_CVAL_EL0", 0);
  script.writeSystem("CNTV_CVAL_EL0", 0);
  script.write32(uartData, 0x20);
  script.write32(distributorBase, secure ? 7 : 3);
}

/** Places of the tables in memory. */
const queue = ramBase;
const deviceTable = ramBase + 0x1000;
const collectionTable = ramBase + 0x2000;
const properties = ramBase + 0x4000;
const translations = ramBase + 0x8000;
const pendingTables = [ramBase + 0x10000, ramBase + 0x20000];
const validBit = 1n << 63n;

/** Random commands to the ITS (devices 0-2 of 8 events, collection n on PE n) and the LPIs they make. */
export function itsWalk(script: Script, pick: (below: number) => number, steps: number): void {
  const write64 = (address: number, value: bigint) => script.add(Kind.write64, address, value);
  const read64 = (address: number) => script.add(Kind.read64, address);
  for (const offset of [0, 4]) script.read32(itsBase + offset);
  for (const offset of [0x80, 0x88, 0x90, 0x100, 0x108, 0x110]) read64(itsBase + offset);
  for (let offset = 0xffd0; offset < 0x10000; offset += 4) script.read32(itsBase + offset);
  for (const pe of [0, 1]) {
    const frame = redistributorBase + pe * 0x20000;
    write64(frame + 0x70, BigInt(properties) | 0x78dn);
    write64(frame + 0x78, BigInt(pendingTables[pe]!) | (1n << 62n) | 0x780n);
    script.write32(frame, 1);
    script.read32(frame);
    read64(frame + 0x70);
  }
  write64(itsBase + 0x100, validBit | BigInt(deviceTable));
  write64(itsBase + 0x108, validBit | BigInt(collectionTable));
  write64(itsBase + 0x80, validBit | BigInt(queue));
  script.write32(itsBase, 1);
  for (const offset of [0x80, 0x88, 0x90, 0x100, 0x108]) read64(itsBase + offset);
  let offset = 0;
  const command = (...fields: bigint[]) => {
    for (let index = 0; index < 4; index++) write64(queue + offset + index * 8, fields[index] ?? 0n);
    offset = (offset + 32) % 4096;
    write64(itsBase + 0x88, BigInt(offset));
    read64(itsBase + 0x90);
  };
  for (const pe of [0n, 1n]) command(9n, 0n, validBit | (pe << 16n) | pe);
  for (const device of [0n, 1n, 2n])
    command(8n | (device << 32n), 2n, validBit | (BigInt(translations) + device * 0x800n));
  const commands: (() => void)[] = [];
  const event = () => [BigInt(pick(4)) << 32n, BigInt(pick(9))] as const;
  const one = (number: bigint) => () => {
    const [device, id] = event();
    command(number | device, id);
  };
  const map = () => {
    const [device, id] = event();
    const intid = 8192n + (device >> 32n) * 16n + id;
    command(15n | device, id);
    command(10n | device, (intid << 32n) | id, BigInt(pick(4) === 0 ? 1 : 0));
  };
  for (let count = 0; count < 6; count++) commands.push(one(3n), map);
  commands.push(one(4n), one(15n), one(12n));
  commands.push(() => {
    const [device, id] = event();
    command(1n | device, id, BigInt(pick(2)));
  });
  commands.push(() => command(14n, 0n, BigInt(pick(2)) << 16n, BigInt(pick(2)) << 16n));
  for (let count = 0; count < 5; count++)
    commands.push(() => {
      const index = pick(48);
      script.add(Kind.write8, properties + index, BigInt((pick(32) << 3) | (pick(4) ? 1 : 0)));
      for (const collection of [0n, 1n]) command(13n, 0n, collection);
    });
  for (let step = 0; step < steps; step++) {
    commands[pick(commands.length)]!();
    if (pick(5) === 0) command(5n);
    script.readSystem("ISR_EL1");
    script.readSystem("ICC_HPPIR1_EL1");
    if (pick(3)) continue;
    const intid = script.readSystem("ICC_IAR1_EL1");
    script.readSystem("ICC_RPR_EL1");
    if (intid !== 1023n) script.writeSystem("ICC_EOIR1_EL1", intid);
  }
}

const listRegisters = ["ICH_LR0_EL2", "ICH_LR1_EL2", "ICH_LR2_EL2", "ICH_LR3_EL2"] as const;

/** Rounds of a hypervisor that fills list registers, and of a guest that works on them (HCR_EL2: RW, IMO, FMO). */
export function virtualWalk(script: Script, pick: (below: number) => number, rounds: number): void {
  const oneOf = <T>(list: readonly T[]): T => list[pick(list.length)]!;
  const physical = [27, 30, 33, 40];
  // Masked, because EL1 can't keep a physical interrupt from EL2; the maintenance interrupt shows as pending.
  script.writeSystem("ICC_PMR_EL1", 0);
  script.write32(sgiBase + 0x80, 0xffffffff);
  script.write32(distributorBase + 0x84, 0xffffffff);
  script.write32(sgiBase + 0x100, 1 << 25);
  for (let round = 0; round < rounds; round++) {
    for (let count = pick(3); count > 0; count--) {
      const hardware = pick(3) === 0;
      const target = hardware ? BigInt(oneOf(physical)) : pick(3) === 0 ? 1n << 9n : 0n;
      const high =
        (BigInt(pick(4)) << 30n) |
        (hardware ? 1n << 29n : 0n) |
        (BigInt(pick(2)) << 28n) |
        (BigInt(pick(32)) << 19n) |
        target;
      script.writeSystem(oneOf(listRegisters), (high << 32n) | BigInt(oneOf([3, 16, 27, 33, 40, 100, 8192, 1023])));
    }
    if (pick(4) === 0) script.writeSystem("ICH_HCR_EL2", oneOf([0, 1, 1, 1, (1 | (pick(128) << 1)) & ~(1 << 5)]));
    if (pick(8) === 0)
      script.writeSystem("ICH_VMCR_EL2", (0xf8 << 24) + (pick(64) << 18) + oneOf([3, 3, 0x13, 0x203, 0x213, pick(4)]));
    if (pick(20) === 0) script.writeSystem(oneOf(["ICH_AP0R0_EL2", "ICH_AP1R0_EL2"] as const), 0);
    if (pick(4) === 0) {
      const intid = oneOf(physical);
      script.write32(bitmap(0x300, intid), 1 << (intid & 31));
    }
    for (const name of ["ICH_MISR_EL2", "ICH_EISR_EL2", "ICH_ELRSR_EL2", "ICH_HCR_EL2", "ICH_VMCR_EL2"] as const)
      script.readSystem(name);
    script.read32(sgiBase + 0x200);
    script.add(Kind.dropFromEl2, 0, 0x8000_0018n);
    for (let step = pick(6); step > 0; step--) guestStep(script, pick);
    script.add(Kind.riseToEl2, 0);
    for (const name of [...listRegisters, "ICH_AP0R0_EL2", "ICH_AP1R0_EL2"] as const) script.readSystem(name);
    for (const intid of physical) script.read32(bitmap(0x300, intid));
  }
}

/** One access by the guest, to registers that are now virtual. */
function guestStep(script: Script, pick: (below: number) => number): void {
  const group = pick(2) as 0 | 1;
  const intid = [3, 16, 27, 33, 40, 100, 8192, 1023][pick(8)]!;
  switch (pick(9)) {
    case 0:
    case 1:
    case 2: {
      const acknowledged = script.readSystem(`ICC_IAR${group}_EL1`);
      if (pick(2)) script.writeSystem(`ICC_EOIR${group}_EL1`, acknowledged);
      break;
    }
    case 3:
      script.writeSystem(`ICC_EOIR${group}_EL1`, intid);
      break;
    case 4:
      script.writeSystem("ICC_DIR_EL1", intid);
      break;
    case 5:
      script.writeSystem("ICC_PMR_EL1", [0xff, 0xff, pick(256)][pick(3)]!);
      break;
    case 6:
      script.writeSystem(`ICC_BPR${group}_EL1`, pick(8));
      break;
    case 7:
      script.writeSystem("ICC_CTLR_EL1", pick(4));
      break;
    case 8:
      if (pick(4) === 0) script.writeSystem(`ICC_IGRPEN${group}_EL1`, pick(2));
  }
  script.readSystem("ISR_EL1");
  script.read32(sgiBase + 0x200);
  for (const name of ["HPPIR", "BPR", "AP", "IGRPEN"] as const)
    script.readSystem(name === "AP" ? `ICC_AP${group}R0_EL1` : `ICC_${name}${group}_EL1`);
  for (const name of ["ICC_RPR_EL1", "ICC_PMR_EL1", "ICC_CTLR_EL1"] as const) script.readSystem(name);
}
