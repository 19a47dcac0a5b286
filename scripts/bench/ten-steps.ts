import type { Load } from "./load.ts";
import type { Call } from "./load-job.ts";
import { cpuSecondsOf, errorsIn, fsyncsOf, measured, times } from "./measured.ts";
import type { Options } from "./options.ts";
import { ratios, report } from "./report.ts";
import { KEY, newFolder, startServer } from "./server.ts";
import { storedRun } from "./stored-run.ts";
import { STEPS, tenSteps } from "./workflows.ts";

const LEVELS = [1, 16, 64];

const START: Call = {
  method: "POST",
  path: "/v1/runs?wait=10",
  body: { workflow: "ten-steps" },
  code: 201,
  status: "succeeded",
};

/** Runs of ten tool calls, with so many in flight: how fast, and what each costs. */
export async function benchTenSteps(load: Load, options: Options): Promise<void> {
  const folder = await newFolder(options.parentFolder);
  try {
    const server = await startServer(folder);
    await server.publish(tenSteps);
    const job = { port: server.port, key: KEY, calls: [START] };
    // The code must be compiled and the connections made before anything is counted.
    let runs = succeededIn(await load.run({ ...job, inFlight: 16, forMs: options.warmUpMs }));

    for (const inFlight of LEVELS) {
      runs += succeededIn(await load.run({ ...job, inFlight, forMs: options.warmUpMs / 3 }));
      const { result, used } = await measured(server, () =>
        load.run({ ...job, inFlight, forMs: options.measureMs }),
      );
      const done = succeededIn(result);
      runs += done;
      const { count, ...latency } = times(result.answeredMs);
      const runsPerS = count / (result.elapsedMs / 1_000);
      const cpuS = cpuSecondsOf(used);
      const cpuSPer1000Steps = (cpuS / (done * STEPS)) * 1_000;
      report("ten-steps", {
        inFlight,
        seconds: result.elapsedMs / 1_000,
        runs: done,
        errors: errorsIn(result),
        runsPerS,
        stepsPerS: runsPerS * STEPS,
        ...latency,
        cpuSPer1000Steps,
        cpuShare: cpuS / (result.elapsedMs / 1_000),
        fsyncsPerRun: fsyncsOf(used) / done,
        fsyncsPerWrite: fsyncsOf(used) / used.table.writes,
        writesPerRun: used.table.writes / done,
        transactionsPerRun: used.table.transactions / done,
        rowsPerRun: used.table.rows / done,
        rssMb: (await server.stats()).memory.rss / 1_000_000,
        ...(inFlight === 64 && { ratio: ratios({ runsPerS, cpuSPer1000Steps }) }),
      });
    }
    await server.stop();
    report("ten-steps-stored", {
      runs,
      diskBytesPerRun: folder.bytes() / runs,
      diskBytesPerStep: folder.bytes() / runs / STEPS,
      ...storedRun(folder),
    });
  } finally {
    folder.remove();
  }
}

function succeededIn({ answeredMs }: { answeredMs: readonly number[] }): number {
  return answeredMs.length;
}
