import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { build } from "vite";
import { chromiumFlags, chromiumPath } from "../../test/support/chromium.js";
import { rootDirectory } from "../engines.js";
import type { Job, JobResult } from "./job.js";

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

/** No single run takes longer: what does is broken. Seconds. */
const limit = 180;

/**
 * Headless Chromium that runs machines in a page's worker. Each run has a browser of its own with an empty profile, as each run of
 * the command has its Node: no code is left from the run before. The page fetches its job from a server here and sends the result
 * back; no debugger is attached, since V8 would then keep WebAssembly in its first compiler's code.
 */
export class ChromiumRunner {
  #job: Job | undefined;
  #answer: (result: JobResult) => void = () => {};

  private constructor(
    private readonly directory: string,
    private readonly server: Server,
    private readonly moreFlags: readonly string[],
  ) {
    server.on("request", (request, response) => this.#serve(request, response));
  }

  /** Builds the page and serves it. Throws when there is no Chromium. */
  static async open(moreFlags: readonly string[] = []): Promise<ChromiumRunner> {
    if (!existsSync(chromiumPath)) throw new Error(`there is no ${chromiumPath}: scripts/get-tools.sh installs it`);
    const directory = mkdtempSync(join(tmpdir(), "trapeze-bench-"));
    await build({
      configFile: `${rootDirectory}vite.web.config.ts`,
      root: `${rootDirectory}bench/chromium`,
      logLevel: "error",
      build: { outDir: join(directory, "page"), emptyOutDir: true },
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ChromiumRunner(directory, server, moreFlags);
  }

  /** Runs a machine to its end in a new browser. Rejects when the browser ends before, or takes too long. */
  async run(job: Job): Promise<JobResult> {
    this.#job = job;
    const profile = mkdtempSync(join(this.directory, "profile-"));
    const { port } = this.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/index.html`;
    const browser = spawn(
      chromiumPath,
      ["--headless=new", ...chromiumFlags, `--user-data-dir=${profile}`, ...this.moreFlags, url],
      {
        stdio: "ignore",
        detached: true,
      },
    );
    const gone = new Promise<void>((resolve) => browser.once("close", () => resolve()));
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<JobResult>((resolve, reject) => {
        this.#answer = resolve;
        browser.once("error", (error) => reject(new Error(`can't start ${chromiumPath}: ${error.message}`)));
        browser.once("exit", (status) => reject(new Error(`Chromium ended early, with status ${status}`)));
        timer = setTimeout(() => reject(new Error(`Chromium took longer than ${limit} s`)), limit * 1000);
      });
    } finally {
      clearTimeout(timer);
      if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, "SIGKILL");
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    }
  }

  close(): void {
    this.server.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (path === "/job") {
      response.end(JSON.stringify(this.#job, (key, value: unknown) => (isFile(key) ? `/files/${key}` : value)));
    } else if (path === "/result") {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => void chunks.push(chunk));
      request.on("end", () => {
        response.end();
        this.#answer(JSON.parse(Buffer.concat(chunks).toString("utf8")) as JobResult);
      });
    } else {
      const key = path.replace("/files/", "");
      const file = isFile(key) ? this.#job?.[key] : join(this.directory, "page", path);
      if (file === undefined || !existsSync(file)) response.writeHead(404).end();
      else
        response
          .writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" })
          .end(readFileSync(file));
    }
  }
}

/** The fields of a job that name files: of this host for the server, of the server for the page. */
function isFile(key: string): key is "kernel" | "initrd" {
  return key === "kernel" || key === "initrd";
}
