import { parentPort } from "node:worker_threads";
import { quickjsMachine, type Work } from "./quickjs-machine.ts";

/** A thread that runs scripts, so that the event loop of the process is nobody's to block. */
const machine = quickjsMachine();

async function answer(work: Work): Promise<void> {
  const done = await machine.run(work);
  // oxlint-disable-next-line require-post-message-target-origin -- a thread is no window.
  parentPort?.postMessage(done);
}

parentPort?.on("message", (work: Work) => void answer(work));
