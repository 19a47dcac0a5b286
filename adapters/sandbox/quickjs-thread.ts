import { parentPort } from "node:worker_threads";
import { quickjsMachine, type Work } from "./quickjs-machine.ts";

/** A thread that runs scripts, so that the event loop of the process is nobody's to block. */
const machine = quickjsMachine();

parentPort?.on("message", async (work: Work) => {
  parentPort?.postMessage(await machine.run(work));
});
