import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTool, withDirectory } from "../support/tools.js";

/** One step of a script for QEMU; reads, AT and loads give a result. */
export type ScriptStep =
  | { readonly kind: "msr"; readonly encoding: number; readonly value: bigint }
  | { readonly kind: "mrs"; readonly encoding: number }
  /** SYS with a value; what PAR_EL1 holds afterwards is the result. */
  | { readonly kind: "at"; readonly encoding: number; readonly value: bigint }
  | { readonly kind: "poke"; readonly address: number; readonly value: bigint }
  | { readonly kind: "peek"; readonly address: number };

export interface ScriptResult {
  /** The step was UNDEFINED or otherwise took an exception. */
  readonly faulted: boolean;
  readonly value: bigint;
}

/** Programs run from here, and put their results at the second address. Scripts own RAM below. */
const codeBase = 0x4200_0000;
const resultsBase = 0x4300_0000;
const parEl1 = (3 << 14) | (7 << 7) | (4 << 3);

/** Steps per batch of code that jumps over its literals. */
const batch = 100;

function registerName(encoding: number): string {
  return `s${(encoding >> 14) & 3}_${(encoding >> 11) & 7}_c${(encoding >> 7) & 15}_c${(encoding >> 3) & 15}_${encoding & 7}`;
}

function stepCode(step: ScriptStep): string {
  const keep = "stp x19, x0, [x20], #16\n";
  const load = (register: string, value: bigint) => `ldr ${register}, =0x${value.toString(16)}\n`;
  switch (step.kind) {
    case "msr":
      return `${load("x0", step.value)}msr ${registerName(step.encoding)}, x0\nisb\nmov x0, #0\n${keep}`;
    case "mrs":
      return `mov x0, #0\nmrs x0, ${registerName(step.encoding)}\n${keep}`;
    case "at": {
      const e = step.encoding;
      const sys = `sys #${(e >> 11) & 7}, c${(e >> 7) & 15}, c${(e >> 3) & 15}, #${e & 7}, x0`;
      return `${load("x0", step.value)}${sys}\nisb\nmrs x0, ${registerName(parEl1)}\n${keep}`;
    }
    case "poke":
      return `${load("x1", BigInt(step.address))}${load("x0", step.value)}str x0, [x1]\ndsb sy\n`;
    case "peek":
      return `${load("x1", BigInt(step.address))}ldr x0, [x1]\n${keep}`;
  }
}

/** Assembles a script as a bare-metal program at `el` that notes exceptions, steps over them, and leaves its results in a file. */
function program(steps: readonly ScriptStep[], el: number, results: string): string {
  const lines = steps.map((step, n) => {
    const code = `mov x19, #0\n${stepCode(step)}`;
    return n % batch === batch - 1 ? `${code}b 1f\n.ltorg\n1:\n` : code;
  });
  return `
.text
.global _start
_start: adr x0, vectors
msr vbar_el${el}, x0
mov x0, #0x300000
msr cpacr_el1, x0
isb
ldr x20, =0x${resultsBase.toString(16)}
mov x21, x20
b 1f
.ltorg
1:
${lines.join("")}
adr x1, open_arguments
mov x0, #1
hlt #0xf000
adr x1, write_arguments
str x0, [x1]
sub x2, x20, x21
str x2, [x1, #16]
mov x0, #5
hlt #0xf000
adr x1, exit_arguments
mov x0, #0x18
hlt #0xf000
b .
.ltorg
.align 4
open_arguments: .quad file_name, 5, ${results.length}
write_arguments: .quad 0, 0x${resultsBase.toString(16)}, 0
exit_arguments: .quad 0x20026, 0
file_name: .asciz "${results}"
.align 11
vectors:
.rept 16
mov x19, #1
mrs x17, elr_el${el}
add x17, x17, #4
msr elr_el${el}, x17
eret
.align 7
.endr
`;
}

/** Runs a script on QEMU's `virt` at the highest level of { EL1, EL2, EL3 } that is asked for. */
export function runOnQemu(core: string, el: 1 | 2 | 3, steps: readonly ScriptStep[]): ScriptResult[] {
  return withDirectory((directory) => {
    const source = join(directory, "script.S");
    const elf = join(directory, "script.elf");
    const results = join(directory, "results");
    writeFileSync(source, program(steps, el, results));
    const base = `-Wl,-Ttext=0x${codeBase.toString(16)}`;
    runTool("aarch64-linux-gnu-gcc", ["-nostdlib", "-static", base, "-march=armv8.2-a", "-o", elf, source]);
    const machine = `virt,gic-version=3${el >= 2 ? ",virtualization=on" : ""}${el === 3 ? ",secure=on" : ""}`;
    const semihosting = ["-semihosting-config", "enable=on,target=native"];
    const quiet = ["-nographic", "-serial", "null", "-monitor", "none"];
    runTool("qemu-system-aarch64", [
      "-M",
      machine,
      "-cpu",
      core,
      "-m",
      "128",
      ...quiet,
      ...semihosting,
      "-kernel",
      elf,
    ]);
    const bytes = readFileSync(results);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found: ScriptResult[] = [];
    for (let at = 0; at + 16 <= bytes.byteLength; at += 16)
      found.push({ faulted: view.getBigUint64(at, true) !== 0n, value: view.getBigUint64(at + 8, true) });
    return found;
  });
}

/** Whether a step gives a result. */
export function givesResult(step: ScriptStep): boolean {
  return step.kind !== "poke";
}
