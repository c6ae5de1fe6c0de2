/** The page that measures: fetches its job, runs the machine in the worker of src/web, and sends what came of it. */
import type { FromMachine, ToMachine } from "../../src/web/protocol.js";
import type { Job, JobResult } from "./job.js";

/** Milliseconds for the browser to be done with starting itself. */
const settling = 1500;

async function bytesOf(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function run({ kernel, initrd, machine }: Job): Promise<JobResult> {
  const started = performance.now();
  const worker = new Worker(new URL("../../src/web/machine-worker.ts", import.meta.url), { type: "module" });
  const pieces: Uint8Array[] = [];
  const ended = new Promise<JobResult>((resolve, reject) => {
    worker.addEventListener("error", (event) => reject(new Error(`the worker failed: ${event.message}`)));
    worker.addEventListener("message", ({ data }: MessageEvent<FromMachine>) => {
      if (data.kind === "output") pieces.push(data.bytes);
      if (data.kind === "failed") reject(new Error(data.message));
      if (data.kind !== "ended") return;
      const seconds = (performance.now() - started) / 1000;
      const { seconds: running, instructions } = data.statistics;
      resolve({ seconds, running, instructions, sentence: data.sentence, output: text(pieces) });
    });
  });
  const [kernelBytes, initrdBytes] = await Promise.all([
    bytesOf(kernel),
    initrd === undefined ? undefined : bytesOf(initrd),
  ]);
  const message: ToMachine = {
    kind: "start",
    machine: { ...machine, kernel: kernelBytes, ...(initrdBytes ? { initrd: initrdBytes } : {}) },
  };
  worker.postMessage(message);
  return ended;
}

function text(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder("latin1");
  return pieces.map((piece) => decoder.decode(piece)).join("");
}

async function main(): Promise<void> {
  const job = (await (await fetch("/job")).json()) as Job;
  await new Promise((resolve) => setTimeout(resolve, settling));
  const result = await run(job).catch(
    (error: unknown): JobResult => ({ seconds: 0, running: 0, instructions: 0, sentence: String(error), output: "" }),
  );
  await fetch("/result", { method: "POST", body: JSON.stringify(result) });
}

void main();
