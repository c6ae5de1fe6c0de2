import { Regions } from "../../src/cpu/regions.js";
import { jumpCacheSize } from "../../src/ir/index.js";
import type { InstructionTable } from "../../src/isa/table.js";
import type { Core } from "./cores.js";
import { InterpreterExecutor, jumpCache } from "./interpreter-executor.js";
import type { Case } from "./machine-state.js";

/** Runs cases as compiled regions: each case's code is one, from its first instruction. What a region leaves to the
 * interpreter, that executes. */
export class JitExecutor extends InterpreterExecutor {
  override readonly name = "JIT";
  private regions: Regions;

  constructor(table: InstructionTable, features: Core) {
    super(table, features);
    this.regions = this.makeRegions();
  }

  private makeRegions(): Regions {
    return new Regions(
      this.linear,
      this.codeCache,
      this.regionTable,
      {
        memory: this.memory,
        routines: this.routines,
        dispatch: this.core.dispatch,
        resume: this.core.resume,
        landing: this.core.landing,
        environment: this.calls.environment,
        regions: this.regionTable,
      },
      this.core.stale,
      () => {},
      () => false,
      undefined,
    );
  }

  protected override execute(base: number, c: Case): number {
    if (!this.fetch()) return this.core.run(base);
    // Regions are made of code that was executed before, which decoding stands for here.
    const record = this.codeCache.recordOf(Number(c.state.pc))!;
    for (let i = 0; i <= c.code.length; i++) this.codeCache.decode(record + 16 * i, this.calls);
    this.linear.u8.fill(0xff, jumpCache, jumpCache + jumpCacheSize);
    this.regions.dropPage(Math.floor(Number(c.state.pc) / 4096));
    // Asked for twice, a region doesn't wait for others.
    if (this.regions.install(base) === "planned") this.regions.install(base);
    if (this.regions.install(base) !== "ready") throw new Error("no region for a case");
    return this.core.run(base);
  }
}
