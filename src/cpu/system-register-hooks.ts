import { Fpcr, fpcrWritable, fpsrWritable, updateFpFast } from "../isa/fp/fp-fast.js";
import type { SystemRegister } from "../isa/system-registers/index.js";
import { EnvironmentResult } from "./environment-operations.js";
import { ExceptionClass, takeSynchronous } from "./exceptions.js";
import {
  cpuInterface,
  listRegister,
  virtualCpuInterface,
  virtualCpuInterfaceControl,
} from "./interrupt-controller-hooks.js";
import { interruptIsPendingUnmasked } from "./interrupts.js";
import type { ProcessingElement } from "./processing-element.js";
import { readNzcv, writeNzcv } from "./pstate.js";
import { Hcr, Scr, Word, wordOf } from "./register-words.js";
import { Interrupt, PeState } from "./state-layout.js";
import { trapRules, trapTarget } from "./system-register-access.js";

/** Results of hooks besides those of `environment`. */
export const hookUndefined = -1;

/**
 * Behaviour behind a register. Values go through PeState.argument. `read` and `write` return an EnvironmentResult, or
 * {@link hookUndefined} where the access is UNDEFINED; `redirected` when they took an exception.
 */
export interface RegisterHook {
  read?(pe: ProcessingElement, entry: SystemRegister): number;
  write?(pe: ProcessingElement, entry: SystemRegister): number;
}

const { next, leave, redirected } = EnvironmentResult;
const two32 = 2 ** 32;

/** A PSTATE field that is one state word, shown at bit `bit`. */
function pstateBit(offset: number, bit: number, changesContext: boolean): RegisterHook {
  return {
    read(pe) {
      pe.setArgument(pe.state(offset) << bit, 0);
      return next;
    },
    write(pe) {
      pe.setState(offset, (pe.argumentLow >>> bit) & 1);
      if (changesContext) pe.levelChanged();
      return leave;
    },
  };
}

/** The slot's value, for registers of which only writes, or only some reads, are special. */
function readSlot(pe: ProcessingElement, entry: SystemRegister): number {
  const at = entry.slot * 2;
  pe.setArgument(pe.register(at), pe.register(at + 1));
  return next;
}

function secureBelow(pe: ProcessingElement): boolean {
  return pe.haveEl3 && (pe.register(Word.SCR_EL3) & Scr.NS) === 0;
}

/** FP and SIMD trap, as PeState.fpTrap says: the level plus 1. */
export function takeFpTrap(pe: ProcessingElement): void {
  let target = pe.state(PeState.fpTrap) - 1;
  if (target < 1) target = 1;
  // CPACR_EL1's trap goes to EL2 under TGE, and then as an unknown reason (AArch64.AdvSIMDFPAccessTrap).
  if (target === 1 && pe.el === 0 && pe.el2Enabled && (pe.hcrLow & Hcr.TGE) !== 0) {
    takeSynchronous(pe, 2, ExceptionClass.unknown, 0);
    return;
  }
  // CV, and COND as for an instruction without condition.
  takeSynchronous(pe, target, ExceptionClass.fpAccess, (1 << 24) | (14 << 20));
}

function fpRegister(offset: number, mask: (pe: ProcessingElement) => number): RegisterHook {
  return {
    read(pe) {
      if (pe.state(PeState.fpTrap) !== 0) {
        takeFpTrap(pe);
        return redirected;
      }
      pe.setArgument(pe.state(offset), 0);
      return next;
    },
    write(pe) {
      if (pe.state(PeState.fpTrap) !== 0) {
        takeFpTrap(pe);
        return redirected;
      }
      pe.setState(offset, pe.argumentLow & mask(pe));
      updateFpFast(pe.memory.view, pe.base);
      return leave;
    },
  };
}

/** Non-secure state reads the virtual IDs that EL2 set, at EL1. */
function virtualId(real: number, virtual: number): RegisterHook {
  return {
    read(pe) {
      const at = pe.el === 1 && pe.el2Enabled ? virtual : real;
      pe.setArgument(pe.register(at), pe.register(at + 1));
      return next;
    },
  };
}

/**
 * CPTR_EL2 and TCR_EL2 have another layout while HCR_EL2.E2H is 1. A bit that is reserved in one of them only keeps what was written
 * (Glossary, RES0 and RES1); `mask` holds both layouts' fields, and the first one's RES1 bits read as such.
 */
function e2hLayout(low: number, high: number, res1: number): RegisterHook {
  return {
    read(pe, entry) {
      const at = entry.slot * 2;
      const e2h = (pe.register(Word.HCR_EL2 + 1) & Hcr.highE2H) !== 0;
      pe.setArgument(pe.register(at) | (e2h ? 0 : res1), pe.register(at + 1));
      return next;
    },
    write(pe, entry) {
      const vhe = pe.haveVhe;
      const { writableLow } = pe.registerAccess;
      const mask = vhe ? low : writableLow[entry.index]!;
      pe.setRegister(entry.slot * 2, pe.argumentLow & mask, vhe ? pe.argumentHigh & high : 0);
      return next;
    },
  };
}

