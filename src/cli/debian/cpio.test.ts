import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runTool, withDirectory } from "../../../test/support/tools.js";
import { fileType, writeCpio } from "./cpio.js";

const entries = [
  { path: "etc", mode: fileType.directory | 0o755 },
  { path: "etc/motd", mode: fileType.file | 0o644, content: new TextEncoder().encode("hello\n") },
  { path: "etc/link", mode: fileType.link | 0o777, content: new TextEncoder().encode("motd") },
  { path: "etc/empty", mode: fileType.file | 0o600 },
];

describe("cpio", () => {
  it("gives the same bytes every time, four at a time", () => {
    expect(writeCpio(entries)).toEqual(writeCpio(entries));
    expect(writeCpio(entries).length % 4).toBe(0);
  });

  it("is what cpio unpacks", () => {
    withDirectory((directory) => {
      runTool("cpio", ["--quiet", "-idm", "-D", directory], writeCpio(entries));
      expect(readFileSync(join(directory, "etc/link"), "utf8")).toBe("hello\n");
      expect(readFileSync(join(directory, "etc/empty")).length).toBe(0);
    });
  });

  it("describes devices, links and modes", () => {
    const archive = writeCpio([...entries, { path: "console", mode: fileType.character | 0o600, device: [5, 1] }]);
    const listing = runTool("cpio", ["--quiet", "-itvn"], archive).toString();
    expect(listing).toMatch(/^drwxr-xr-x .* etc$/m);
    expect(listing).toMatch(/^-rw-r--r-- .* 6 .* etc\/motd$/m);
    expect(listing).toMatch(/^lrwxrwxrwx .* etc\/link -> motd$/m);
    expect(listing).toMatch(/^crw------- .* 5, +1 .* console$/m);
  });
});
