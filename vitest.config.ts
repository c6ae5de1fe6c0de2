import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["src/**/*.test.ts", "test/**/*.test.ts"], testTimeout: 60_000,
    // Tests begin with nothing that earlier runs have left.
    env: { TRAPEZE_CODE_LIBRARY: "off" },
  },
});
