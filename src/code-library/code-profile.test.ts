import { expect, it } from "vitest";
import { type CodeProfile, decodeProfile, encodeProfile, unexecuted } from "./code-profile.js";

it("is the same after it was a file", () => {
  const words = Int32Array.from({ length: 1024 }, (_, i) => Math.imul(i, 0x1234_5679));
  const heat = Uint16Array.from({ length: 1024 }, (_, i) => (i % 3 === 0 ? unexecuted : i));
  const profile: CodeProfile = {
    pages: [{ page: 0x40080, virtualPage: 0xf_ffff_8000_0123, words, heat }],
    regions: [
      {
        entry: 0x1_4000_0004,
        ranges: [0x1_4000_0000, 0x1_4000_0010, 0x4000_0ff0, 0x4000_1000],
        targets: [0x4000_0ff8],
        callees: [{ register: 9, distance: -64 }],
      },
      { entry: 0x4000_0ff0, ranges: [], targets: [], callees: [] },
    ],
  };
  const bytes = encodeProfile(profile);
  expect(decodeProfile(bytes)).toEqual(profile);
  expect(() => decodeProfile(bytes.subarray(0, bytes.length - 4))).toThrow("isn't a code profile, or isn't whole");
});
