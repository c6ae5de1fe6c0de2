import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The page: `npx vite -c vite.web.config.ts` serves it, `npm run build:web` builds it. */
export default defineConfig({
  root: fileURLToPath(new URL("src/web/", import.meta.url)),
  base: "./",
  build: {
    outDir: fileURLToPath(new URL("dist/page/", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
  },
  worker: { format: "es" },
});
