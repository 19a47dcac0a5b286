import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { models } from "../../adapters/models/models.ts";
import { parseModels } from "../../adapters/models/models-config.ts";
import { guardedRequest } from "../../adapters/net/guarded-request.ts";
import { compileSchema } from "../../adapters/tools/schema-check.ts";
import type { Json } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ModelRequest } from "../../core/ports/models.ts";
import { stubServer } from "./stub-server.ts";

let stub: Awaited<ReturnType<typeof stubServer>>;
beforeAll(async () => {
  stub = await stubServer();
});
afterAll(() => stub.close());

const KEY = "sk-s3cr3t-value";

function configured(provider: object = {}, allowLoopback = true) {
  const lab = {
    kind: "openai-compatible",
    baseUrl: `${stub.origin}/v1`,
    apiKey: { $env: "LAB_KEY" },
    prices: { m1: { input: 1, output: 2 } },
    ...provider,
  };
  return models(parseModels(JSON.stringify({ default: "lab/m1", providers: { lab } })), {
    env: { LAB_KEY: KEY },
    secret: (name) => Promise.resolve(name === "lab-key" ? KEY : undefined),
    request: (request) => guardedRequest({ ...request, allowLoopback }),
    checkObject(schema, value) {
      const compiled = compileSchema(schema);
      return "problems" in compiled ? compiled.problems : compiled.validate(value, "object");
    },
  });
}
function ask(more: Partial<ModelRequest> = {}, provider: object = {}, signal?: AbortSignal) {
  const request: ModelRequest = {
    model: "lab/m1",
    messages: [{ role: "user", content: "Hello?" }],
    call: 1,
    ...more,
  };
  return configured(provider).call(request, signal ?? new AbortController().signal);
}
async function failure(promise: Promise<unknown>): Promise<CallFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CallFailure)) throw new Error("did not fail as a call", { cause: error });
  return error;
}
function completion(content: Json, more: object = {}) {
  return {
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m1-2026",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
    ...more,
  };
}
const sent = () => JSON.parse(stub.seen[0]?.body ?? "");

