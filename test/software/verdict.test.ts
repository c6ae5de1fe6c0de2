import { expect, it } from "vitest";
import type { BootResult, MachineName } from "./machines.js";
import { judge } from "./verdict.js";
import type { Workload } from "./workloads.js";

const workload: Workload = {
  summary: "",
  packages: [],
  steps: { known: { command: "known", expected: () => "42" }, compared: { command: "compared" } },
  memoryMiB: 1,
  limit: 1,
};

/** A boot in which steps said these things; null for a step in which the machine ended. */
function booted(outputs: Readonly<Record<string, string | null>>, status = 0): BootResult {
  const steps = Object.entries(outputs).map(([name, output]) => ({
    name,
    status: output === null ? undefined : status,
    output: output ?? "",
    guestSeconds: 1,
    hostSeconds: 2,
  }));
  return { steps, complete: true, failure: "", bootSeconds: 1 };
}

/** The problems of the two steps. */
function problems(results: Partial<Record<MachineName, BootResult>>, record = {}): (readonly string[])[] {
  const boots = new Map(Object.entries(results) as [MachineName, BootResult][]);
  return judge("test", workload, ["known", "compared"], boots, record).map((verdict) => verdict.problems);
}

it("finds nothing wrong where host and machines agree", () => {
  const right = booted({ known: "42", compared: "same" });
  expect(problems({ qemu: right, trapeze: right })).toEqual([[], []]);
});

it("finds what the host knows to be wrong, even when the machines agree", () => {
  const wrong = booted({ known: "43", compared: "same" });
  expect(problems({ qemu: wrong, trapeze: wrong })).toEqual([
    ["qemu says in line 1 '43' where the host says '42'", "trapeze says in line 1 '43' where the host says '42'"],
    [],
  ]);
});

it("finds the first line in which the machines differ", () => {
  const qemu = booted({ known: "42", compared: "one\ntwo" });
  const trapeze = booted({ known: "42", compared: "one\nthree" });
  expect(problems({ qemu, trapeze })[1]).toEqual(["trapeze says in line 2 'three' where qemu says 'two'"]);
});

it("finds steps that failed, that a machine ended in, and that it never came to", () => {
  expect(problems({ qemu: booted({ known: "42", compared: "same" }, 134) })).toEqual([
    ["qemu: status 134, having said\n      42"],
    ["qemu: status 134, having said\n      same"],
  ]);
  expect(problems({ trapeze: booted({ known: null }) })).toEqual([
    ["trapeze ended in it, having said nothing"],
    ["trapeze never came to it"],
  ]);
});

it("holds one machine against QEMU's last answers, and wants an answer to the same command", () => {
  const trapeze = booted({ known: "42", compared: "same" });
  expect(problems({ trapeze }, { compared: { command: "compared", output: "same" } })).toEqual([[], []]);
  expect(problems({ trapeze }, { compared: { command: "compared", output: "other" } })[1]).toEqual([
    "trapeze says in line 1 'same' where qemu's last run says 'other'",
  ]);
  expect(problems({ trapeze }, { compared: { command: "another", output: "same" } })[1]).toEqual([
    "nobody to compare with: run it on qemu as well",
  ]);
});
