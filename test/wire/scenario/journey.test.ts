import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Jwk, type Signed, verifyHead } from "../../../examples/verify-head.ts";
import { succeeded } from "../../../scripts/support/client.ts";
import { ask } from "../../support/ask.ts";
import { type Receiver, receiver, verified } from "../../support/receiver.ts";
import { begin, eventsOf, publish, read, registerTool, taskOf } from "../../support/runs.ts";
import type { Tenant } from "../../support/server.ts";
import { type House, openHouse } from "../house.ts";
import { ended, expectClean, linkTo, pays } from "../journeys.ts";

const ANN = "ann@example.com";

let house: House;
let acme: Tenant;
let hooks: Receiver;

beforeAll(async () => {
  [house, hooks] = await Promise.all([openHouse(), receiver()]);
  acme = await house.tenant({ name: "Acme" });
  await registerTool(acme.api, house.tools, "pay");
});
afterAll(async () => {
  await Promise.all([house?.close(), hooks?.close()]);
});

const lanesOf = (tenant: string) => {
  const { queues, mappings } = house.world;
  return {
    queues: queues.names().filter((name) => name.includes(tenant)),
    mappings: mappings().filter(({ settings }) => settings.sourceArn.includes(tenant)),
  };
};

describe("a deployment", () => {
  test("gives a tenant a queue of its own, connected with a bound of its own", async () => {
    const { queues, mappings } = lanesOf(acme.id);

    expect(queues).toHaveLength(1);
    expect(mappings).toMatchObject([{ settings: { batchSize: 10, partialBatches: true } }]);
  });

  test("runs a customer's script in a process of its own, from the bundle", async () => {
    const code = "return input.a + input.b";
    await publish(acme.api, {
      name: "script",
      nodes: [{ id: "s", type: "script", with: "{% $input %}", code }],
    });
    const { id } = await begin(acme.api, "script", { a: 1, b: 2 });

    expect(await ended(house, acme.api, id)).toMatchObject({ status: "succeeded", output: 3 });
  });

  test("runs from a tool over waits to a person's link and on, and tells a webhook", async () => {
    const { secret } = succeeded(
      await acme.api.post("/v1/webhooks", { url: hooks.url("/told"), types: ["run.succeeded"] }),
    ) as unknown as { secret: string };
    await publish(acme.api, {
      name: "journey",
      nodes: [
        pays("first"),
        { id: "short", type: "wait", for: "PT5M" },
        { id: "long", type: "wait", for: "PT3H" },
        { id: "ok", type: "approval", approvers: [ANN], title: "Pay the rest?" },
        pays("last", 2),
      ],
    });
    const { id } = await begin(acme.api, "journey");
    const begun = house.world.clock.now();

    const link = await linkTo(house, ANN, id);
    expect(house.world.clock.now() - begun).toBeGreaterThanOrEqual(185 * 60_000);
    const task = await taskOf(acme.api, id);
    const page = await ask("GET", link);
    const nonce = /name="nonce" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const fields = new URLSearchParams({ nonce, decision: "approved" });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const decided = await ask("POST", link, { headers, body: fields.toString() });

    expect(page.status).toBe(200);
    expect(decided.status, decided.text).toBe(200);
    expect(task.status).toBe("open");
    const run = await ended(house, acme.api, id);
    expect(run.status).toBe("succeeded");
    expect(house.tools.callsOf("/pay").map(({ key }) => key)).toHaveLength(2);
    const [told] = await house.world.until("a webhook", () => {
      const all = hooks.at("/told");
      return all.length > 0 ? all : undefined;
    });
    // The receiver lives in the same time, three hours on.
    const now = vi.spyOn(Date, "now").mockReturnValue(house.world.clock.now());
    const body = told && verified(secret, told);
    now.mockRestore();
    expect(body).toMatchObject({ type: "run.succeeded", data: { runId: id } });
    const verdict = await house.world.until("the head is signed", async () => {
      const found = succeeded(await acme.api.get(`/v1/runs/${id}/ledger/verify`));
      return found["signature"] ? found : undefined;
    });
    expect(verdict).toMatchObject({ ok: true, signature: { valid: true }, errors: [] });
    const { keys } = succeeded(await acme.api.get("/.well-known/jwks.json"));
    const proven = verifyHead(keys as unknown as Jwk[], verdict["signature"] as unknown as Signed);
    expect(proven).toMatchObject({ tenant: acme.id, run: id, count: run.seq });
  });

  test("tells people by mail and other programs by the bus, from where runs are driven", async () => {
    const mail = { channel: "email", to: ANN, subject: "Sent", body: "run {% $run.id %}" };
    const event = { channel: "event", subject: "order.sent", body: { n: 1 } };
    await publish(acme.api, {
      name: "telling",
      nodes: [
        { id: "mail", type: "notify", ...mail },
        { id: "event", type: "notify", ...event },
        { id: "sms", type: "notify", channel: "sms", to: "+491701234567", body: "x" },
        { id: "said", type: "set", with: "{% $steps.sms.error.code %}" },
      ],
    });
    const { id } = await begin(acme.api, "telling");
    const run = await ended(house, acme.api, id);

    expect(run).toMatchObject({ status: "succeeded", output: "CHANNEL_NOT_CONFIGURED" });
    expect(house.world.mails.filter(({ text }) => text.includes(id))).toMatchObject([
      { to: [ANN], subject: "Sent", text: `run ${id}\n` },
    ]);
    expect(house.world.events.filter(({ type }) => type === "notice.order.sent")).toMatchObject([
      { source: "holdfast", detail: { tenant: acme.id, runId: id, node: "event", data: { n: 1 } } },
    ]);
  });

  test("keeps a run that grew large as an object, and goes on from it", async () => {
    house.tools.on("/large", ({ n }) => ({ body: { text: String(n).padEnd(90_000, "x") } }));
    await registerTool(acme.api, house.tools, "large");
    const ids = ["a", "b", "c", "d", "e"];
    await publish(acme.api, {
      name: "large",
      nodes: [
        ...ids.map((id) => ({ id, type: "tool", tool: "large" })),
        { id: "wait", type: "wait", for: "PT1M" },
        { id: "measure", type: "set", with: "{% $length($steps.e.output.text) %}" },
      ],
    });
    const { id } = await begin(acme.api, "large");
    await house.world.until("a wait", async () =>
      (await read(acme.api, id)).status === "waiting" ? true : undefined,
    );
    // Whoever goes on has never seen the run.
    house.world.pool("step").recycle();

    expect(await ended(house, acme.api, id)).toMatchObject({ status: "succeeded", output: 90_000 });
    expect(house.objects().some((key) => key.startsWith(`${acme.id}/`))).toBe(true);
  });

  test("gives a secret to a tool that names it, and to nobody else", async () => {
    const put = (path: string, body: Parameters<typeof acme.api.put>[1]) =>
      acme.api.put(path, body);
    await put("/v1/secrets/token", { value: "Bearer s3cret" });
    await put("/v1/secrets/token", { value: "Bearer n3wer" });
    const headers = { authorization: { $secret: "token" } };
    await registerTool(acme.api, house.tools, "guarded", { headers });
    await publish(acme.api, {
      name: "guarded",
      nodes: [{ id: "a", type: "tool", tool: "guarded" }],
    });
    const { id } = await begin(acme.api, "guarded");
    await ended(house, acme.api, id);
    const names = succeeded(await acme.api.get("/v1/secrets"));
    await acme.api.remove("/v1/secrets/token");

    expect(house.tools.callsOf("/guarded")[0]?.headers.authorization).toBe("Bearer n3wer");
    expect(JSON.stringify(names)).toContain("token");
    expect(JSON.stringify(await eventsOf(acme.api, id))).not.toContain("n3wer");
  });

  test("serves a run's events as they come, over the function URL", async () => {
    await publish(acme.api, { name: "streamed", nodes: [pays("a", 7)] });
    const { id } = await begin(acme.api, "streamed");
    const stop = new AbortController();
    const response = await fetch(`${house.world.doors.sse}v1/runs/${id}/stream`, {
      headers: { authorization: `Bearer ${acme.key}`, accept: "text/event-stream" },
      signal: stop.signal,
    });
    let seen = "";
    for await (const chunk of response.body ?? []) {
      seen += Buffer.from(chunk).toString();
      if (seen.includes("run.succeeded")) break;
    }
    stop.abort();

    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(seen).toContain("run.succeeded");
  });

  test("tells a run's events over a WebSocket that a ticket opened", async () => {
    const opened = succeeded(await acme.api.post("/v1/stream/tickets"));
    const socket = new WebSocket(
      `${house.world.doors.socket}?ticket=${opened["ticket"] as string}`,
    );
    const frames: string[] = [];
    socket.addEventListener("message", ({ data }) => frames.push(String(data)));
    await house.world.until("an open socket", () => (socket.readyState === 1 ? true : undefined));
    socket.send(JSON.stringify({ action: "subscribe", id: "all" }));
    await house.world.until("a subscription", () =>
      frames.find((frame) => frame.includes('"subscribed"')),
    );
    const { id } = await begin(acme.api, "streamed");

    await house.world.until("the end of the run", () =>
      frames.find((frame) => frame.includes("run.succeeded") && frame.includes(id)),
    );
    socket.close();
    await house.world.until("a closed socket", () =>
      house.world.doors.sockets() === 0 ? true : undefined,
    );
    const refused = new WebSocket(`${house.world.doors.socket}?ticket=none`);
    const error = await new Promise((done) => refused.addEventListener("error", done));
    expect(error).toBeDefined();
  });

  test("drives the runs of tenants that share lanes, each in a group of its own", async () => {
    const shared = await house.tenant({ name: "Small", lane: "shared" });
    await registerTool(shared.api, house.tools, "pay");
    await publish(shared.api, { name: "small", nodes: [pays("a", 1), pays("b", 2)] });
    const before = house.tools.effects.size;
    const runs = await Promise.all(Array.from({ length: 8 }, () => begin(shared.api, "small")));

    for (const { id } of runs) {
      expect((await ended(house, shared.api, id)).status).toBe("succeeded");
    }
    expect(house.tools.effects.size - before).toBe(16);
    expect(lanesOf(shared.id).queues).toEqual([]);
  });

  test("takes a tenant away with its queue, its mapping and what it kept", async () => {
    const gone = await house.tenant({ name: "Gone" });
    await registerTool(gone.api, house.tools, "large");
    const large = ["a", "b", "c", "d", "e"].map((id) => ({ id, type: "tool", tool: "large" }));
    await publish(gone.api, {
      name: "left",
      nodes: [...large, { id: "wait", type: "wait", for: "P1D" }],
    });
    await gone.api.put("/v1/secrets/token", { value: "s3cret" });
    await begin(gone.api, "left");
    const objects = () => house.objects().filter((key) => key.startsWith(`${gone.id}/`));
    await house.world.until("an object", () => objects()[0]);
    expect(lanesOf(gone.id).mappings).toHaveLength(1);

    const removed = await house.platform.remove(`/v1/tenants/${gone.id}`);

    expect(removed.status, removed.text).toBe(204);
    await house.world.until("the lane is gone", () => {
      const { queues, mappings } = lanesOf(gone.id);
      return queues.length + mappings.length === 0 ? true : undefined;
    });
    expect((await gone.api.get("/v1/workflows")).status).toBe(401);
    await house.world.until("its secrets and objects are gone", () => {
      const secrets = house.world.secrets.names().filter((name) => name.includes(gone.id));
      return secrets.length + objects().length === 0 ? true : undefined;
    });
  });

  test("gives a tenant its queue by the sweep when the API died while it made one", async () => {
    const { world, platform } = house;
    const isApi = (caller: string) => caller === world.pool("api").settings.id;
    void world.faults.next(
      "kill-before",
      ({ caller, operation }) => isApi(caller) && operation === "CreateEventSourceMapping",
    );
    const answer = await platform.post("/v1/tenants", { name: "Half" });
    expect(answer.status).toBe(500);
    const { data } = succeeded(await platform.get("/v1/tenants?limit=200"));
    const half = (data as unknown as readonly { id: string; name: string }[]).find(
      ({ name }) => name === "Half",
    );

    await world.until("a lane", () =>
      half && lanesOf(half.id).mappings.length === 1 ? true : undefined,
    );
  });

  test("bounds how many of a tenant's steps run at once by its connection", async () => {
    const limits = { maxConcurrentSteps: 30 };
    const changed = await house.platform.patch(`/v1/tenants/${acme.id}`, { limits });

    expect(changed.status, changed.text).toBe(200);
    await house.world.until("a bound", () =>
      lanesOf(acme.id).mappings[0]?.settings.concurrencyMax === 3 ? true : undefined,
    );
  });

  test("has asked for nothing that its functions' roles do not grant", () => {
    expectClean(house);
  });
});
