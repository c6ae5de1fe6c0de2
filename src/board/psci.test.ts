import { describe, expect, it } from "vitest";
import { callPsci, type PowerController, type PowerState } from "./psci.js";
import { PsciFunction as F, PsciReturn as R, SmcccFunction } from "./psci-functions.js";

class FakePower implements PowerController {
  readonly states: PowerState[] = ["on", "off", "off"];
  readonly events: string[] = [];
  processorAt(affinity: bigint): number | undefined {
    return affinity < 3n ? Number(affinity) : undefined;
  }
  powerState(pe: number): PowerState {
    return this.states[pe]!;
  }
  canEnter(address: bigint): boolean {
    return address >= 0x4000_0000n;
  }
  turnOn(pe: number, entry: bigint, context: bigint): void {
    this.states[pe] = "on";
    this.events.push(`on ${pe} 0x${entry.toString(16)} ${context}`);
  }
  turnOff(pe: number): void {
    this.states[pe] = "off";
    this.events.push(`off ${pe}`);
  }
  standBy(pe: number): void {
    this.events.push(`stand by ${pe}`);
  }
  systemOff(): void {
    this.events.push("system off");
  }
  systemReset(kind: "cold" | "warm"): void {
    this.events.push(`reset ${kind}`);
  }
}

function call(power: FakePower, id: number, ...args: bigint[]) {
  return callPsci(power, 0, BigInt(id), [args[0] ?? 0n, args[1] ?? 0n, args[2] ?? 0n]);
}

describe("PSCI", () => {
  it("says what it is", () => {
    const power = new FakePower();
    expect(call(power, F.version)).toBe(0x10001n);
    expect(call(power, F.migrateInfoType)).toBe(2n);
    expect(call(power, SmcccFunction.version)).toBe(0x10001n);
    expect(call(power, F.features, BigInt(F.cpuOn64))).toBe(0n);
    expect(call(power, F.features, BigInt(SmcccFunction.version))).toBe(0n);
    expect(call(power, F.features, BigInt(F.migrate))).toBe(-1n);
    expect(call(power, SmcccFunction.archFeatures, 0x8000_8000n)).toBe(1n);
    expect(call(power, SmcccFunction.archFeatures, 0x8000_0050n)).toBe(-1n);
    // TRNG_VERSION
    expect(call(power, 0x8400_0050)).toBe(-1n);
  });

  it("ignores the upper half of X0", () => {
    const power = new FakePower();
    expect(callPsci(power, 0, 0xdead_beef_8400_0000n, [0n, 0n, 0n])).toBe(0x10001n);
  });

  it("turns PEs on and off", () => {
    const power = new FakePower();
    const on = (...args: bigint[]) => call(power, F.cpuOn64, ...args);
    expect(on(1n, 0x4000_1000n, 77n)).toBe(0n);
    expect(on(1n, 0x4000_1000n, 77n)).toBe(BigInt(R.alreadyOn));
    expect(on(3n, 0x4000_1000n)).toBe(BigInt(R.invalidParameters));
    expect(on(0x8000_0002n, 0x4000_1000n)).toBe(BigInt(R.invalidParameters));
    expect(on(2n, 0x4000_1002n)).toBe(BigInt(R.invalidAddress));
    expect(on(2n, 0x1000n)).toBe(BigInt(R.invalidAddress));
    expect(call(power, F.affinityInfo64, 1n, 0n)).toBe(0n);
    expect(call(power, F.affinityInfo64, 2n, 0n)).toBe(1n);
    expect(call(power, F.affinityInfo64, 2n, 1n)).toBe(BigInt(R.invalidParameters));
    expect(callPsci(power, 1, BigInt(F.cpuOff), [0n, 0n, 0n])).toBe("no return");
    expect(power.events).toEqual(["on 1 0x40001000 77", "off 1"]);
  });

  it("takes 32-bit arguments in SMC32 calls", () => {
    const power = new FakePower();
    expect(call(power, F.cpuOn, 0xffff_ffff_0000_0001n, 0x1_4000_1000n, 0x1_0000_0005n)).toBe(0n);
    expect(power.events).toEqual(["on 1 0x40001000 5"]);
  });

  it("suspends as stand-by", () => {
    const power = new FakePower();
    expect(call(power, F.cpuSuspend64, 0x1_0000n, 0x4000_0000n)).toBe(0n);
    expect(call(power, F.cpuSuspend64, 0x8000_0000n)).toBe(BigInt(R.invalidParameters));
    expect(power.events).toEqual(["stand by 0"]);
  });

  it("ends and resets the system", () => {
    const power = new FakePower();
    expect(call(power, F.systemOff)).toBe("no return");
    expect(call(power, F.systemReset)).toBe("no return");
    expect(call(power, F.systemReset2, 0n)).toBe("no return");
    expect(call(power, F.systemReset2, 1n)).toBe(BigInt(R.invalidParameters));
    expect(power.events).toEqual(["system off", "reset cold", "reset warm"]);
  });
});
