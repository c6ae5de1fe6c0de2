import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumFlags, chromiumPath } from "../support/chromium.js";

const configFile = fileURLToPath(new URL("../../vite.web.config.ts", import.meta.url));

describe("the page", () => {
  const directory = mkdtempSync(join(tmpdir(), "trapeze-web-"));
  let server: PreviewServer;
  let browser: Browser;

  beforeAll(async () => {
    const options = { configFile, logLevel: "error" as const, build: { outDir: directory, emptyOutDir: true } };
    await build(options);
    server = await preview({ ...options, preview: { port: 0, host: "127.0.0.1" } });
    browser = await chromium.launch({
      // Playwright's own downloads aren't used.
      executablePath: chromiumPath,
      args: [...chromiumFlags],
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("boots the demo image in a worker, and again when asked", async () => {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(server.resolvedUrls!.local[0]!);

    const ended = page.locator("#status", { hasText: /^the guest switched the machine off after 0\.\d million/ });
    await ended.waitFor({ timeout: 60_000 });
    const rows = async (): Promise<string> => (await page.locator(".xterm-rows").textContent()) ?? "";
    await expect.poll(rows, { timeout: 10_000 }).toContain("power off");
    expect((await rows()).replaceAll("\u00a0", " ")).toMatch(/timer +62\.5 MHz; INTID 27: 5 interrupts/);

    await page.getByRole("button", { name: "Start again" }).click();
    await ended.waitFor({ state: "detached" });
    await ended.waitFor({ timeout: 60_000 });
    expect(faults).toEqual([]);
  }, 180_000);
});
