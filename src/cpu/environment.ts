import { splitEncoding, systemEncoding } from "../isa/system-registers/index.js";
import { currentInstruction } from "./aborts.js";
import { stackAlignmentFault } from "./access.js";
import { takeIllegalState } from "./debug-exceptions.js";
import { EnvironmentOperation, EnvironmentResult } from "./environment-operations.js";
import { debugTarget, ExceptionClass, exceptionReturn, takeSynchronous, takeUndefined, Vector } from "./exceptions.js";
import { interruptIsPendingUnmasked } from "./interrupts.js";
import type { Monitor } from "./monitor.js";
import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Scr, Sctlr, Word } from "./register-words.js";
import { Interrupt, PeState } from "./state-layout.js";
import { systemInstruction, systemInstructionRead } from "./system-instructions.js";
import { lowestTarget, trapRules, trapTarget } from "./system-register-access.js";
import { takeFpTrap } from "./system-register-hooks.js";
import { readRegister, takeSystemTrap, writeRegister } from "./system-register-move.js";

const { next, redirected, leave, wait } = EnvironmentResult;
const op = EnvironmentOperation;

const semihostingImmediate = 0xf000;
const daifRules = trapRules(["UMA"]);

/**
 * A system instruction of generated code (see EnvironmentOperation for `operation` and `argument`): pc is its address. Returns an
 * EnvironmentResult.
 */
export function environment(pe: ProcessingElement, operation: number, argument: number): number {
  switch (operation) {
    case op.mrs:
      return moveFromRegister(pe, argument & 0xffff);
    case op.msr:
      return writeRegister(pe, argument & 0xffff);
    case op.msrImmediate:
      return msrImmediate(pe, argument);
    case op.sys:
      return systemInstruction(pe, argument & 0xffff);
    case op.eret:
      return eret(pe, argument);
    case op.svc:
      advancePast(pe);
      takeSynchronous(pe, lowestTarget(pe), ExceptionClass.svc64, argument & 0xffff);
      return redirected;
    case op.wfi:
      return waitFor(pe, false);
    case op.wfe:
      return waitFor(pe, true);
    case op.yield:
      return pe.peers.length > 1 ? wait : next;
    case op.isb:
      // Everything takes effect at once here: context changes leave by themselves, and code is kept coherent with stores.
      return next;
    case op.sev:
      for (let n = 0; n < pe.peers.length; n++) pe.peers[n]!.signalEvent();
      return next;
    case op.sevl:
      pe.setState(PeState.event, 1);
      return next;
    case op.hvc:
      return hvc(pe, argument & 0xffff);
    case op.smc:
      return smc(pe, argument & 0xffff);
    case op.hlt:
      return hlt(pe, argument & 0xffff);
    case op.brk:
      takeSynchronous(pe, debugTarget(pe), ExceptionClass.brk64, argument & 0xffff);
      return redirected;
    case op.esb:
      return esb(pe);
    case op.fpTrap:
      takeFpTrap(pe);
      return redirected;
    case op.branchTarget:
      takeSynchronous(pe, lowestTarget(pe), ExceptionClass.branchTarget, pe.state(PeState.btype));
      return redirected;
    case op.illegalState:
      takeSynchronous(pe, lowestTarget(pe), ExceptionClass.illegalState, 0);
      return redirected;
    case op.stackAlignment:
      stackAlignmentFault(pe);
      return redirected;
    case op.pointerAuthentication:
      return pointerAuthentication(pe);
    case op.authenticationFailure:
      takeSynchronous(pe, lowestTarget(pe), ExceptionClass.authenticationFailure, argument & 3);
      return redirected;
    case op.observe:
      pe.observer?.executing(pe, argument);
      return next;
    case op.sysl:
      return systemInstructionRead(pe, argument & 0xffff);
    // UNDEFINED: in Non-debug state (DRPS, DCPSn), and SVE, which no core has.
    case op.undefined:
    case op.drps:
    case op.dcps1:
    case op.dcps2:
    case op.dcps3:
    case op.sveTrap:
      takeUndefined(pe);
      return redirected;
    default:
      throw new Error(`there is no environment operation ${operation}`);
  }
}

/** MRS. Generated code that leaves doesn't come to write the destination: it is written here. */
function moveFromRegister(pe: ProcessingElement, encoding: number): number {
  const result = readRegister(pe, encoding);
  if (result === leave) {
    const t = currentInstruction(pe) & 31;
    if (t !== 31) pe.setX(t, (BigInt(pe.argumentHigh >>> 0) << 32n) | BigInt(pe.argumentLow >>> 0));
  }
  return result;
}

