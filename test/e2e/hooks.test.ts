import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type JsonClient, succeeded } from "../../scripts/support/client.ts";
import { begin, ended, expectRefused, publish, read } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await publish(server.api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
  const event = { name: "paid", key: "{% $input.order %}" };
  await publish(server.api, { name: "pays", nodes: [{ id: "w", type: "wait", event }] });
});

afterAll(() => server.close());

type Made = Readonly<{ url: string; secret: string }>;

async function hook(name: string, does: object, api: JsonClient = server.api): Promise<Made> {
  return succeeded(await api.put(`/v1/hooks/${name}`, { ...does })) as unknown as Made;
}

/** Sends as another system would, signed by the library of Standard Webhooks. */
function deliver(
  { url, secret }: Made,
  id: string,
  body: object,
  at = new Date(),
): Promise<Answer> {
  const text = JSON.stringify(body);
  return server.as(undefined).post(
    url,
    { ...body },
    {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(id, at, text),
    },
  );
}

describe("a hook (F11)", () => {
  test("starts a run with what is delivered, once for each id, over a crash as well", async () => {
    const made = await hook("orders", { start: { workflow: "short" } });
    const first = await deliver(made, "m1", { order: "A" });
    await server.killAndStart();
    const again = await deliver(made, "m1", { order: "A" });
    const other = await deliver(made, "m2", { order: "A" });

    expect(first).toMatchObject({ status: 202, body: { duplicate: false } });
    expect(again).toMatchObject({ status: 202, body: { ...first.body, duplicate: true } });
    expect(other.body["runId"]).not.toBe(first.body["runId"]);
    const run = await read(server.api, first.body["runId"] as string);
    expect(run).toMatchObject({ workflow: "short", input: { order: "A" } });
    expectRefused(await deliver(made, "m1", { order: "B" }), 422, "IDEMPOTENCY_KEY_REUSED");
  });

  test("sends an event to the run that waits for its key", async () => {
    const made = await hook("paid", { event: { name: "paid", keyFrom: "data.order" } });
    const run = await begin(server.api, "pays", { order: "A-17" });
    const body = { data: { order: "A-17", amount: 3 } };
    expect(await deliver(made, "p1", body)).toMatchObject({ status: 202, body: { delivered: 1 } });

    expect((await ended(server.api, run.id)).output).toEqual(body);
    expect((await deliver(made, "p1", body)).status).toBe(202);
  });

  test("takes nothing that is not signed, is old, or is for a hook that is not there", async () => {
    const made = await hook("guarded", { start: { workflow: "short" } });
    const other = await hook("other", { start: { workflow: "short" } });
    const old = new Date(Date.now() - 6 * 60_000);
    const answers = [
      await deliver({ ...made, secret: other.secret }, "x", {}),
      await deliver(made, "x", {}, old),
      await deliver({ ...made, url: "/v1/hooks/nowhere" }, "x", {}),
      await deliver({ ...made, url: `${made.url}?tenant=ten_nobody` }, "x", {}),
      await server.as(undefined).post(made.url, {}),
    ];

    for (const answer of answers) expectRefused(answer, 403, "SIGNATURE_INVALID");
  });

  test("is its tenant's alone, keeps its secret when it is replaced, and can be removed", async () => {
    const { id, api } = await server.tenant();
    await publish(api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
    const made = await hook("mine", { start: { workflow: "short" } }, api);
    expect(made.url).toBe(`/v1/hooks/mine?tenant=${id}`);
    expectRefused(await server.api.get("/v1/hooks/mine"), 404, "NOT_FOUND");
    expectRefused(await server.api.remove("/v1/hooks/mine"), 404, "NOT_FOUND");

    const replaced = await hook("mine", { start: { workflow: "short", version: 1 } }, api);
    expect(replaced).not.toHaveProperty("secret");
    expect((await deliver(made, "1", {})).status).toBe(202);
    expect((await api.remove("/v1/hooks/mine")).status).toBe(204);
    expectRefused(await deliver(made, "2", {}), 403, "SIGNATURE_INVALID");
  });
});
