import fc from "fast-check";
import { expect, it } from "vitest";
import { silentLog } from "../ports/index.js";
import { createGic, nonSecureContext } from "./index.js";

it("takes any accesses of a guest, and saves what it can restore", () => {
  const access = fc.record({
    frame: fc.nat(2),
    offset: fc.oneof(fc.nat(0x1ff), fc.nat(0x3ffff)),
    size: fc.constantFrom(1 as const, 2 as const, 4 as const),
    write: fc.boolean(),
    value: fc.nat(0xffffffff),
    ram: fc.nat(0xff),
  });
  fc.assert(
    fc.property(
      fc.constantFrom("single" as const, "two" as const),
      fc.array(access, { maxLength: 200 }),
      (security, list) => {
        let ramByte = 0;
        const make = () =>
          createGic({
            peAffinities: [0, 1],
            spiCount: 64,
            security,
            outputs: [0, 1].map(() => ({ irq: { set() {} }, fiq: { set() {} } })),
            log: silentLog,
            dma: {
              read(_address, target) {
                target.fill(ramByte);
                return true;
              },
              write: () => true,
            },
          });
        const gic = make();
        for (const { frame, offset, size, write, value, ram } of list) {
          ramByte = ram;
          const device = [gic.distributor, gic.redistributors, gic.its!][frame]!;
          const at = (offset % device.size) & -size;
          const limit = 2 ** (8 * size);
          if (write) device.write(at, size, value % limit);
          else {
            const result = device.read(at, size);
            expect(result >= 0 && result < limit && Number.isInteger(result)).toBe(true);
          }
          gic.cpuInterface(0).read("ICC_IAR1_EL1", nonSecureContext(1));
        }
        const saved = gic.save();
        const other = make();
        other.restore(JSON.parse(JSON.stringify(saved)));
        expect(other.save()).toEqual(saved);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});
