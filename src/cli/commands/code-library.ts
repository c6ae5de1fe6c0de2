import { cortexA57 } from "../../cpu/cores/cores.js";
import { buildLibrary, coresBeside } from "../code-library/build.js";
import { clearLibrary, LibraryFiles, libraryContents, libraryDirectory } from "../code-library/library-files.js";
import { UserError } from "../errors.js";
import { asksForHelp, type Command } from "./command.js";

const help = (): string => `trapeze code-library [build | clear]: code compiled ahead

Runs leave a profile of code that they found warm, and a process of low priority compiles it: the next run of the same
software begins with optimised code. Code is found by its instructions, so that it serves every guest that has them, and
what guests do doesn't depend on it. It is kept in ${libraryDirectory()}
for each build of this command and each core; the oldest go when there are more than a few.

  trapeze code-library          what is kept
  trapeze code-library build    compile what waits, and come back when it is done
  trapeze code-library clear    forget everything

trapeze run --no-code-library neither uses nor makes it, nor does anything with TRAPEZE_CODE_LIBRARY=off in its environment;
the name of a directory there is where it is kept instead.
`;

export const codeLibraryCommand: Command = {
  summary: "code that was compiled ahead: show, build, clear",
  help,
  async run(words) {
    if (asksForHelp(words)) {
      process.stdout.write(help());
      return 0;
    }
    const [action, ...more] = words;
    if (more.length > 0) throw new UserError(`code-library: '${more[0]}' is one word too many`);
    if (action === undefined) return show();
    if (action === "build") return build();
    if (action === "clear") {
      clearLibrary();
      return 0;
    }
    throw new UserError(`code-library: there is no '${action}'; there are build and clear`);
  },
};

function show(): number {
  for (const { path, bytes } of libraryContents())
    process.stdout.write(`${(bytes / 2 ** 20).toFixed(1).padStart(8)} MiB  ${path}\n`);
  return 0;
}

async function build(): Promise<number> {
  const here = LibraryFiles.forCore(cortexA57.name);
  if (here === undefined) throw new UserError("code-library: the command isn't built; run: npm run build");
  for (const core of coresBeside(here))
    await buildLibrary(LibraryFiles.forCore(core)!, (text) => void process.stdout.write(`${text}\n`));
  return 0;
}
