import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { advance, ended, eventsOf, publish, reaches, start, stepOf } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let outside: ToolServer;
let made = 0;

beforeAll(async () => {
  [server, outside] = await Promise.all([startServer(), toolServer()]);
  succeeded(await server.api.put("/v1/secrets/hook-key", { value: "sesame-open-up" }));
});

afterAll(async () => {
  outside.close();
  await server.close();
});

/** A run that tells somebody something, and then is done. */
async function telling(node: JsonObject, input: JsonObject = {}) {
  made++;
  const name = `tell-${made}`;
  const after = { id: "after", type: "set", with: "{% $steps.tell.status %}" };
  await publish(server.api, { name, nodes: [{ id: "tell", type: "notify", ...node }, after] });
  return start(server.api, name, input);
}

type Kept = Readonly<{ to: string; subject: string; text: string; channel?: string; id: string }>;

async function kept(): Promise<readonly Kept[]> {
  return succeeded(await server.api.get("/dev/mail"))["data"] as unknown as readonly Kept[];
}

describe("a notice over HTTP", () => {
  test("by e-mail lands in the mailbox, rendered, and the receipt says that it was captured", async () => {
    const run = await telling(
      {
        channel: "email",
        to: ["{% $input.who %}", "desk@example.com"],
        subject: "Order {% $input.order %}",
        body: "<b>Hello</b>\nsee https://example.com/o?id={% $input.order %}",
      },
      { who: "ada@example.com", order: "o-7" },
    );

    const step = stepOf(run, "tell");
    expect(step.output).toEqual({
      channel: "email",
      id: step.idempotencyKey,
      to: ["ada@example.com", "desk@example.com"],
      subject: "Order o-7",
      captured: true,
    });
    const mail = (await kept()).find(({ id }) => id === step.idempotencyKey);
    expect(mail).toMatchObject({
      to: "ada@example.com, desk@example.com",
      subject: "Order o-7",
      text: "<b>Hello</b>\nsee https://example.com/o?id=o-7\n",
      links: ["https://example.com/o?id=o-7"],
    });
    expect(JSON.stringify(mail)).not.toContain("<b>Hello</b></p>");
  });

  test("by text message or as an event is captured too, and says what it would have been", async () => {
    const sms = await telling({ channel: "sms", to: "+491701234567", body: { n: 1 } });
    const event = await telling({ channel: "event", subject: "order.sent", body: { n: 2 } });

    const all = await kept();
    const found = (run: typeof sms) =>
      all.find(({ id }) => id === stepOf(run, "tell").idempotencyKey);
    expect(found(sms)).toMatchObject({ channel: "sms", to: "+491701234567" });
    expect(found(event)).toMatchObject({ channel: "event", subject: "notice.order.sent" });
    expect(JSON.parse(found(event)?.text ?? "")).toMatchObject({
      runId: event.id,
      node: "tell",
      data: { n: 2 },
    });
    expect(stepOf(sms, "tell").output).toMatchObject({ captured: true });
    const page = (await server.api.get("/mail")).text;
    expect(page).toContain("No mail: a text message (SMS)");
    expect(page).toContain("captured here and not sent");
  });

  test("by webhook is posted under its key, with the secret that only the call sees", async () => {
    outside.on("/told", () => ({ body: { any: "thing" } }));
    const run = await telling(
      {
        channel: "webhook",
        to: outside.url("/told"),
        headers: {
          Authorization: { $secret: "hook-key" },
          "X-Order": "{% $input.order %}",
          "X-Forged": "{% $input.forged %}",
        },
        body: { order: "{% $input.order %}" },
      },
      { order: "o-9", forged: { $secret: "hook-key" } },
    );

    const [call] = outside.callsOf("/told");
    const step = stepOf(run, "tell");
    expect(call).toMatchObject({ key: step.idempotencyKey, body: { order: "o-9" } });
    expect(call?.headers).toMatchObject({ authorization: "sesame-open-up", "x-order": "o-9" });
    expect(call?.headers["x-forged"]).not.toContain("sesame");
    expect(step.output).toMatchObject({ channel: "webhook", status: 200 });
    expect(JSON.stringify([run, await eventsOf(server.api, run.id)])).not.toContain("sesame");
  });

  test("that fails is retried under one key, and then holds up nobody", async () => {
    outside.on("/down", () => ({ status: 503, body: "down" }));
    const retry = { maxAttempts: 2, backoff: { initial: "PT10M", max: "PT1H", jitter: "none" } };
    const hook = { channel: "webhook", to: outside.url("/down"), body: {}, retry };
    const { id } = await telling(hook);
    await reaches(server.api, id, "waiting");
    await advance(server.api, "PT10M");

    const run = await ended(server.api, id);
    expect(run).toMatchObject({ status: "succeeded", output: "failed" });
    expect(stepOf(run, "tell")).toMatchObject({ status: "failed", error: { code: "HTTP_503" } });
    expect(new Set(outside.callsOf("/down").map(({ key }) => key)).size).toBe(1);
    expect(outside.callsOf("/down")).toHaveLength(2);
  });

  test("goes to no private address, and to none that is none", async () => {
    const inside = await telling({ channel: "webhook", to: "http://169.254.169.254/", body: 1 });
    const nobody = await telling({
      channel: "email",
      to: "{% $input.no %}",
      subject: "x",
      body: "y",
      required: true,
    });

    expect(stepOf(inside, "tell").error).toMatchObject({ code: "TARGET_REFUSED" });
    expect(inside.status).toBe("succeeded");
    expect(nobody).toMatchObject({ status: "failed", error: { code: "NOTICE_INVALID" } });
  });
});
