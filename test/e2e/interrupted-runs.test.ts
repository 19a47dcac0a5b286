import { afterAll, beforeAll, expect, test } from "vitest";
import { startToolServer, type ToolServer } from "../../scripts/bench/tool-server.ts";
import { STEPS, tenCalls } from "../../scripts/bench/workflows.ts";
import { begin, ended, publish } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const RUNS = 200;
/** At most 128 connections go to one origin. */
const TOOLS = 4;

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), startToolServer(TOOLS)]);
  for (const [index, url] of tools.urls.entries()) {
    await server.api.put(`/v1/tools/act-${index}`, { kind: "http", config: { url } });
    await publish(server.api, tenCalls(`ten-${index}`, `act-${index}`));
  }
});

afterAll(async () => {
  tools.close();
  await server.close();
});

test(
  "Two hundred runs of ten steps (H13), each in the middle of a call when the server is killed, all go on " +
    "as soon as the next one starts, and no call has its effect twice",
  async () => {
    tools.hold(({ run, step }) => step === 1 + (run % STEPS));
    const runs = Array.from({ length: RUNS }, (_, run) =>
      begin(server.api, `ten-${run % TOOLS}`, { run }),
    );
    const ids = (await Promise.all(runs)).map(({ id }) => id);
    await tools.held(RUNS);

    await server.kill();
    tools.release();
    await server.start();
    const after = await Promise.all(ids.map((id) => ended(server.api, id, 60_000)));

    // Not by a sweep or a lease that is over: by the scan that each start begins with.
    expect(server.output()).toContain(`${RUNS} interrupted runs go on.`);
    expect(after.map(({ status }) => status)).toEqual(ids.map(() => "succeeded"));
    const recoveries = after.map(({ steps }) =>
      steps.reduce((sum, step) => sum + step.recoveries, 0),
    );
    expect(recoveries).toEqual(ids.map(() => 1));
    const asked = [...tools.asked().values()];
    expect(asked).toHaveLength(RUNS * STEPS);
    expect(asked.filter((times) => times > 1)).toEqual(ids.map(() => 2));
  },
);