/** What DISR_EL1 means at the current level: VDISR_EL2 where SErrors are virtual; -1, RAZ/WI, below EL3 where EL3 takes them (D17.2.34). */
function deferredErrorWord(pe: ProcessingElement): number {
  if (pe.el === 1 && pe.el2Enabled && (pe.hcrLow & Hcr.AMO) !== 0) return Word.VDISR_EL2;
  return pe.el < 3 && pe.haveEl3 && (pe.register(Word.SCR_EL3) & Scr.EA) !== 0 ? -1 : Word.DISR_EL1;
}

const dczRules = trapRules(["DZE", "TDZ"]);

const dispatchTimer: RegisterHook = {
  read(pe, entry) {
    const { timers } = pe;
    if (timers === undefined) {
      pe.setArgument(0, 0);
      return next;
    }
    if (entry.name === "CNTPCT_EL0" || entry.name === "CNTVCT_EL0") {
      let count = timers.physicalCount();
      let high = Math.floor(count / two32);
      count = count % two32;
      // EL2 and its hosted EL0 see no offset (D11.1.2).
      const { el } = pe;
      if (entry.name === "CNTVCT_EL0" && pe.haveEl2 && !((el === 2 && pe.e2h) || (el === 0 && pe.host))) {
        const offset = pe.register(Word.CNTVOFF_EL2) >>> 0;
        high -= pe.register(Word.CNTVOFF_EL2 + 1) >>> 0;
        count -= offset;
        if (count < 0) {
          count += two32;
          high -= 1;
        }
      }
      pe.setArgument(count | 0, high | 0);
      return next;
    }
    const name = hostTimer(pe, entry.name);
    const word = timers.readWord(name);
    if (word !== undefined) {
      pe.setArgument(word | 0, 0);
      return next;
    }
    const value = timers.read(name);
    pe.setArgument(Number(value & 0xffff_ffffn) | 0, Number(value >> 32n) | 0);
    return next;
  },
  write(pe, entry) {
    pe.timers?.writeWords(hostTimer(pe, entry.name), pe.argumentLow, pe.argumentHigh);
    return next;
  },
};

/** At EL0 of a host, CNTP_* and CNTV_* are EL2's timers. */
function hostTimer(pe: ProcessingElement, name: string): string {
  if (pe.el !== 0 || !pe.host) return name;
  return name.replace(/^CNT([PV])_(\w+)_EL0$/, "CNTH$1_$2_EL2");
}

/** CNTPS_*: Secure EL1's and EL3's (D17.11.23). */
const dispatchSecureTimer: RegisterHook = {
  read: (pe, entry) => (pe.secure ? dispatchTimer.read!(pe, entry) : hookUndefined),
  write: (pe, entry) => (pe.secure ? dispatchTimer.write!(pe, entry) : hookUndefined),
};

const dispatchPmu: RegisterHook = {
  read(pe, entry) {
    pe.pmu.read(entry.name);
    return next;
  },
  write(pe, entry) {
    pe.pmu.write(entry.name);
    return leave;
  },
};

const claimWord = wordOf("DBGCLAIMSET_EL1");

