import { quickjsMachine, type Work } from "./quickjs-machine.ts";

/**
 * A process that runs scripts. Not a thread: when V8 runs out of memory, or fails in any other way
 * that it cannot recover from, it ends the process, whichever thread that happened in.
 */
const machine = quickjsMachine();

process.on("message", (work: Work) => void answer(work));
// Whoever started it has gone, and however it went, this one has nobody left to work for.
process.on("disconnect", () => process.exit());

async function answer(work: Work): Promise<void> {
  const done = await machine.run(work);
  if (process.connected) process.send?.(done);
}
