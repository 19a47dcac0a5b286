import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { validateWorkflow } from "../../core/kernel/validate.ts";
import { EVERYTHING } from "../support/given-sketch.ts";
import { story } from "./story.ts";

const MAIL = {
  channel: "email",
  to: ["{% $input.who %}"],
  subject: "Hello {% $input.name %}",
  body: "Bye",
};
const notify = (more: JsonObject = {}) => ({ id: "tell", type: "notify", ...MAIL, ...more });
const next = { id: "next", type: "set", with: "{% $steps.tell.status %}" };
const input = { who: "ada@example.com", name: "Ada" };
const once = { retry: { maxAttempts: 1 } };

describe("a notify", () => {
  test("is a call: it has its input, its key and three attempts on record", async () => {
    const tale = await story({ nodes: [notify(), next], edges: [["tell", "next"]] }, { input });

    expect(tale.run.tokens["1"]).toMatchObject({
      status: "running",
      key: "seed-tell-1",
      input: {
        channel: "email",
        to: ["ada@example.com"],
        subject: "Hello Ada",
        body: "Bye",
      },
    });
    await tale.breaks("tell", "HTTP_500", { retryable: true });
    expect(tale.run.tokens["1"]?.status).toBe("retrying");
  });

  test("that could not be sent has failed, and its token goes on by success", async () => {
    const sketch = { nodes: [notify(once), next], edges: [["tell", "next"]] as const };
    const tale = await story(sketch, { input });
    await tale.breaks("tell", "HTTP_500", { retryable: true });

    expect(tale.run).toMatchObject({ status: "succeeded", output: "failed" });
    expect(tale.of("step.failed")).toHaveLength(1);
  });

  test("goes by its error edge where that takes the code, and by success where not", async () => {
    const caught = { id: "caught", type: "set", with: "caught" };
    const edges = [
      ["tell", "next"],
      ["tell", "caught", { on: "error", errors: ["HTTP_5*"] }],
    ] as const;
    const sketch = { nodes: [notify(once), next, caught], edges };
    const taken = await story(sketch, { input });
    await taken.breaks("tell", "HTTP_500", { retryable: true });
    const other = await story(sketch, { input });
    await other.breaks("tell", "NETWORK");

    expect(taken.run.output).toBe("caught");
    expect(other.run.output).toBe("failed");
  });

  test("that is required fails the run like any other call", async () => {
    const sketch = {
      nodes: [notify({ ...once, required: true }), next],
      edges: [["tell", "next"]] as const,
    };
    const tale = await story(sketch, { input });
    await tale.breaks("tell", "HTTP_500", { retryable: true });

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "HTTP_500" } });
  });

  test("whose template fails holds up nobody either, but an assign that fails does", async () => {
    const broken = notify({ subject: "{% $number('x') %}" });
    const first = await story({ nodes: [broken, next], edges: [["tell", "next"]] }, { input });
    const assigning = notify({ assign: { n: "{% $number('x') %}" } });
    const second = await story({ nodes: [assigning, next], edges: [["tell", "next"]] }, { input });
    await second.works("tell", { channel: "email" });

    expect(first.run).toMatchObject({ status: "succeeded", output: "failed" });
    expect(second.run).toMatchObject({ status: "failed", error: { code: "EXPRESSION_ERROR" } });
  });
});

function faults(node: JsonObject): readonly string[] {
  const nodes = [{ id: "a", type: "notify", ...node }];
  const { errors } = validateWorkflow({ name: "flow", nodes }, EVERYTHING);
  return errors.map(({ path, code }) => `${path.replace("nodes[0].", "")} ${code}`);
}

describe("publishing a notify", () => {
  const hook = { channel: "webhook", to: "https://example.com/hook", body: {} };
  const secret = { $secret: "token" };
  test.each<[string, JsonObject]>([
    ["an e-mail", MAIL],
    ["a text message", { channel: "sms", to: "+491701234567", body: "x" }],
    ["a webhook", hook],
    ["a webhook whose URL is a secret", { ...hook, to: secret }],
    ["a webhook with a secret header", { ...hook, headers: { Authorization: secret, x: "y" } }],
    [
      "a path that is a template",
      { ...hook, to: "https://x.com/{% $input %}", headers: { a: secret } },
    ],
    ["an event", { channel: "event", subject: "order.sent" }],
    ["a template as its address", { ...hook, to: "{% $input.url %}" }],
  ])("takes %s", (_, node) => {
    expect(faults(node)).toEqual([]);
  });

  test.each<[string, JsonObject]>([
    ["channel REQUIRED", {}],
    ["channel INVALID_VALUE", { channel: "pigeon", to: "x", body: "y" }],
    ["to REQUIRED", { channel: "sms", body: "y" }],
    ["to INVALID_VALUE", { channel: "sms", to: "0170 1234567", body: "y" }],
    ["to INVALID_VALUE", { channel: "sms", to: ["+491701234567", "+491701234568"], body: "y" }],
    ["body REQUIRED", { channel: "sms", to: "+491701234567" }],
    ["subject INVALID_VALUE", { channel: "sms", to: "+491701234567", body: "y", subject: "x" }],
    ["subject REQUIRED", { channel: "email", to: "ada@example.com", body: "y" }],
    ["to[1] INVALID_VALUE", { ...MAIL, to: ["ada@example.com", "ada"] }],
    ["to REQUIRED", { ...MAIL, to: [] }],
    ["to LIMIT", { ...MAIL, to: Array.from({ length: 21 }, (_, n) => `a${n}@example.com`) }],
    ["to INVALID_VALUE", { ...MAIL, to: secret }],
    ["to INVALID_VALUE", { ...hook, to: "ftp://example.com" }],
    ["to INVALID_VALUE", { ...hook, to: { $secret: "a", more: 1 } }],
    ["to INVALID_VALUE", { ...hook, to: "{% $input.url %}", headers: { a: secret } }],
    ["headers.a b INVALID_VALUE", { ...hook, headers: { "a b": "c" } }],
    ["headers.a INVALID_VALUE", { ...hook, headers: { a: { $secret: "{% $input %}" } } }],
    ["headers INVALID_VALUE", { ...MAIL, headers: {} }],
    ["subject REQUIRED", { channel: "event" }],
    ["to INVALID_VALUE", { channel: "event", subject: "x", to: "somebody" }],
  ])("refuses %s: %j", (fault, node) => {
    expect(faults(node)).toEqual([fault]);
  });
});
