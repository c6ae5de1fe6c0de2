/** The committed guest images are what guest/ builds, byte for byte. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("guest/images is what its sources build", () => {
  const check = spawnSync("scripts/check-images.sh", {
    cwd: new URL("..", import.meta.url).pathname,
    encoding: "utf8",
  });
  expect({ status: check.status, says: check.stderr }).toEqual({ status: 0, says: "" });
}, 120_000);