/** SVC, HVC and SMC are done before their exception is: the return address is past them, and a step is over (SSAdvance). */
function advancePast(pe: ProcessingElement): void {
  pe.advance();
  pe.setState(PeState.ss, 0);
}

/** MSR (immediate); `code` is 0:op1:4:CRm:op2 as an encoding. */
function msrImmediate(pe: ProcessingElement, code: number): number {
  const { op1, crm, op2 } = splitEncoding(code);
  const bit = crm & 1;
  const el = pe.el;
  const field = (op1 << 3) | op2;
  switch (field) {
    case (3 << 3) | 6: // DAIFSet
    case (3 << 3) | 7: {
      // DAIFClr
      if (el === 0) {
        const target = trapTarget(pe, daifRules, 2);
        if (target !== 0) {
          // Reported as the encoding of the instruction itself, with Rt = 31.
          takeSystemTrap(pe, target, systemEncoding(0, op1, 4, crm, op2), 0);
          return redirected;
        }
      }
      const daif = pe.state(PeState.daif);
      if (op2 === 6) {
        pe.setState(PeState.daif, daif | crm);
        return next;
      }
      pe.setState(PeState.daif, daif & ~crm);
      return interruptIsPendingUnmasked(pe) ? leave : next;
    }
    case 5:
      if (el === 0) break;
      pe.setLevel(el, bit);
      return leave;
    case 4:
      if (el === 0 || !pe.havePan) break;
      pe.setState(PeState.pan, bit);
      pe.levelChanged();
      return leave;
    case 3:
      if (el === 0 || !pe.haveUao) break;
      pe.setState(PeState.uao, bit);
      pe.levelChanged();
      return leave;
    case (3 << 3) | 2:
      if (!pe.haveDit) break;
      pe.setState(PeState.dit, bit);
      return next;
    case (3 << 3) | 1:
      if (!pe.haveSsbs) break;
      pe.setState(PeState.ssbs, bit);
      return next;
    case (3 << 3) | 4:
      if (!pe.haveMte) break;
      pe.setState(PeState.tco, bit);
      return next;
  }
  takeUndefined(pe);
  return redirected;
}

/** `argument`: 0 for ERET; 2, 3 for ERETAA, ERETAB, whose return address is in PeState.argument. */
function eret(pe: ProcessingElement, argument: number): number {
  if (pe.el === 0) {
    takeUndefined(pe);
    return redirected;
  }
  // HCR_EL2.NV traps ERET at EL1 (FEAT_NV).
  if (pe.el === 1 && (pe.hcrHigh & Hcr.highNV) !== 0) {
    takeSynchronous(pe, 2, ExceptionClass.eret, argument);
    return redirected;
  }
  exceptionReturn(pe, argument !== 0);
  // Only ERET sets PSTATE.IL; what it does comes after debug exceptions.
  if (pe.state(PeState.il) !== 0 && pe.debugEvents === 0) takeIllegalState(pe);
  return redirected;
}

function callMonitor(
  pe: ProcessingElement,
  monitor: Monitor,
  targetEl: number,
  exceptionClass: number,
  imm16: number,
): number {
  pe.advance();
  const esr = (exceptionClass << 26) | 0x200_0000 | imm16;
  pe.countException(exceptionClass);
  if (pe.onException !== undefined) pe.onException(pe, targetEl, esr, 0x400);
  pe.observer?.exceptionTaken(pe, targetEl, esr, 0x400);
  monitor.exceptionTaken(pe, { targetEl, esr, vector: Vector.synchronous + 0x400 });
  if (monitor.keepsControls !== true) pe.update();
  pe.observer?.exceptionServed(pe);
  return pe.waiting || pe.poweredOff ? wait : redirected;
}

function hvc(pe: ProcessingElement, imm16: number): number {
  const el = pe.el;
  const { conduit } = pe;
  if (conduit?.instruction === "hvc" && el !== 0 && !pe.haveEl2)
    return callMonitor(pe, conduit.monitor, 2, ExceptionClass.hvc64, imm16);
  const enabled = pe.haveEl3
    ? (pe.register(Word.SCR_EL3) & Scr.HCE) !== 0
    : (pe.register(Word.HCR_EL2) & Hcr.HCD) === 0;
  if (!pe.haveEl2 || el === 0 || (el === 1 && !pe.el2Enabled) || !enabled) {
    takeUndefined(pe);
    return redirected;
  }
  advancePast(pe);
  takeSynchronous(pe, el === 3 ? 3 : 2, ExceptionClass.hvc64, imm16);
  return redirected;
}

