import { describeEnd, Machine } from "../index.js";
import type { FromMachine, ToMachine, WorkerMachine } from "./protocol.js";

/** Milliseconds between two reports of progress. */
const reportInterval = 250;

let receive: (bytes: Uint8Array) => void = () => {};
let output: Uint8Array[] = [];

function tell(message: FromMachine): void {
  self.postMessage(message);
}

function flush(): void {
  if (output.length === 0) return;
  const bytes = new Uint8Array(output.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of output) {
    bytes.set(piece, at);
    at += piece.length;
  }
  output = [];
  tell({ kind: "output", bytes });
}

async function run({ semihosting, interactive, ...options }: WorkerMachine): Promise<void> {
  const write = (bytes: Uint8Array): void => void output.push(bytes);
  const machine = await Machine.create({
    ...options,
    serial: { write, onInput: (take) => void (receive = take) },
    ...(semihosting ? { semihosting: { write } } : {}),
    inputOpen: () => interactive === true,
  });
  let reported = performance.now();
  const end = await machine.run({
    onSlice: () => {
      flush();
      if (performance.now() - reported < reportInterval) return;
      reported = performance.now();
      const { instructions, mips } = machine.statistics();
      tell({ kind: "progress", instructions, mips });
    },
  });
  flush();
  tell({ kind: "ended", sentence: describeEnd(end), statistics: machine.statistics() });
}

self.addEventListener("message", (event: MessageEvent<ToMachine>) => {
  const message = event.data;
  if (message.kind === "input") {
    receive(message.bytes);
    return;
  }
  run(message.machine).catch((error: unknown) =>
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
