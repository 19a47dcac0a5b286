import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryView, WebhookView } from "../../core/engine/fan-out/webhook-views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type JsonClient, succeeded } from "../../scripts/support/client.ts";
import { cutOff, type Receiver, receiver, status, verified } from "../support/receiver.ts";
import { advance, eventsOf, eventually, idIn, publish, read, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let hooks: Receiver;

beforeAll(async () => {
  [server, hooks] = await Promise.all([startServer(), receiver()]);
  await publish(server.api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
});

afterAll(async () => {
  await Promise.all([server.close(), hooks.close()]);
});

type Made = WebhookView & { secret: string };

async function webhook(path: string, more: JsonObject = {}, api = server.api): Promise<Made> {
  const body = { url: hooks.url(path), types: ["run.succeeded"], ...more };
  return succeeded(await api.post("/v1/webhooks", body)) as unknown as Made;
}

async function deliveries(id: string, api = server.api): Promise<readonly DeliveryView[]> {
  const page = succeeded(await api.get(`/v1/webhooks/${id}/deliveries`));
  return page["data"] as unknown as readonly DeliveryView[];
}

/** The newest delivery of a webhook, once it is as wanted. */
function delivery(
  id: string,
  wanted: (delivery: DeliveryView) => boolean,
  api = server.api,
): Promise<DeliveryView> {
  return eventually(`a delivery of ${id}`, async () => (await deliveries(id, api)).find(wanted));
}

const tries = (count: number) => (one: DeliveryView) => one.attempts.length === count;
const tell = (path: string, count = 1) =>
  eventually(`${count} at ${path}`, async () => {
    const all = hooks.at(path);
    return all.length >= count ? all : undefined;
  });

describe("a webhook", () => {
  test("is told of what it wants, once, signed (G6)", async () => {
    const { id, secret } = await webhook("/told");
    const run = await start(server.api, "short");

    const [told] = await tell("/told");
    expect(told && verified(secret, told)).toMatchObject({
      type: "run.succeeded",
      data: { runId: run.id, seq: run.seq, workflow: "short", version: 1, event: { output: 1 } },
    });
    const made = await delivery(id, ({ status: now }) => now === "delivered");
    expect(told?.headers["webhook-id"]).toBe(made.id);
    expect(made).toMatchObject({ runId: run.id, seq: run.seq, attempts: [{ status: 204 }] });
    expect(made.body).toBe(told?.body);
    expect(hooks.at("/told")).toHaveLength(1);
  });

  test("hears of each event of a run in order", async () => {
    await webhook("/all", { types: [] });
    const run = await start(server.api, "short");
    const events = await eventsOf(server.api, run.id);
    const told = await tell("/all", events.length);

    expect(told.map(({ json }) => [json.data["seq"], json.type])).toEqual(
      events.map(({ seq, type }) => [seq, type]),
    );
  });

  test("hears only of its workflow and tag", async () => {
    await publish(server.api, { name: "other", nodes: [{ id: "a", type: "set", with: 1 }] });
    await webhook("/filtered", { filter: { workflow: "other", tag: "team:care" } });
    await start(server.api, "short", null, { tags: { team: "care" } });
    await start(server.api, "other", null, { tags: { team: "sales" } });
    const wanted = await start(server.api, "other", null, { tags: { team: "care" } });

    const told = await tell("/filtered");
    expect(told.map(({ json }) => json.data["runId"])).toEqual([wanted.id]);
  });

  test("is shown with its secret once, changed, and removed", async () => {
    const made = await webhook("/changed", { description: "d" });
    const shown = (await server.api.get(`/v1/webhooks/${made.id}`)).body;
    expect(shown).not.toHaveProperty("secret");
    const change = { enabled: false, types: ["run.*"], filter: { workflow: "short" } };
    const changed = succeeded(await server.api.patch(`/v1/webhooks/${made.id}`, change));
    expect(changed).toMatchObject({ ...change, url: made.url, description: "d" });
    await start(server.api, "short");
    const listed = succeeded(await server.api.get("/v1/webhooks?limit=200"));
    expect(listed["data"]).toContainEqual(changed);
    expect(await deliveries(made.id)).toEqual([]);
    expect((await server.api.remove(`/v1/webhooks/${made.id}`)).status).toBe(204);
    expect((await server.api.get(`/v1/webhooks/${made.id}`)).status).toBe(404);
    expect(JSON.stringify(listed)).not.toContain(made.secret);
    expect(succeeded(await server.api.get("/v1/secrets"))["data"]).toEqual([]);
  });

  test("signs with two secrets for a day after a rotation", async () => {
    const { api } = await server.tenant();
    await publish(api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
    const { id, secret } = await webhook("/rotated", {}, api);
    const path = `/v1/webhooks/${id}/secret/rotate`;
    const rotated = succeeded(await api.post(path)) as { secret: string };
    await start(api, "short");
    const [both] = await tell("/rotated");
    expect(both && verified(secret, both)).toEqual(both && verified(rotated.secret, both));

    await advance(server.api, "P1DT1M");
    await start(api, "short");
    const [, later] = await tell("/rotated", 2);
    expect(later && verified(rotated.secret, later)).toBeDefined();
    expect(() => later && verified(secret, later)).toThrow("No matching signature found");
  });

  test("can be tried out", async () => {
    const { id, secret } = await webhook("/test");
    const sent = await server.api.post(`/v1/webhooks/${id}/test`);

    expect(sent.status).toBe(202);
    const [told] = await tell("/test");
    expect(told && verified(secret, told)).toMatchObject({ type: "webhook.test", data: { id } });
    expect(await delivery(id, tries(1))).toMatchObject({ id: idIn(sent), status: "delivered" });
  });

  test.each(["ftp://example.com", "nowhere", "http://10.0.0.1/x", "http://user:pw@example.com/"])(
    "is not made for %s",
    async (url) => {
      const answer = await server.api.post("/v1/webhooks", { url });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: "url" }] } });
    },
  );
});

