import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rolesFor } from "../../adapters/http/authorize.ts";
import type { Route } from "../../adapters/http/route.ts";
import { ROUTES } from "../../adapters/http/route-table.ts";
import type { Json } from "../../core/kernel/json.ts";
import { type Answer, type JsonClient, succeeded } from "../../scripts/support/client.ts";
import { eventually, idIn, publish, start, taskOf } from "../support/runs.ts";
import { startServer, type Tenant, type TestServer } from "../support/server.ts";

/**
 * Every route of the table, with each role and with another tenant's ids. Made from the table, so
 * that a route which is added is tried, too.
 */

const ROLES = ["admin", "operator", "approver", "viewer", "worker"] as const;
const GUARDED = ROUTES.filter(({ needs }) => needs !== "nothing");
const NAMED = GUARDED.filter(({ path, needs }) => path.includes("{") && needs !== "platform");
const LISTS = GUARDED.filter(
  ({ method, path, needs }) => method === "GET" && !path.includes("{") && needs !== "platform",
);

let server: TestServer;
let ours: Tenant;
let theirs: Tenant;
/** Values for the names in a path, by how the path begins. */
let things: Readonly<Record<string, Readonly<Record<string, string>>>>;
const keys = new Map<string, JsonClient>();

beforeAll(async () => {
  server = await startServer({ HOLDFAST_SEED_ROUTES: "keyed" });
  [ours, theirs] = [await server.tenant(), await server.tenant()];
  things = await made(theirs.api);
  for (const role of ROLES) {
    const { key } = succeeded(await ours.api.post("/v1/keys", { name: role, role })) as {
      key: string;
    };
    keys.set(role, server.as(key));
  }
});

afterAll(() => server.close());

/** One of everything, so that there is something to find. */
async function made(api: JsonClient): Promise<typeof things> {
  const id = async (path: string, body: Json) => ({ id: idIn(await api.post(path, body)) });
  await publish(api, { name: "their-flow", nodes: [{ id: "p", type: "approval" }] });
  await api.put("/v1/tools/their-tool", { kind: "worker" });
  await api.put("/v1/secrets/their-secret", { value: "x" });
  await api.put("/v1/hooks/their-hook", { start: { workflow: "their-flow" } });
  await publish(api, {
    name: "their-job",
    nodes: [{ id: "call", type: "tool", tool: "their-tool", retry: { maxAttempts: 1 } }],
  });
  const large = { id: "s", type: "set", with: "{% $pad('x', 200000) %}" };
  await publish(api, { name: "their-large", nodes: [large] });
  const { output } = await start(api, "their-large");
  const run = await start(api, "their-flow", "their input", { id: "run-of-theirs" });
  const task = await taskOf(api, run.id);
  const webhook = await id("/v1/webhooks", { url: "http://127.0.0.1:1/", types: ["run.*"] });
  const delivery = await id(`/v1/webhooks/${webhook.id}/test`, {});
  const schedule = await id("/v1/schedules", { workflow: "their-flow", every: "P1D" });
  await start(api, "their-job");
  const { jobs } = succeeded(
    await api.post("/v1/worker/poll", { tools: ["their-tool"], worker: "w", wait: 10 }),
  ) as unknown as { jobs: readonly { id: string; lease: string }[] };
  const job = jobs[0] ?? { id: "", lease: "" };
  const failed = { lease: job.lease, code: "BROKEN", message: "x", retryable: false };
  succeeded(await api.post(`/v1/worker/jobs/${job.id}/fail`, failed));
  const letter = await eventually("a dead letter", async () => {
    const { data } = (await api.get("/v1/dead-letters")).body;
    return (data as unknown as readonly { id: string }[])[0];
  });
  const key = await id("/v1/keys", { name: "their-key" });
  return {
    "/v1/workflows/": { name: "their-flow", v: "1" },
    "/v1/runs/": { id: run.id, step: "p.1", name: "their-bookmark" },
    "/graph/": { run_id: run.id },
    "/api/runtime/": { id: run.id, instanceId: run.id },
    "/v1/tasks/": { id: task.id },
    "/v1/dead-letters/": { id: letter.id },
    "/v1/tools/": { name: "their-tool" },
    "/v1/schedules/": schedule,
    "/v1/worker/jobs/": { id: job.id },
    "/v1/secrets/": { name: "their-secret" },
    "/v1/webhooks/deliveries/": delivery,
    "/v1/webhooks/": webhook,
    "/v1/hooks/": { name: "their-hook" },
    "/v1/keys/": key,
    "/v1/artifacts/": { id: (output as { $artifact: string }).$artifact },
  };
}