/** Behaviours by the names that the register table gives them. */
export const registerHooks: Readonly<Record<string, RegisterHook>> = {
  midr: virtualId(Word.MIDR_EL1, Word.VPIDR_EL2),
  mpidr: virtualId(Word.MPIDR_EL1, Word.VMPIDR_EL2),
  ccsidr: {
    read(pe) {
      const value = pe.core.cacheSizes[pe.register(Word.CSSELR_EL1) & 15] ?? 0n;
      pe.setArgument(Number(value & 0xffff_ffffn) | 0, 0);
      return next;
    },
  },
  dczid: {
    read(pe, entry) {
      readSlot(pe, entry);
      // DZP: DC ZVA would trap here.
      if (trapTarget(pe, dczRules, 3) !== 0) pe.setArgument(pe.argumentLow | 16, 0);
      return next;
    },
  },
  // With E2H: TCPAC, TTA, FPEN; all of TCR_EL1's fields.
  cptrEl2: e2hLayout(0x9030_0400 | 0, 0, 0x33ff),
  tcrEl2: e2hLayout(-0x41, 0x0198_07f7, 0x8080_0000 | 0),
  spEl0: {
    read(pe, entry) {
      return pe.state(PeState.spSel) === 0 ? hookUndefined : readSlot(pe, entry);
    },
    write(pe, entry) {
      if (pe.state(PeState.spSel) === 0) return hookUndefined;
      pe.setRegister(entry.slot * 2, pe.argumentLow, pe.argumentHigh);
      return next;
    },
  },
  spSel: {
    read(pe) {
      pe.setArgument(pe.state(PeState.spSel), 0);
      return next;
    },
    write(pe) {
      pe.setLevel(pe.el, pe.argumentLow & 1);
      return leave;
    },
  },
  currentEl: {
    read(pe) {
      pe.setArgument(pe.el << 2, 0);
      return next;
    },
  },
  pan: pstateBit(PeState.pan, 22, true),
  uao: pstateBit(PeState.uao, 23, true),
  dit: pstateBit(PeState.dit, 24, false),
  ssbs: pstateBit(PeState.ssbs, 12, false),
  tco: pstateBit(PeState.tco, 25, false),
  nzcv: {
    read(pe) {
      pe.setArgument(readNzcv(pe), 0);
      return next;
    },
    write(pe) {
      writeNzcv(pe, pe.argumentLow);
      return leave;
    },
  },
  daif: {
    read(pe) {
      pe.setArgument(pe.state(PeState.daif) << 6, 0);
      return next;
    },
    write(pe) {
      pe.setState(PeState.daif, (pe.argumentLow >>> 6) & 15);
      return interruptIsPendingUnmasked(pe) ? leave : next;
    },
  },
  fpcr: fpRegister(PeState.fpcr, (pe) => fpcrWritable | (pe.has("FEAT_FP16") ? Fpcr.fz16 : 0)),
  fpsr: fpRegister(PeState.fpsr, () => fpsrWritable),
  rvbar: {
    read(pe) {
      pe.setArgument(Number(pe.resetAddress & 0xffff_ffffn) | 0, Number(pe.resetAddress >> 32n) | 0);
      return next;
    },
  },
  isr: {
    read(pe) {
      const pending = pe.irqPending;
      const virtual = pe.el === 1 && pe.el2Enabled;
      const of = (physical: number, own: number, routed: number): boolean =>
        (pending & (virtual && (pe.hcrLow & routed) !== 0 ? own : physical)) !== 0;
      const value =
        (of(Interrupt.serror, Interrupt.vserror, Hcr.AMO) ? 0x100 : 0) |
        (of(Interrupt.irq, Interrupt.virq, Hcr.IMO) ? 0x80 : 0) |
        (of(Interrupt.fiq, Interrupt.vfiq, Hcr.FMO) ? 0x40 : 0);
      pe.setArgument(value, 0);
      return next;
    },
  },
  disr: {
    read(pe) {
      const at = deferredErrorWord(pe);
      pe.setArgument(at < 0 ? 0 : pe.register(at), 0);
      return next;
    },
    write(pe) {
      const at = deferredErrorWord(pe);
      if (at >= 0) pe.setRegister(at, pe.argumentLow & 0x81ff_ffff, 0);
      return next;
    },
  },
  // No LORegions; the registers are UNDEFINED in Secure state, which at EL3 is SCR_EL3.NS = 0 (D17.2.98).
  lor: {
    read(pe, entry) {
      return secureBelow(pe) ? hookUndefined : readSlot(pe, entry);
    },
    write(pe) {
      return secureBelow(pe) ? hookUndefined : next;
    },
  },
  cntfrq: {
    read(pe) {
      const value = pe.timers?.read("CNTFRQ_EL0") ?? 0n;
      pe.setArgument(Number(value & 0xffff_ffffn) | 0, 0);
      return next;
    },
    write(pe) {
      // Only the highest implemented exception level may write it.
      if (pe.el !== (pe.haveEl3 ? 3 : pe.haveEl2 ? 2 : 1)) return hookUndefined;
      pe.timers?.write("CNTFRQ_EL0", BigInt(pe.argumentLow >>> 0));
      return next;
    },
  },
  timer: dispatchTimer,
  secureTimer: dispatchSecureTimer,
  pmu: dispatchPmu,
  oslar: {
    write(pe) {
      const locked = pe.argumentLow & 1;
      pe.setRegister(Word.OSLSR_EL1, (pe.register(Word.OSLSR_EL1) & ~2) | (locked << 1), 0);
      pe.debugRegistersChanged();
      return leave;
    },
  },
  claimSet: {
    // Reads show which claim bits there are.
    read(pe) {
      pe.setArgument(0xff, 0);
      return next;
    },
    write(pe) {
      pe.setRegister(claimWord, pe.register(claimWord) | (pe.argumentLow & 0xff), 0);
      return next;
    },
  },
  claimClear: {
    read(pe) {
      pe.setArgument(pe.register(claimWord), 0);
      return next;
    },
    write(pe) {
      pe.setRegister(claimWord, pe.register(claimWord) & ~(pe.argumentLow & 0xff), 0);
      return next;
    },
  },
  l2ctlr: {
    read(pe) {
      pe.setArgument((Math.min(pe.peers.length, 4) - 1) << 24, 0);
      return next;
    },
    write: () => next,
  },
  icc: cpuInterface,
  ich: virtualCpuInterface,
  ichHcr: virtualCpuInterfaceControl,
  ichLr: listRegister,
};
