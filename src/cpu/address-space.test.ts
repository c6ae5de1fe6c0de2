import { expect, it } from "vitest";
import { Fixture } from "../../test/cpu/fixture.js";
import { setPstate } from "./pstate.js";
import { levelWords, PeState } from "./state-layout.js";

it.each(["cortex-a57", "max"])("changes of TTBRs leave %s as if everything had been worked out again", (core) => {
  const { pe } = new Fixture({ core });
  const words = (): number[] => levelWords.map((name) => pe.state(PeState[name]));
  const keys = (): number[] => [pe.tlbs.current, pe.tlbs.currentUnprivileged].map((context) => pe.tlbs.key(context));
  pe.writeSystemRegister("SCTLR_EL1", 0x1001n);
  let number = 1;
  // With four contexts, some changes find theirs, and some take others' away. TCR_EL1.A1: whose ASID it is.
  for (const a1 of [0n, 1n]) {
    pe.writeSystemRegister("TCR_EL1", (a1 << 22n) | (16n << 16n) | 16n | (1n << 36n));
    for (let step = 0; step < 200; step++) {
      number = (number * 1103 + 12345) % 65536;
      const asid = BigInt(1 + (number % (step < 100 ? 2 : 5)));
      const name = number & 64 ? "TTBR0_EL1" : "TTBR1_EL1";
      pe.writeSystemRegister(name, (asid << 48n) | BigInt(0x4000_0000 + (number & 0xf000)));
      // What a level's record doesn't know isn't lost.
      if (number & 512) pe.writeSystemRegister("CPACR_EL1", BigInt(number & 0x400 ? 3 << 20 : 0));
      if (number & 128) setPstate(pe, 0x3c0 | (number & 256 ? 5 : 0));
      const found = keys();
      const now = words();
      pe.update();
      expect(keys()).toEqual(found);
      if (step % 3 === 0) expect(words()).toEqual(now);
    }
  }
});