describe("a model that speaks the OpenAI chat protocol", () => {
  it("answers with text, tokens and cost", async () => {
    stub.json(completion("Hi."));

    const answer = await ask({ system: "Be brief.", temperature: 0.5, maxTokens: 9 });

    expect(answer).toEqual({
      text: "Hi.",
      usage: { inputTokens: 100, outputTokens: 50, totalTokens: 150 },
      cost: 0.0002,
      model: "lab/m1",
      finishReason: "stop",
    });
    expect(stub.seen).toHaveLength(1);
    expect(stub.seen[0]).toMatchObject({
      method: "POST",
      url: "/v1/chat/completions",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    });
    expect(sent()).toMatchObject({
      model: "m1",
      temperature: 0.5,
      max_tokens: 9,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello?" },
      ],
    });
  });

  it("is sent a conversation as it is, and may have slashes in its name", async () => {
    stub.json(completion("Fine."));
    const messages = [
      { role: "system", content: "S" },
      { role: "user", content: "U" },
      { role: "assistant", content: "A" },
      { role: "user", content: "V" },
    ] as const;

    const answer = await ask({ model: "lab/meta/llama-3", messages });

    expect(sent()).toMatchObject({ model: "meta/llama-3", messages });
    expect(answer.cost).toBe(0);
  });

  it("takes its key from a secret, or needs none", async () => {
    stub.json(completion("a"));

    await ask({}, { apiKey: { $secret: "lab-key" } });
    await ask({}, { apiKey: undefined });

    expect(stub.seen.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${KEY}`,
      undefined,
    ]);
  });

  it("is not called without the key that it needs", async () => {
    stub.json(completion("a"));

    for (const apiKey of [{ $env: "ABSENT" }, { $secret: "absent" }]) {
      const failed = await failure(ask({}, { apiKey }));
      expect([failed.code, failed.retryable]).toEqual(["MODEL_AUTH", false]);
      expect(failed.message).toMatch(/absent/i);
    }
    expect(stub.seen).toEqual([]);
  });

  const schema = {
    type: "object",
    required: ["mood"],
    properties: { mood: { enum: ["good", "bad"] } },
  };

  it("answers with an object that fits the schema", async () => {
    stub.json(completion('{"mood": "good"}'));

    const answer = await ask({ schema });

    expect(answer).toMatchObject({ object: { mood: "good" }, text: '{"mood": "good"}' });
    expect(sent().response_format).toMatchObject({
      type: "json_schema",
      json_schema: { strict: false, schema },
    });
  });

  it("is told the schema in words when it takes none", async () => {
    stub.json(completion('{"mood": "bad"}'));

    const answer = await ask({ schema, system: "Judge." }, { structuredOutputs: false });

    expect(answer.object).toEqual({ mood: "bad" });
    expect(sent().response_format).toEqual({ type: "json_object" });
    expect(sent().messages[0].content).toMatch(/^Judge\.[\s\S]*"mood"/);
  });

  it.each([
    ['{"mood": "odd"}', "object.mood"],
    ["{}", "object.mood is required"],
    ["I feel good.", "JSON"],
    ['{"mood": "go', "JSON"],
    ['{"__proto__": {"mood": "good"}}', "JSON"],
    ["", "JSON"],
  ])("that answers %j has not answered by the schema", async (content, why) => {
    stub.json(completion(content));

    const failed = await failure(ask({ schema }));

    expect([failed.code, failed.retryable]).toEqual(["MODEL_OUTPUT_INVALID", true]);
    expect(failed.message).toContain(why);
    expect(stub.seen).toHaveLength(1);
  });

  it.each([
    [429, "HTTP_429", true],
    [500, "HTTP_500", true],
    [529, "HTTP_529", true],
    [408, "HTTP_408", true],
    [400, "HTTP_400", false],
    [404, "HTTP_404", false],
    [302, "HTTP_302", false],
    [401, "MODEL_AUTH", false],
    [403, "MODEL_AUTH", false],
  ])(
    "that answers %i fails as %s, retryable: %s, and is not asked again",
    async (status, code, retryable) => {
      stub.json({ error: { message: `bad key ${KEY}` } }, status, { "retry-after": "3" });

      const failed = await failure(ask());

      expect([failed.code, failed.retryable]).toEqual([code, retryable]);
      expect(failed.message).toContain("bad key");
      expect(failed.message).not.toContain(KEY);
      expect(failed.retryAfterMs).toBe(code === "MODEL_AUTH" ? undefined : 3_000);
      expect(stub.seen).toHaveLength(1);
    },
  );

  it("that fails and then recovers has been called once per call", async () => {
    stub.answers((_request, count) =>
      count < 3
        ? { status: 503, body: "busy" }
        : {
            headers: { "content-type": "application/json" },
            body: JSON.stringify(completion("up")),
          },
    );

    expect((await failure(ask())).message).toContain("busy");
    expect((await failure(ask())).code).toBe("HTTP_503");
    expect((await ask()).text).toBe("up");
    expect(stub.seen).toHaveLength(3);
  });

  it.each([
    ["a proxy's page", "<html>busy</html>"],
    ["an empty list of choices", JSON.stringify(completion("", { choices: [] }))],
    ["nothing", ""],
  ])("that answers 200 with %s fails, retryable", async (_what, body) => {
    stub.answers({ headers: { "content-type": "application/json" }, body });

    const failed = await failure(ask());

    expect([failed.code, failed.retryable]).toEqual(["MODEL_FAILED", true]);
  });

  it("that cannot be reached fails as NETWORK, and where it must not be, as TARGET_REFUSED", async () => {
    const unreachable = await failure(ask({}, { baseUrl: "http://127.0.0.1:1/v1" }));
    const request: ModelRequest = { model: "lab/m1", messages: [], call: 1 };
    const signal = new AbortController().signal;
    const messages = [{ role: "user", content: "a" }] as const;
    const refused = await failure(configured({}, false).call({ ...request, messages }, signal));

    expect([unreachable.code, unreachable.retryable]).toEqual(["NETWORK", true]);
    expect([refused.code, refused.retryable]).toEqual(["TARGET_REFUSED", false]);
  });

  it("that hangs is left when the call is abandoned", async () => {
    stub.answers("hang");
    const caller = new AbortController();
    const arrived = stub.arrived();
    const asked = failure(ask({}, {}, caller.signal));
    await arrived;
    caller.abort();

    expect((await asked).code).toBe("ABORTED");
    expect((await failure(ask({}, {}, caller.signal))).code).toBe("ABORTED");
  });
});

describe("the mock models", () => {
  const scripted = (script: readonly Json[], more: Partial<ModelRequest> = {}) =>
    ask({ model: "mock/script", script, ...more });

  it("echo the last thing that a user said, for ever the same, and say that they are mocks", async () => {
    const messages = [
      { role: "user", content: "one" },
      { role: "assistant", content: "two" },
      { role: "user", content: "three" },
    ] as const;

    const answer = await ask({ model: "mock/echo", messages, system: "four" });

    expect(answer).toEqual({
      text: "echo: three",
      usage: { inputTokens: 5, outputTokens: 3, totalTokens: 8 },
      cost: 0,
      model: "mock/echo",
      finishReason: "stop",
      mock: true,
    });
    expect(await ask({ model: "mock/echo", messages, system: "four" })).toEqual(answer);
  });

  it("play the script, one entry per call", async () => {
    const script = [
      { text: "a" },
      { object: { b: 1 } },
      { toolCalls: [{ name: "pay", input: { amount: 1 } }] },
      { ask: { prompt: "Sure?", choices: ["yes", "no"] } },
    ];

    expect(await scripted(script)).toMatchObject({ text: "a", mock: true });
    expect(await scripted(script, { call: 2 })).toMatchObject({
      text: '{"b":1}',
      object: { b: 1 },
    });
    expect(await scripted(script, { call: 3 })).toMatchObject({
      object: { toolCalls: [{ name: "pay", input: { amount: 1 } }] },
      finishReason: "tool-calls",
    });
    expect(await scripted(script, { call: 4 })).toMatchObject({
      object: { ask: { prompt: "Sure?", choices: ["yes", "no"] } },
    });
    expect(await failure(scripted(script, { call: 5 }))).toMatchObject({
      code: "MOCK_SCRIPT_EXHAUSTED",
      retryable: false,
    });
    expect((await failure(scripted([]))).code).toBe("MOCK_SCRIPT_EXHAUSTED");
    expect((await failure(ask({ model: "mock/script" }))).code).toBe("MOCK_SCRIPT_EXHAUSTED");
  });

  it.each<[boolean, Json]>([
    [true, { code: "DOWN" }],
    [true, { code: "HTTP_503" }],
    [false, { code: "HTTP_400" }],
    [false, { code: "DOWN", retryable: false }],
    [true, { code: "HTTP_400", retryable: true }],
  ])("fail as the script says, retryable %s: %j", async (retryable, error) => {
    expect((await failure(scripted([{ error }, { text: "up" }]))).retryable).toBe(retryable);
  });

  it("fail for good where the script ends with a failure", async () => {
    const failed = await failure(scripted([{ error: { code: "DOWN", message: "It is down." } }]));

    expect(failed).toMatchObject({ code: "DOWN", message: "It is down.", retryable: false });
  });

  it("refuse an entry that says nothing", async () => {
    for (const entry of [{}, "text", null, { txt: "a" }]) {
      expect((await failure(scripted([entry]))).code).toBe("MOCK_SCRIPT_INVALID");
    }
  });

  it("are held to the schema like any model, where they answer with an object", async () => {
    const schema = { required: ["a"] };

    expect((await scripted([{ object: { a: 1 } }], { schema })).object).toEqual({ a: 1 });
    expect((await scripted([{ text: '{"a":1}' }], { schema })).object).toEqual({ a: 1 });
    expect((await scripted([{ toolCalls: [] }], { schema })).object).toEqual({ toolCalls: [] });
    for (const entry of [{ object: { b: 1 } }, { text: '{"b":1}' }, { text: "no" }]) {
      expect(await failure(scripted([entry], { schema }))).toMatchObject({
        code: "MODEL_OUTPUT_INVALID",
        retryable: true,
      });
    }
  });

  it("cost what the configuration says, so that budgets can be tried", async () => {
    const document = {
      providers: { mock: { kind: "mock", prices: { echo: { input: 1_000_000, output: 0 } } } },
    };
    const mocks = models(parseModels(JSON.stringify(document)), {
      env: {},
      request: () => Promise.reject(new Error("is not called")),
      checkObject: () => [],
    });
    const messages = [{ role: "user", content: "12345678" }] as const;

    const answer = await mocks.call(
      { model: "mock/echo", messages, call: 1 },
      new AbortController().signal,
    );

    expect(answer.cost).toBe(2);
  });
});

describe("the models document", () => {
  it("is mocks only when there is none", () => {
    for (const none of [undefined, "", "  ", "{}"]) {
      expect(parseModels(none)).toEqual({ default: "mock/echo", providers: {} });
    }
  });

  it("may be in a file", () => {
    const path = join(mkdtempSync(join(tmpdir(), "models-")), "models.json");
    writeFileSync(path, '{"default": "mock/script"}');

    expect(parseModels(path).default).toBe("mock/script");
    expect(() => parseModels(`${path}.gone`)).toThrow(/cannot be read from .*\.gone/);
  });

  it("knows the models of its providers, and only these", () => {
    const knows = (model: string) => configured().knows(model);

    expect(["lab/m1", "lab/any/thing", "mock/echo", "mock/script"].every(knows)).toBe(true);
    expect(["mock/gpt", "lab/", "lab", "", "/", "other/m1", "__proto__/x"].some(knows)).toBe(false);
  });

  it("refuses a call of a model that it does not know", async () => {
    expect((await failure(ask({ model: "other/m1" }))).code).toBe("MODEL_NOT_FOUND");
  });

  it("is refused with every fault named", () => {
    const document = {
      default: "lab/m1",
      unknown: 1,
      providers: {
        azure: { kind: "azure" },
        bedrock: { kind: "bedrock", region: "the moon" },
        claude: { kind: "anthropic" },
        none: {},
        "Bad Name": { kind: "mock" },
        plain: { kind: "openai-compatible", baseUrl: "https://x.example", apiKey: "sk-plain" },
        ftp: { kind: "openai-compatible", baseUrl: "ftp://x.example" },
        user: { kind: "openai-compatible", baseUrl: "https://a:b@x.example" },
        dear: {
          kind: "openai-compatible",
          baseUrl: "https://x.example",
          prices: { m: { input: -1, output: 1 } },
        },
        odd: { kind: "openai-compatible", baseUrl: "https://x.example", region: "eu" },
      },
    };

    let message = "";
    try {
      parseModels(JSON.stringify(document));
    } catch (error) {
      message = String(error);
    }

    expect(message).toContain(
      "providers.azure.kind must be bedrock, anthropic, openai-compatible or mock, not azure",
    );
    for (const path of [
      "unknown",
      "providers.bedrock.region",
      "providers.claude.apiKey",
      "providers.none",
      "providers.Bad Name",
      "providers.plain.apiKey",
      "providers.ftp.baseUrl",
      "providers.user.baseUrl",
      "providers.dear.prices.m.input",
      "providers.odd",
    ]) {
      expect(message).toContain(path);
    }
    expect(message).not.toContain("sk-plain");
    expect(message).not.toContain("a:b@");
  });

  it("is refused when its default is no model of it, or `mock` is something else", () => {
    const other = { kind: "openai-compatible", baseUrl: "https://x.example" };

    expect(() => parseModels('{"default": "lab/m1"}')).toThrow(/default .*lab\/m1/);
    expect(() => parseModels(JSON.stringify({ providers: { mock: other } }))).toThrow(
      /providers\.mock is always the mock provider/,
    );
  });

  it("is refused when it is not JSON, without repeating it", () => {
    expect(() => parseModels('{"apiKey": sk-s3cr3t}')).toThrow(/not JSON/);
    expect(() => parseModels('{"apiKey": sk-s3cr3t}')).not.toThrow(/s3cr3t/);
  });
});
