import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { models } from "../../adapters/models/models.ts";
import { parseModels } from "../../adapters/models/models-config.ts";
import { guardedRequest } from "../../adapters/net/guarded-request.ts";
import { compileSchema } from "../../adapters/tools/schema-check.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ModelRequest } from "../../core/ports/models.ts";
import { ROOT } from "../architecture/source.ts";
import { stubServer } from "./stub-server.ts";

let stub: Awaited<ReturnType<typeof stubServer>>;
beforeAll(async () => {
  stub = await stubServer();
});
afterAll(() => stub.close());

const KEY = "sk-s3cr3t-value";
const AWS = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
  AWS_SESSION_TOKEN: "session-1",
};
const SCHEMA = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };

type Kind = "anthropic" | "bedrock";
const NAMES = { anthropic: "claude-sonnet-4-5", bedrock: "amazon.nova-lite-v1:0" } as const;
/** Where the answer to a call of the model is asked for. */
const PATHS = {
  anthropic: "/v1/messages",
  bedrock: "/model/amazon.nova-lite-v1%3A0/converse",
} as const;

function ask(kind: Kind, more: Partial<ModelRequest> = {}, given: Given = {}) {
  const { provider = {}, env = { LAB_KEY: KEY, ...AWS }, signal } = given;
  const lab = {
    kind,
    baseUrl: kind === "anthropic" ? `${stub.origin}/v1` : stub.origin,
    ...(kind === "anthropic" ? { apiKey: { $env: "LAB_KEY" } } : { region: "eu-central-1" }),
    prices: { [NAMES[kind]]: { input: 3, output: 15 } },
    ...provider,
  };
  const config = parseModels(JSON.stringify({ providers: { lab } }));
  const configured = models(config, {
    env,
    request: (request) => guardedRequest({ ...request, allowLoopback: true }),
    checkObject(schema, value) {
      const compiled = compileSchema(schema);
      return "problems" in compiled ? compiled.problems : compiled.validate(value, "object");
    },
  });
  const request: ModelRequest = {
    model: `lab/${NAMES[kind]}`,
    messages: [{ role: "user", content: "Hello?" }],
    call: 1,
    ...more,
  };
  return configured.call(request, signal ?? new AbortController().signal);
}
type Given = { provider?: object; env?: Record<string, string>; signal?: AbortSignal };

/** As the two APIs answer: a text, and with an object as each of them gives one. */
function answer(kind: Kind, text: string, object?: Json): JsonObject {
  if (kind === "anthropic") {
    const said = object === undefined ? text : JSON.stringify(object);
    return {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: NAMES.anthropic,
      content: [{ type: "text", text: said }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 1_000, output_tokens: 200 },
    };
  }
  const use = { toolUse: { toolUseId: "t1", name: "json", input: object ?? null } };
  return {
    output: { message: { role: "assistant", content: [object === undefined ? { text } : use] } },
    stopReason: object === undefined ? "end_turn" : "tool_use",
    usage: { inputTokens: 1_000, outputTokens: 200, totalTokens: 1_200 },
    metrics: { latencyMs: 10 },
  };
}

async function failure(promise: Promise<unknown>): Promise<CallFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CallFailure) return error;
  throw new Error("did not fail as a call", { cause: error });
}

