import type { Engine } from "../engines.js";
import { commandFor, requireEngine } from "../engines.js";
import { measure } from "../process.js";
import type { SuiteResult } from "../report.js";
import { buildKernels, kernelImage } from "./kernels.js";
import { type Context, Samples } from "./suite.js";

const FEW = 10_000_000;
const MANY = 310_000_000;

/**
 * The interpreter's speed on the ALU kernel, seen from outside: the same run ended after few and after many instructions; what lies
 * between them is instructions over time.
 */
export async function interpreter(context: Context): Promise<SuiteResult> {
  buildKernels();
  const failures: string[] = [];
  const samples = new Samples();
  const engine = requireEngine("trapeze");
  context.say("interpreter");
  for (let n = 0; n < context.repetitions; n++) {
    const few = await secondsFor(engine, FEW, failures);
    const many = await secondsFor(engine, MANY, failures);
    samples.add(engine, (MANY - FEW) / Math.max(many - few, 1e-9) / 1e6);
  }
  const goal = { of: "trapeze", atLeast: 300 } as const;
  return { suite: "interpreter: --no-jit, ALU kernel", rows: [samples.row("alu", "MIPS", goal)], failures };
}

async function secondsFor(engine: Engine, instructions: number, failures: string[]): Promise<number> {
  const options = ["-semihosting", "-kernel", kernelImage("alu"), "--no-jit", "--max-instructions", `${instructions}`];
  const run = await measure(commandFor(engine, options), { limit: 120 });
  /* The run must have been ended by the count: the kernel's own end prints its checksum. */
  if (run.output.includes("checksum=") || typeof run.status === "string") {
    failures.push(`${instructions} instructions: status ${run.status}, ${run.output.trim() || "no output"}`);
  }
  return run.seconds;
}