describe("a receiver that fails", () => {
  test("is tried again by the schedule, then given up, and later events follow", async () => {
    const { api } = await server.tenant();
    await publish(api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
    hooks.answer("/failing", status(500));
    const { id, secret } = await webhook(
      "/failing",
      { types: ["run.created", "run.succeeded"] },
      api,
    );
    const run = await start(api, "short");
    const delays = ["PT5S", "PT5M", "PT30M", "PT2H", "PT5H", "PT10H", "PT10H"];
    for (const [index, delay] of delays.entries()) {
      await delivery(id, tries(index + 1), api);
      await advance(server.api, delay);
    }
    const dead = await delivery(id, ({ status: now }) => now === "dead", api);

    const [first, ...rest] = dead.attempts.map(({ at }) => Date.parse(at));
    let before = first ?? 0;
    const waited = rest.map((at) => {
      const ms = at - before;
      before = at;
      return ms;
    });
    const wanted = [5, 300, 1800, 7200, 18_000, 36_000, 36_000].map((s) => s * 1000);
    for (const [index, ms] of waited.entries()) {
      expect(ms, delays[index]).toBeGreaterThanOrEqual(wanted[index] ?? 0);
      expect(ms, delays[index]).toBeLessThan((wanted[index] ?? 0) + 5_000);
    }
    expect(dead).toMatchObject({ type: "run.created", seq: 1 });
    expect(
      new Set(
        hooks
          .at("/failing")
          .slice(0, 8)
          .map((one) => one.headers["webhook-id"]),
      ),
    ).toEqual(new Set([dead.id]));
    for (const one of hooks.at("/failing")) expect(verified(secret, one)).toBeDefined();
    await eventually("the next event", async () =>
      hooks.at("/failing").find(({ json }) => json.type === "run.succeeded"),
    );

    hooks.answer("/failing", status(200));
    const again = await api.post(`/v1/webhooks/deliveries/${dead.id}/resend`);
    expect(again.status).toBe(202);
    const resent = await delivery(
      id,
      (one) => one.id === dead.id && one.status === "delivered",
      api,
    );
    expect(resent.attempts).toHaveLength(9);
    expect((await read(api, run.id)).status).toBe("succeeded");
  });

  test("with a redirect has not taken it, and the redirect is not followed", async () => {
    hooks.answer("/moved", status(307, { location: hooks.url("/elsewhere") }), status(204));
    const { id } = await webhook("/moved");
    await start(server.api, "short");
    await delivery(id, tries(1));
    await advance(server.api, "PT5S");

    expect((await delivery(id, tries(2))).attempts).toMatchObject([
      { status: 307 },
      { status: 204 },
    ]);
    expect(hooks.at("/elsewhere")).toEqual([]);
  });

  test("by dying in its answer is told again under the same id", async () => {
    hooks.answer("/dying", cutOff, status(204));
    const { id } = await webhook("/dying");
    await start(server.api, "short");
    await delivery(id, tries(1));
    await advance(server.api, "PT5S");

    const { attempts } = await delivery(id, ({ status: now }) => now === "delivered");
    expect(attempts).toMatchObject([{ status: null, error: "NETWORK" }, { status: 204 }]);
    const ids = hooks.at("/dying").map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(1);
  });

  test("with 410 wants nothing any more", async () => {
    hooks.answer("/gone", status(410));
    const { id } = await webhook("/gone");
    const witness = await webhook("/witness", { types: ["webhook.disabled"] });
    await start(server.api, "short");
    await delivery(id, ({ status: now }) => now === "dead");
    await start(server.api, "short");

    const shown = succeeded(await server.api.get(`/v1/webhooks/${id}`));
    expect(shown).toMatchObject({ enabled: false, disabledReason: "it answered 410 Gone" });
    const [told] = await tell("/witness");
    expect(told && verified(witness.secret, told)).toMatchObject({ data: { id } });
    expect(hooks.at("/gone")).toHaveLength(1);
  });

  test("with 429 is left alone for as long as it asks", async () => {
    hooks.answer("/busy", status(429, { "retry-after": "60" }), status(204));
    const { id } = await webhook("/busy");
    await start(server.api, "short");
    await delivery(id, tries(1));
    await advance(server.api, "PT30S");
    expect(hooks.at("/busy")).toHaveLength(1);
    await advance(server.api, "PT31S");

    expect(await delivery(id, tries(2))).toMatchObject({ status: "delivered" });
  });

  test("for five days is switched off", async () => {
    const { api } = await server.tenant();
    await publish(api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
    hooks.answer("/never", status(503));
    const { id } = await webhook("/never", {}, api);
    for (let day = 0; day < 6; day++) {
      await start(api, "short");
      await advance(server.api, "P1D");
    }

    const off = await eventually("it is off", async () => {
      const { body } = await api.get(`/v1/webhooks/${id}`);
      return body["enabled"] === false ? body : undefined;
    });
    expect(off["disabledReason"]).toMatch(/^every attempt since 20\S+Z failed$/);
  });
});

describe("what a webhook has missed", () => {
  test("while it was off is told by recover, in order, and nothing twice", async () => {
    const { api } = await server.tenant();
    await publish(api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
    const { id } = await webhook("/missed", { types: ["run.*"] }, api);
    const before = await start(api, "short");
    await tell("/missed", 2);
    const since = new Date((await advance(server.api, "PT0S")) - 60_000).toISOString();
    succeeded(await api.patch(`/v1/webhooks/${id}`, { enabled: false }));
    const missed = [await start(api, "short"), await start(api, "short")];
    succeeded(await api.patch(`/v1/webhooks/${id}`, { enabled: true }));
    const answer = await api.post(`/v1/webhooks/${id}/recover`, { since });
    expect(answer).toMatchObject({ status: 202, body: { since } });

    const told = await tell("/missed", 6);
    const seen = told.map(({ json }) => `${String(json.data["runId"])} ${json.type}`);
    expect(seen.slice(0, 2)).toEqual([`${before.id} run.created`, `${before.id} run.succeeded`]);
    for (const { id: run } of missed) {
      const own = seen.filter((text) => text.startsWith(run));
      expect(own).toEqual([`${run} run.created`, `${run} run.succeeded`]);
    }
    expect(told).toHaveLength(6);
  });

  test("because the server was killed is told by the next one", async () => {
    const api: JsonClient = server.api;
    await webhook("/killed", { types: ["run.succeeded"] });
    const runs: string[] = [];
    for (let life = 0; life < 3; life++) {
      const started = await Promise.all(
        Array.from({ length: 20 }, () => api.post("/v1/runs", { workflow: "short" })),
      );
      runs.push(...started.map(idIn));
      await server.killAndStart();
    }

    const told = await eventually("all runs", async () => {
      const seen = new Set(hooks.at("/killed").map(({ json }) => json.data["runId"]));
      return runs.every((id) => seen.has(id)) ? seen : undefined;
    });
    expect(told.size).toBe(runs.length);
  });
});

describe("a run's own callback", () => {
  const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  test("is told of its end, signed with the tenant's secret", async () => {
    succeeded(await server.api.put("/v1/secrets/callbacks", { value: SECRET }));
    const callback = { url: hooks.url("/callback"), secret: { $secret: "callbacks" } };
    const run = await start(server.api, "short", null, { callback });

    const [told] = await tell("/callback");
    expect(told && verified(SECRET, told)).toMatchObject({
      type: "run.succeeded",
      data: { runId: run.id, seq: run.seq },
    });
    await server.killAndStart();
    expect(hooks.at("/callback")).toHaveLength(1);
  });

  test("is told in order of what it asks for, after failures and a crash as well", async () => {
    await publish(server.api, {
      name: "waits",
      nodes: [{ id: "w", type: "wait", event: { name: "go" } }],
    });
    hooks.answer("/callback-2", status(500), status(204));
    const callback = { url: hooks.url("/callback-2"), types: ["run.*"] };
    const run = await start(server.api, "waits", null, { callback });
    await tell("/callback-2");
    succeeded(await server.api.post(`/v1/runs/${run.id}/cancel`));
    await server.killAndStart();
    await advance(server.api, "PT6S");

    const log = (await eventsOf(server.api, run.id)).filter(({ type }) => type.startsWith("run."));
    const told = await tell("/callback-2", log.length + 1);
    expect(told.map(({ json }) => json.data["seq"])).toEqual([1, ...log.map(({ seq }) => seq)]);
    expect(told[0]?.headers).not.toHaveProperty("webhook-signature");
  });

  test("whose secret is not there is not told unsigned", async () => {
    const callback = { url: hooks.url("/callback-3"), secret: { $secret: "nowhere" } };
    const run = await start(server.api, "short", null, { callback });
    await eventually("an end", async () => (await read(server.api, run.id)).endedAt ?? undefined);
    succeeded(await server.api.put("/v1/secrets/nowhere", { value: SECRET }));
    await advance(server.api, "PT6S");

    const [told] = await tell("/callback-3");
    expect(told && verified(SECRET, told)).toBeDefined();
    expect(hooks.at("/callback-3")).toHaveLength(1);
  });
});

describe("another tenant's webhook", () => {
  test("does not exist", async () => {
    const { api } = await server.tenant();
    const { id } = await webhook("/theirs");
    const sent = idIn(await server.api.post(`/v1/webhooks/${id}/test`));
    const at = `/v1/webhooks/${id}`;
    const answers = [
      await api.get(at),
      await api.patch(at, { enabled: false }),
      await api.remove(at),
      await api.post(`${at}/secret/rotate`),
      await api.post(`${at}/test`),
      await api.get(`${at}/deliveries`),
      await api.get(`/v1/webhooks/deliveries/${sent}`),
      await api.post(`/v1/webhooks/deliveries/${sent}/resend`),
      await api.post(`${at}/recover`, { since: "2026-01-01T00:00:00Z" }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 404));
    expect(succeeded(await api.get("/v1/webhooks"))["data"]).toEqual([]);
  });
});
