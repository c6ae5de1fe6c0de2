import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../src/cli/errors.js";
import { softwareDirectory } from "./packages.js";

export interface WatchedBoot {
  readonly seconds: number;
  /** What the console said. */
  readonly lines: readonly string[];
  /** How it ended, unless well. */
  readonly problems: readonly string[];
}

/** Boots a machine, without input, to its end or for `limit` seconds. What it says is kept in the consoles' file `log`. */
export function watchBoot(
  command: readonly string[],
  { limit, echo, log }: { readonly limit: number; readonly echo: boolean; readonly log: string },
): Promise<WatchedBoot> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = command;
    const started = performance.now();
    let text = "";
    let late = false;
    const child = spawn(file!, args, { stdio: ["ignore", "pipe", "pipe"] });
    const end = (): void => void child.kill("SIGKILL");
    const timer = setTimeout(() => {
      late = true;
      end();
    }, limit * 1000);
    process.once("exit", end);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (echo) process.stderr.write(piece);
      });
    child.on("error", (error) => reject(new UserError(`can't start ${file}: ${error.message}`)));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      process.removeListener("exit", end);
      const consoles = join(softwareDirectory(), "consoles");
      mkdirSync(consoles, { recursive: true });
      writeFileSync(join(consoles, log), text);
      const how = late ? `killed after ${limit} s` : `ended with ${code === null ? signal : `status ${code}`}`;
      resolve({
        seconds: (performance.now() - started) / 1000,
        lines: text.split(/\r*\n/),
        problems: late || code !== 0 ? [how] : [],
      });
    });
  });
}

/** A sentence for each of `milestones` that the lines don't show in their order. */
export function missingMilestones(lines: readonly string[], milestones: readonly RegExp[]): string[] {
  const problems: string[] = [];
  let at = 0;
  for (const milestone of milestones) {
    const found = lines.findIndex((line, n) => n >= at && milestone.test(line));
    if (found < 0) problems.push(`no line ${milestone}`);
    else at = found;
  }
  return problems;
}
