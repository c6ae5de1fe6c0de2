import "@xterm/xterm/css/xterm.css";
import "./style.css";
import { Terminal } from "@xterm/xterm";
import type { FromMachine, ToMachine } from "./protocol.js";

const demoImage = new URL("../../guest/images/demo.elf", import.meta.url);

const terminal = new Terminal({ convertEol: true, cols: 112, rows: 30, fontSize: 14 });
const status = element("status");
let worker: Worker | undefined;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

function millions(instructions: number): string {
  return `${(instructions / 1e6).toFixed(1)} million instructions`;
}

/** Starts a machine of its own in a worker of its own; the one that ran is dropped. */
async function start(): Promise<void> {
  worker?.terminate();
  terminal.reset();
  status.textContent = "loading";
  const machine = new Worker(new URL("./machine-worker.ts", import.meta.url), { type: "module" });
  worker = machine;
  machine.addEventListener("message", (event: MessageEvent<FromMachine>) => show(event.data));
  machine.addEventListener("error", (event) => void (status.textContent = `the worker failed: ${event.message}`));
  const response = await fetch(demoImage);
  if (!response.ok) {
    status.textContent = `the demo image can't be loaded (${response.status})`;
    return;
  }
  const kernel = new Uint8Array(await response.arrayBuffer());
  tell(machine, { kind: "start", machine: { kernel, interactive: true } });
  status.textContent = "running";
}

function tell(machine: Worker, message: ToMachine): void {
  machine.postMessage(message);
}

function show(message: FromMachine): void {
  switch (message.kind) {
    case "output":
      terminal.write(message.bytes);
      return;
    case "progress":
      status.textContent = `running: ${millions(message.instructions)}, ${message.mips.toFixed(0)} MIPS`;
      return;
    case "ended":
      status.textContent = `${message.sentence} after ${millions(message.statistics.instructions)}`;
      return;
    case "failed":
      status.textContent = message.message;
  }
}

terminal.open(element("console"));
terminal.onData((text) => worker && tell(worker, { kind: "input", bytes: new TextEncoder().encode(text) }));
element("start").addEventListener("click", () => void start());
void start();
