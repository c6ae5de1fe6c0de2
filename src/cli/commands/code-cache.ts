import { cortexA57 } from "../../cpu/cores/cores.js";
import { buildCodeCache, coresBeside } from "../code-cache/build.js";
import { CodeCache, clearCodeCache, codeCacheContents, codeCacheDirectory } from "../code-cache/code-cache.js";
import { UserError } from "../errors.js";
import { asksForHelp, type Command } from "./command.js";

const help = (): string => `trapeze code-cache [build | clear]: code compiled ahead

Runs leave a profile of code that they found warm, and a process of low priority compiles it: the next run of the same
software begins with optimised code. Code is found by its instructions, so that it serves every guest that has them, and
what guests do doesn't depend on it. It is kept in ${codeCacheDirectory()}
for each build of this command and each core; the oldest go when there are more than a few.

  trapeze code-cache          what is kept
  trapeze code-cache build    compile what waits, now
  trapeze code-cache clear    forget everything

trapeze run --no-code-cache neither uses nor makes it, nor does anything with TRAPEZE_CODE_CACHE=off in its environment.
`;

export const codeCacheCommand: Command = {
  summary: "code that was compiled ahead: show, build, clear",
  help,
  async run(words) {
    if (asksForHelp(words)) {
      process.stdout.write(help());
      return 0;
    }
    const [action, ...more] = words;
    if (more.length > 0) throw new UserError(`code-cache: '${more[0]}' is one word too many`);
    if (action === undefined) return show();
    if (action === "build") return build();
    if (action === "clear") {
      clearCodeCache();
      return 0;
    }
    throw new UserError(`code-cache: there is no '${action}'; there are build and clear`);
  },
};

function show(): number {
  for (const { path, bytes } of codeCacheContents())
    process.stdout.write(`${(bytes / 2 ** 20).toFixed(1).padStart(8)} MiB  ${path}\n`);
  return 0;
}

function build(): number {
  const here = CodeCache.forCore(cortexA57.name);
  if (here === undefined) throw new UserError("code-cache: the command isn't built; run: npm run build");
  for (const core of coresBeside(here))
    buildCodeCache(CodeCache.forCore(core)!, (text) => void process.stdout.write(`${text}\n`));
  return 0;
}
