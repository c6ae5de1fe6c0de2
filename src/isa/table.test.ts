import { expect, it } from "vitest";
import { a64 } from "./a64.js";
import { unimplemented } from "./definition.js";
import { InstructionTable } from "./table.js";

const anything = "1111 op2 imm25";
const some = "1111 101 xxxxxxxxxxxxxxxxxxxxxxxxx";

it("has one definition for each word of the machine's instruction set", () => {
  a64().check();
});

it("refuses patterns that overlap, and names that repeat", () => {
  const one = unimplemented("ONE", anything, "FEAT_ONE");
  expect(() => new InstructionTable([[one], [unimplemented("TWO", some, "FEAT_TWO")]])).toThrow(
    `TWO (${some}) overlaps ONE (${anything})`,
  );
  expect(() => new InstructionTable([[one, unimplemented("ONE", `0000 op2 imm25`, "FEAT_ONE")]])).toThrow(
    "two instructions are called ONE",
  );
});
