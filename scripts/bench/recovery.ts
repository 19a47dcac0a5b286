import { succeeded } from "../support/client.ts";
import type { Load } from "./load.ts";
import { allWell } from "./measured.ts";
import type { Options } from "./options.ts";
import { ratios, report } from "./report.ts";
import { type Folder, KEY, newFolder, startServer } from "./server.ts";
import { startToolServer, type ToolServer } from "./tool-server.ts";
import { STEPS, tenCalls } from "./workflows.ts";

/** The product keeps at most 128 connections to one origin, so calls are spread over several. */
const TOOLS = 4;

/**
 * Runs are in the middle of a call, each at another step, when the server dies of SIGKILL. How long
 * until a new server calls again for every one of them, until all are done, and did any call act
 * twice: the tool acts once for each idempotency key, so another key would be a second effect.
 */
export async function benchRecovery(load: Load, options: Options): Promise<void> {
  const folder = await newFolder(options.parentFolder);
  const tool = await startToolServer(TOOLS);
  try {
    await interrupt(load, folder, tool, options.interruptedRuns);
  } finally {
    tool.close();
    folder.remove();
  }
}

async function interrupt(
  load: Load,
  folder: Folder,
  tool: ToolServer,
  runs: number,
): Promise<void> {
  const first = await startServer(folder);
  for (const [index, url] of tool.urls.entries()) {
    const name = `bench-tool-${index}`;
    succeeded(await first.client.put(`/v1/tools/${name}`, { kind: "http", config: { url } }));
    await first.publish(tenCalls(`ten-calls-${index}`, name));
  }
  tool.hold(({ run, step }) => step === 1 + (run % STEPS));
  const calls = Array.from({ length: runs }, (_, run) => ({
    method: "POST" as const,
    path: "/v1/runs",
    body: { workflow: `ten-calls-${run % TOOLS}`, input: { run } },
    code: 201,
  }));
  const started = allWell(
    await load.run({ port: first.port, key: KEY, inFlight: 16, calls, keep: true }),
  );
  await tool.held(runs);
  await first.kill();
  const actedBefore = tool.asked().size;
  tool.release();

  const again = await startServer(folder);
  const looks = (started.kept as readonly { id: string }[]).map(({ id }) => ({
    method: "GET" as const,
    path: `/v1/runs/${id}`,
    code: 200,
    look: `/v1/runs/${id}`,
  }));
  const done = allWell(await load.run({ port: again.port, key: KEY, inFlight: 4, calls: looks }));
  const doneMs = performance.now() - again.spawnedAt;
  await again.stop();

  const called = [...tool.firstCalls().values()].map((at) => at - again.spawnedAt);
  const asked = [...tool.asked().values()];
  const allCallingMs = Math.max(...called);
  const goingAgainMs = allCallingMs - again.listeningMs;
  report("recovery", {
    runs,
    succeeded: done.doneMs.length,
    listeningMs: again.listeningMs,
    servingMs: again.servingMs,
    firstCallingMs: Math.min(...called),
    allCallingMs,
    goingAgainMs,
    callingAgain: called.length,
    allDoneMs: doneMs,
    effectsBefore: actedBefore,
    effects: asked.length,
    effectsExpected: runs * STEPS,
    callsRepeated: asked.filter((times) => times > 1).length,
    ratio: ratios({ runningAgainMs: allCallingMs, goingAgainMs }),
  });
}
