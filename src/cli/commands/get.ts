import { debianKinds, isDebianKind } from "../debian/cache.js";
import { getDebian } from "../debian/get.js";
import { getXen } from "../debian/xen.js";
import { UserError } from "../errors.js";
import { suggestion } from "../options/suggest.js";
import { asksForHelp, type Command } from "./command.js";

const help = (): string => `trapeze get NAME: fetch software to run

Names:
  debian         Debian's arm64 kernel, busybox-static, and an initramfs made from them
  debian-cloud   the same with Debian's kernel for clouds
  xen            Debian's Xen for arm64, which runs the first one as dom0

Packages come through this machine's apt from its own package sources, into a cache
(\${XDG_CACHE_HOME:-~/.cache}/trapeze); nothing is installed and no setting of the system changes.

Examples:
  trapeze get debian
  trapeze run debian
  trapeze get xen
  trapeze run xen -smp 2
`;

export const getCommand: Command = {
  summary: "fetch Debian's kernel and busybox through this machine's apt",
  help,
  async run(words) {
    if (asksForHelp(words)) {
      process.stdout.write(help());
      return 0;
    }
    const [name, ...more] = words;
    const names = [...Object.keys(debianKinds), "xen"];
    if (name === undefined) throw new UserError(`get what? There are ${names.join(", ")}`);
    if (more.length > 0) throw new UserError(`get takes one name, not '${more[0]}' too`);
    if (name !== "xen" && !isDebianKind(name))
      throw new UserError(`there is nothing called '${name}' to get${suggestion(name, names)}`);
    const say = (line: string): void => void process.stdout.write(`${line}\n`);
    const { packages, files } = name === "xen" ? getXen(say) : getDebian(name, say);
    for (const { name: of, version } of packages) process.stdout.write(`${of} ${version}\n`);
    for (const [file, { bytes }] of Object.entries(files)) process.stdout.write(`${file}: ${bytes} bytes\n`);
    return 0;
  },
};
