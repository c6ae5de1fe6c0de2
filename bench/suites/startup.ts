import { rootDirectory } from "../engines.js";
import type { SuiteResult } from "../report.js";
import { type Context, runEngine, Samples } from "./suite.js";

/** From the command's start to the demo's first output, and to its power-off. The first guest instruction comes before either. */
export async function startup(context: Context): Promise<SuiteResult> {
  const failures: string[] = [];
  const first = new Samples();
  const whole = new Samples();
  context.say("startup");
  for (let n = 0; n < context.repetitions; n++) {
    for (const engine of context.engines) {
      const run = await runEngine(
        engine,
        ["-semihosting", "-kernel", `${rootDirectory}guest/images/demo.elf`],
        failures,
      );
      first.add(engine, run.firstOutput ?? Number.NaN);
      whole.add(engine, run.seconds);
    }
  }
  const goal = { of: "trapeze", atMost: 0.3 } as const;
  return {
    suite: "startup: the demo image",
    rows: [first.row("first output", "s", goal), whole.row("to power-off", "s")],
    failures,
  };
}