function smc(pe: ProcessingElement, imm16: number): number {
  const el = pe.el;
  const { conduit } = pe;
  const served = conduit?.instruction === "smc";
  if (el === 0 || (!pe.haveEl3 && !served && !(el === 1 && (pe.hcrLow & Hcr.TSC) !== 0))) {
    takeUndefined(pe);
    return redirected;
  }
  // TSC comes first, and the SMC is then not executed: ELR_EL2 is its own address.
  if (el === 1 && pe.el2Enabled && (pe.hcrLow & Hcr.TSC) !== 0) {
    takeSynchronous(pe, 2, ExceptionClass.smc64, imm16);
    return redirected;
  }
  if (served) return callMonitor(pe, conduit.monitor, 3, ExceptionClass.smc64, imm16);
  if ((pe.register(Word.SCR_EL3) & Scr.SMD) !== 0) {
    takeUndefined(pe);
    return redirected;
  }
  advancePast(pe);
  takeSynchronous(pe, 3, ExceptionClass.smc64, imm16);
  return redirected;
}

function hlt(pe: ProcessingElement, imm16: number): number {
  if (imm16 === semihostingImmediate && pe.semihosting !== undefined && pe.semihosting(pe)) {
    pe.advance();
    return pe.waiting || pe.poweredOff ? wait : redirected;
  }
  // Halting is never allowed: there is no external debugger.
  takeUndefined(pe);
  return redirected;
}

/** WFI and WFE: trapped, at once done, or a wait (AArch64.CheckForWFxTrap). */
function waitFor(pe: ProcessingElement, event: boolean): number {
  if (event && pe.state(PeState.event) !== 0) {
    pe.setState(PeState.event, 0);
    return next;
  }
  if (!event && pe.wakes) return interruptIsPendingUnmasked(pe) ? leave : next;
  const el = pe.el;
  const iss = (1 << 24) | (14 << 20) | (event ? 1 : 0);
  if (el === 0 && (pe.register(pe.sctlrWord) & (event ? Sctlr.nTWE : Sctlr.nTWI)) === 0) {
    takeSynchronous(pe, lowestTarget(pe), ExceptionClass.wfx, iss);
    return redirected;
  }
  if (el < 2 && pe.el2Enabled && (pe.hcrLow & (event ? Hcr.TWE : Hcr.TWI)) !== 0) {
    takeSynchronous(pe, 2, ExceptionClass.wfx, iss);
    return redirected;
  }
  if (el < 3 && pe.haveEl3 && (pe.register(Word.SCR_EL3) & (event ? Scr.TWE : Scr.TWI)) !== 0) {
    takeSynchronous(pe, 3, ExceptionClass.wfx, iss);
    return redirected;
  }
  // With the monitor armed, a store by another PE should be an event, and isn't seen: WFE, which may end at any time
  // (D1.6.1), only gives up the turn.
  if (!event || (pe.state(PeState.exclusiveAddress) & pe.state(PeState.exclusiveAddress + 4)) === -1) {
    if (!pe.wakes) pe.wait(event);
  }
  return wait;
}

/** ESB: a pending SError that is masked is deferred to DISR_EL1; one that isn't is taken at the next boundary. */
function esb(pe: ProcessingElement): number {
  const pending = pe.irqPending;
  const masked = (pe.state(PeState.daif) & 4) !== 0;
  const virtual = pe.el < 2 && pe.el2Enabled && (pe.hcrLow & (Hcr.AMO | Hcr.TGE)) === Hcr.AMO;
  if (virtual && pending & Interrupt.vserror) {
    if (!masked) return leave;
    pe.setRegister(Word.VDISR_EL2, 0x8000_0000 | (pe.register(Word.VSESR_EL2) & 0x1ff_ffff), 0);
    pe.setRegister(Word.HCR_EL2, pe.register(Word.HCR_EL2) & ~Hcr.VSE, pe.register(Word.HCR_EL2 + 1));
    pe.updateInterrupts();
    return next;
  }
  if ((pending & Interrupt.serror) === 0) return next;
  if (!masked) return leave;
  pe.setRegister(Word.DISR_EL1, 0x8000_0000, 0);
  pe.setInterrupt("serror", false);
  return next;
}

/** A pointer authentication instruction that HCR_EL2.API or SCR_EL3.API traps; without either it is generated code's own. */
function pointerAuthentication(pe: ProcessingElement): number {
  const el = pe.el;
  if (el < 2 && pe.el2Enabled && !pe.host && (pe.hcrHigh & Hcr.highAPI) === 0) {
    takeSynchronous(pe, 2, ExceptionClass.pointerAuthentication, 0);
    return redirected;
  }
  if (el < 3 && pe.haveEl3 && (pe.register(Word.SCR_EL3) & Scr.API) === 0) {
    takeSynchronous(pe, 3, ExceptionClass.pointerAuthentication, 0);
    return redirected;
  }
  return next;
}