function valuesFor({ path }: Route): Readonly<Record<string, string>> {
  const prefix = Object.keys(things)
    .filter((one) => path.startsWith(one))
    .toSorted((a, b) => b.length - a.length)[0];
  if (prefix === undefined) throw new Error(`say in this test what the names in ${path} are`);
  return things[prefix] ?? {};
}

function pathOf(route: Route, values: Readonly<Record<string, string>>): string {
  return route.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "none");
}

function ask(api: JsonClient, route: Route, path: string): Promise<Answer> {
  const { examples = [] } = (route.body?.meta() ?? {}) as { examples?: readonly Json[] };
  const body = examples[0] ?? {};
  switch (route.method) {
    case "GET":
      return api.get(path);
    case "POST":
      return api.post(path, body);
    case "PUT":
      return api.put(path, body);
    case "PATCH":
      return api.patch(path, body);
    case "DELETE":
      return api.remove(path);
  }
}

const line = ({ method, path }: Route) => `${method} ${path}`;

describe("each route (F13)", () => {
  test.each(GUARDED.map((route) => ({ name: line(route), route })))(
    "$name is for its roles and for nobody else",
    async ({ route }) => {
      const may = route.needs === "platform" ? [] : rolesFor(route.needs);
      for (const role of ROLES) {
        const api = keys.get(role);
        // Polling and streams would wait; that a role may is seen by what else they refuse.
        const path = `${pathOf(route, {})}${route.operationId === "pollJobs" ? "?wait=1" : ""}`;
        const answer = api && (await ask(api, route, path));
        const isForbidden = answer?.status === 403 && answer.body["code"] === "FORBIDDEN";
        expect([role, isForbidden], answer?.text).toEqual([role, !may.includes(role)]);
        expect(answer?.status).not.toBe(401);
      }
      const nobody = await ask(server.as(undefined), route, pathOf(route, {}));
      expect(nobody.status).toBe(401);
    },
  );
});

describe("another tenant (F1)", () => {
  test.each(NAMED.map((route) => ({ name: line(route), route })))(
    "has nothing that $name could find",
    async ({ route }) => {
      const values = valuesFor(route);
      const before = await seen();

      const answer = await ask(ours.api, route, pathOf(route, values));

      // Names are each tenant's own: what a PUT made is ours, and goes again.
      const isPut = route.method === "PUT";
      if (isPut) await ours.api.remove(pathOf(route, values));
      expect(isPut ? [200, 201, 204] : [404], answer.text).toContain(answer.status);
      expect(answer.text).not.toContain("their input");
      expect(await seen()).toEqual(before);
    },
  );

  test.each(LISTS.map((route) => ({ name: line(route), route })))(
    "is not in $name",
    async ({ route }) => {
      const answer = await ours.api.get(route.path);
      const ids = Object.entries(things)
        .filter(([prefix]) => !["/v1/tools/", "/v1/secrets/", "/v1/hooks/"].includes(prefix))
        .flatMap(([, values]) => Object.values(values))
        .filter((value) => value.length > 4);

      expect([200, 403]).toContain(answer.status);
      if (route.path === "/v1/audit") return;
      for (const id of ids) expect(answer.text).not.toContain(id);
    },
  );
});

/** Everything of theirs that a request of ours could have changed. */
async function seen(): Promise<readonly string[]> {
  const paths = [
    `/v1/runs/${things["/v1/runs/"]?.["id"]}`,
    "/v1/runs",
    "/v1/tasks",
    "/v1/workflows",
    "/v1/tools",
    "/v1/secrets",
    "/v1/hooks",
    "/v1/schedules",
    "/v1/keys",
    "/v1/dead-letters",
  ];
  const answers = await Promise.all(paths.map((path) => theirs.api.get(path)));
  return answers.map(({ text }) => text.replaceAll(/"lastUsedAt":"[^"]*",?/g, ""));
}