describe.each<Kind>(["anthropic", "bedrock"])("a model of %s", (kind) => {
  test("is asked once, with what the request says, and its answer has usage and cost", async () => {
    stub.json(answer(kind, "Good day."));
    const said = await ask(kind, { system: "Be brief.", temperature: 0.2, maxTokens: 99 });

    expect(said).toEqual({
      text: "Good day.",
      usage: { inputTokens: 1_000, outputTokens: 200, totalTokens: 1_200 },
      cost: 0.006,
      model: `lab/${NAMES[kind]}`,
      finishReason: "stop",
    });
    expect(stub.seen).toHaveLength(1);
    const [sent] = stub.seen;
    expect(sent).toMatchObject({ method: "POST", url: PATHS[kind] });
    const body = JSON.parse(sent?.body ?? "") as JsonObject;
    expect(JSON.stringify(body)).toContain("Hello?");
    expect(body).toMatchObject(
      kind === "anthropic"
        ? { model: NAMES.anthropic, max_tokens: 99, temperature: 0.2 }
        : { inferenceConfig: { maxTokens: 99, temperature: 0.2 }, system: [{ text: "Be brief." }] },
    );
  });

  test("gives an object that fits its schema, and fails with one that does not", async () => {
    stub.json(answer(kind, "", { n: 7 }));
    expect(await ask(kind, { schema: SCHEMA })).toMatchObject({ object: { n: 7 } });
    expect(stub.seen[0]?.body).toContain('"integer"');

    stub.json(answer(kind, "", { n: "seven" }));
    const error = await failure(ask(kind, { schema: SCHEMA }));
    expect(error).toMatchObject({ code: "MODEL_OUTPUT_INVALID", retryable: true });
    expect(error.message).toContain("object.n");
  });

  test.each([
    [429, "HTTP_429", true, 7_000],
    [500, "HTTP_500", true, 7_000],
    [529, "HTTP_529", true, 7_000],
    [400, "HTTP_400", false, 7_000],
    [403, "MODEL_AUTH", false, undefined],
  ])("that answers %i fails as %s, asked once", async (status, code, retryable, retryAfterMs) => {
    const said = { type: "error", error: { type: "x", message: "no" }, message: "no" };
    stub.json(said, status, { "retry-after": "7" });
    const error = await failure(ask(kind));

    expect(error).toMatchObject({ code, retryable, retryAfterMs });
    expect(stub.seen).toHaveLength(1);
  });

  test("whose answer is not one may be asked again", async () => {
    stub.answers({ headers: { "content-type": "text/html" }, body: "<p>proxy</p>" });

    expect(await failure(ask(kind))).toMatchObject({ code: "MODEL_FAILED", retryable: true });
  });

  test("is left when the call is abandoned", async () => {
    stub.answers("hang");
    const abort = new AbortController();
    const asked = failure(ask(kind, {}, { signal: abort.signal }));
    await stub.arrived();
    abort.abort();

    expect(await asked).toMatchObject({ code: "ABORTED", retryable: true });
  });
});

describe("a model of anthropic", () => {
  test("is asked with its key, which no error repeats", async () => {
    stub.json({ type: "error", error: { type: "x", message: `bad ${KEY}` } }, 400);
    const error = await failure(ask("anthropic"));

    expect(stub.seen[0]?.headers).toMatchObject({ "x-api-key": KEY });
    expect(error.message).toContain("[key]");
    expect(error.message).not.toContain(KEY);
  });

  test("needs its key", async () => {
    expect(await failure(ask("anthropic", {}, { env: {} }))).toMatchObject({ code: "MODEL_AUTH" });
    const keyless = JSON.stringify({ providers: { a: { kind: "anthropic" } } });
    expect(() => parseModels(keyless)).toThrow("providers.a.apiKey");
  });
});

describe("a model of bedrock", () => {
  test("is asked with a signature by the credentials of the process", async () => {
    stub.json(answer("bedrock", "ok"));
    await ask("bedrock");

    const { authorization, ...headers } = stub.seen[0]?.headers ?? {};
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request/,
    );
    expect(headers["x-amz-security-token"]).toBe(AWS.AWS_SESSION_TOKEN);
  });

  test("is asked with its own key where one is configured", async () => {
    stub.json(answer("bedrock", "ok"));
    await ask("bedrock", {}, { provider: { apiKey: { $env: "LAB_KEY" } } });

    expect(stub.seen[0]?.headers["authorization"]).toBe(`Bearer ${KEY}`);
  });

  test("is not asked without either", async () => {
    stub.json(answer("bedrock", "ok"));
    const error = await failure(ask("bedrock", {}, { env: { LAB_KEY: KEY } }));

    expect(error).toMatchObject({ code: "MODEL_AUTH", retryable: false });
    expect(stub.seen).toEqual([]);
  });

  test("has a region, and no other fields than it knows", () => {
    const faulty = (provider: object) =>
      JSON.stringify({ providers: { b: { kind: "bedrock", ...provider } } });

    expect(() => parseModels(faulty({}))).toThrow("providers.b.region");
    expect(() => parseModels(faulty({ region: "moon" }))).toThrow("providers.b.region");
    expect(() => parseModels(faulty({ region: "eu-central-1", profile: "x" }))).toThrow("profile");
  });
});

test("A process that only knows models has loaded no provider", () => {
  const script = `
    const { registerHooks } = await import("node:module");
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { models } = await import("./adapters/models/models.ts");
    const { parseModels } = await import("./adapters/models/models-config.ts");
    const providers = {
      b: { kind: "bedrock", region: "eu-central-1" },
      a: { kind: "anthropic", apiKey: { $env: "KEY" } },
    };
    const known = models(parseModels(JSON.stringify({ providers })), { env: {} });
    const sdks = loaded.filter((url) => /node_modules.(ai|@ai-sdk)./.test(url));
    const knows = [known.knows("b/x"), known.knows("a/x"), known.knows("c/x")];
    console.log(JSON.stringify([loaded.length > 5, knows, sdks]));
  `;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });

  expect(JSON.parse(ran.stdout || JSON.stringify(ran.stderr))).toEqual([
    true,
    [true, true, false],
    [],
  ]);
});
