import type { Json } from "../../core/kernel/json.ts";
import type { Load } from "./load.ts";
import { allWell, cpuSecondsOf, measured } from "./measured.ts";
import type { Options } from "./options.ts";
import { ratios, report } from "./report.ts";
import { KEY, newFolder, startServer } from "./server.ts";
import { startOf } from "./signals.ts";
import { oneApproval, oneEvent } from "./workflows.ts";

/** What runs cost that only wait, in the process, in a new process, and on disk. */
export async function benchWaiting(load: Load, options: Options): Promise<void> {
  await benchKind(load, options, "event", oneEvent);
  await benchKind(load, options, "approval", oneApproval);
}

async function benchKind(
  load: Load,
  options: Options,
  waitsFor: string,
  workflow: Json,
): Promise<void> {
  const folder = await newFolder(options.parentFolder);
  try {
    const first = await startServer(folder);
    await first.publish(workflow);
    const rssEmpty = (await first.stats()).memory.rss;
    await first.stop();
    const bytesEmpty = folder.bytes();

    const runs = options.waitingRuns;
    const server = await startServer(folder);
    const call = startOf(workflow);
    const calls = Array.from({ length: runs }, () => call);
    const { result, used } = await measured(server, () =>
      load.run({ port: server.port, key: KEY, inFlight: 64, calls }),
    );
    allWell(result);
    await server.stop();

    const again = await startServer(folder);
    const rssAgain = (await again.stats()).memory.rss;
    await again.stop();
    const diskBytesPerWaitingRun = (folder.bytes() - bytesEmpty) / runs;
    report("waiting", {
      waitsFor,
      runs,
      startedMs: result.elapsedMs,
      startsPerS: runs / (result.elapsedMs / 1_000),
      cpuMsPerStart: (cpuSecondsOf(used) * 1_000) / runs,
      diskBytesPerWaitingRun,
      rssBytesPerWaitingRun: used.memory.rss / runs,
      heapBytesPerWaitingRun: used.memory.heapUsed / runs,
      rssBytesPerWaitingRunAfterRestart: (rssAgain - rssEmpty) / runs,
      restartServingMs: again.servingMs,
      ratio: ratios({ diskBytesPerWaitingRun }),
    });
  } finally {
    folder.remove();
  }
}
