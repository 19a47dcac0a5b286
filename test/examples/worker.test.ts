import { afterAll, beforeAll, expect, test } from "vitest";
import { type Work, work } from "../../examples/worker.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { begin, ended, publish } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await startServer();
  const made = succeeded(await server.api.post("/v1/keys", { name: "w", role: "worker" }));
  key = made["key"] as string;
  for (const name of ["shout", "fragile", "slow"]) {
    const config = name === "slow" ? { lease: "PT1S" } : {};
    succeeded(await server.api.put(`/v1/tools/${name}`, { kind: "worker", config }));
    const nodes = [{ id: "do", type: "tool", tool: name, with: "{% $input %}" }];
    await publish(server.api, { name, nodes });
  }
});

afterAll(async () => {
  await server.close();
});

test("worker.ts does jobs, renews leases, reports failures and stops when it is told", async () => {
  const stop = new AbortController();
  const aborted: string[] = [];
  const tools: Record<string, Work> = {
    shout: async ({ input }) => String(input).toUpperCase(),
    fragile: async () => {
      throw new Error("it broke");
    },
    // Longer than its lease.
    slow: (job, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => aborted.push(job.id));
        setTimeout(() => resolve("done"), 2_500);
      }),
  };
  const working = work(tools, { url: server.url, key, worker: "w", signal: stop.signal });

  const [loud, broken, slow] = await Promise.all([
    begin(server.api, "shout", "hello"),
    begin(server.api, "fragile"),
    begin(server.api, "slow"),
  ]);
  expect(await ended(server.api, loud.id)).toMatchObject({ output: "HELLO" });
  expect(await ended(server.api, slow.id)).toMatchObject({
    output: "done",
    steps: [{ attempt: 1 }],
  });
  expect(aborted).toEqual([]);
  // Three attempts by default, each reported by the worker.
  const failed = await ended(server.api, broken.id);
  expect(failed).toMatchObject({ status: "failed", error: { code: "WORK_FAILED" } });
  expect(failed.steps).toMatchObject([{ attempt: 3 }]);
  stop.abort();
  await working;
});
