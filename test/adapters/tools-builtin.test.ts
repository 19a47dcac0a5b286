import { describe, expect, it } from "vitest";
import { tools } from "../../adapters/tools/tools.ts";
import { toolProblems } from "../../adapters/tools/validate-tool.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ToolConfig } from "../../core/ports/tools.ts";

const never = () => Promise.reject(new Error("is not called"));
const all = tools({
  secrets: { get: never, put: never, names: never, remove: never },
  evaluate: never,
  request: never,
  more: new Map([["shout", { description: "Loud.", run: (input) => `${JSON.stringify(input)}!` }]]),
});

function call(
  name: string,
  input: Json,
  signal = new AbortController().signal,
  kind: ToolConfig["kind"] = "builtin",
) {
  const tool = { name, kind, config: {} };
  return all.call(
    { tenant: "acme", tool, input, idempotencyKey: "k", attempt: 1, timeoutMs: 1_000 },
    signal,
  );
}
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof CallFailure ? error.code : String(error)),
  );

describe("a built-in tool", () => {
  it("is described, and there are those that the server adds", async () => {
    expect([...all.builtins.keys()]).toEqual(
      expect.arrayContaining(["echo", "extract_entities", "fail", "pad", "sleep", "summarize"]),
    );
    expect([...all.builtins.values()].every(({ description }) => description !== "")).toBe(true);
    expect(await call("shout", 1)).toBe("1!");
  });

  it("echo returns what it is given, with lone surrogates repaired", async () => {
    expect(await call("echo", { a: [1, null, "😀"] })).toEqual({ a: [1, null, "😀"] });
    expect(await call("echo", "\ud800")).toBe("\ufffd");
  });

  it("pad returns as many letters as it is asked for, within its bound", async () => {
    expect(await call("pad", {})).toEqual({ pad: "x".repeat(200) });
    expect(await call("pad", null)).toEqual({ pad: "x".repeat(200) });
    expect(await call("pad", { bytes: 3 })).toEqual({ pad: "xxx" });
    expect(await code(call("pad", { bytes: 100_001 }))).toBe("TOOL_INPUT_INVALID");
    expect(await code(call("pad", { bytes: -1 }))).toBe("TOOL_INPUT_INVALID");
  });

  it("sleep ends when it has slept, or when it is abandoned", async () => {
    const caller = new AbortController();
    const asleep = code(call("sleep", { ms: 60_000 }, caller.signal));
    caller.abort();

    expect(await call("sleep", { ms: 1 })).toEqual({ slept: 1 });
    expect(await asleep).toBe("ABORTED");
    expect(await code(call("sleep", { ms: 60_001 }))).toBe("TOOL_INPUT_INVALID");
    expect(await code(call("sleep", {}))).toBe("TOOL_INPUT_INVALID");
  });

  it("fail fails as it is told", async () => {
    const given = { code: "OUT_OF_STOCK", message: "None left.", retryable: true };

    await expect(call("fail", given)).rejects.toMatchObject(given);
    await expect(call("fail", {})).rejects.toMatchObject({ code: "FAILED", retryable: false });
    expect(await code(call("fail", { code: "lower case" }))).toBe("TOOL_INPUT_INVALID");
  });

  it("says which input it cannot take", async () => {
    await expect(call("summarize", { txt: "a" })).rejects.toMatchObject({
      code: "TOOL_INPUT_INVALID",
      retryable: false,
      message: "Tool summarize: input.text is required.",
    });
  });

  it("does not exist under another name, nor as a kind that does not run here", async () => {
    expect(await code(call("absent", {}))).toBe("TOOL_NOT_FOUND");
    expect(await code(call("x", {}, undefined, "lambda"))).toBe("TOOL_KIND_NOT_SUPPORTED");
  });
});

describe("summarize", () => {
  const summary = async (text: string) =>
    ((await call("summarize", { text })) as JsonObject)["summary"];

  it.each([
    ["", ""],
    ["One.", "One."],
    ["One. Two.", "One. Two."],
    ["One. Two. Three.", "One. Two. Three."],
    ["One. Two. Three. Four.", "One. Two. Four."],
    ["One. Two. Three. Four. Five.", "One. Three. Five."],
    ["One. Two. Three. Four. Five. Six.", "One. Four. Six."],
  ])("keeps of %j: %j", async (text, kept) => {
    expect(await summary(text)).toBe(kept);
  });

  it("tells how much it left out", async () => {
    expect(await call("summarize", "A first one. A second. A third. A fourth. The end.")).toEqual({
      summary: "A first one. A third. The end.",
      original_length: { characters: 50, words: 11 },
      summary_length: 30,
      compression_ratio: 0.6,
      agent_metadata: { agent: "summarize", sentences: 5, sentences_kept: 3 },
    });
  });
});

describe("extract_entities", () => {
  it("lists what it finds by kind, each once, and counts", async () => {
    const text =
      "Contact Ann Lee at ann.lee@example.com or +1 555-123-4567. See https://example.com/a?b=1. " +
      "Ann paid 1,250.50 on 2024-03-15 and 42 on March 5, 2025.";

    const output = (await call("extract_entities", { text })) as JsonObject;

    const lists = {
      emails: ["ann.lee@example.com"],
      urls: ["https://example.com/a?b=1"],
      phone_numbers: ["+1 555-123-4567"],
      numbers: ["1,250.50", "42"],
      capitalized_words: ["Contact", "Ann", "Lee", "See", "March"],
      dates: ["2024-03-15", "March 5, 2025"],
    };
    expect(output).toMatchObject(lists);
    expect(output["entities"]).toEqual(lists);
    expect(output["entity_counts"]).toEqual({
      emails: 1,
      urls: 1,
      phone_numbers: 1,
      numbers: 2,
      capitalized_words: 5,
      dates: 2,
    });
    expect(output["total_entities"]).toBe(12);
    expect(output["text_stats"]).toEqual({
      character_count: text.length,
      word_count: 21,
      sentence_count: 7,
    });
  });

  it.each([
    ["phone_numbers", "call (555) 123-4567, 555.123.4567 or +442071838750", 3],
    ["dates", "on 1/2/2024, 15.03.2024, 2024/01/02, 5 May 2024 and Jan 3rd", 5],
    ["numbers", "3 apples, -4.5 degrees, 10 people", 3],
    ["emails", "a@b.co, a+b@sub.example.org; not@this, @that", 2],
    ["urls", "www.example.org (http://a.example/x) ftp://no", 2],
    ["capitalized_words", "Émile met IBM in Zürich", 3],
  ])("finds %s in %j", async (kind, text, count) => {
    const output = (await call("extract_entities", text)) as JsonObject;

    expect((output[kind] as Json[]).length).toBe(count);
  });

  it("finds nothing in nothing", async () => {
    expect(await call("extract_entities", "")).toMatchObject({
      total_entities: 0,
      text_stats: { character_count: 0, word_count: 0, sentence_count: 0 },
    });
  });

  it.each(["a", "1", "1,", "a@", "A", "+1-", "1.1", "(1", "a.", "1 "])(
    "is not held up by a hundred thousand times %j",
    async (part) => {
      expect(await call("extract_entities", part.repeat(100_000))).toHaveProperty("total_entities");
    },
  );
});

describe("a tool's document", () => {
  const http = (config: JsonObject, more: JsonObject = {}) =>
    toolProblems({ name: "pay", kind: "http", config, ...more });
  const url = "https://api.example/pay";

  it("is fine", () => {
    const headers = { authorization: { $secret: "key" }, "x-a": "{% $with.a %}", "x-n": 1 };
    const config = {
      url: `${url}/{% $with.id %}`,
      method: "put",
      headers,
      body: { a: "{% $with %}" },
    };

    expect(http(config, { inputSchema: { type: "object" }, outputSchema: true })).toEqual([]);
    expect(toolProblems({ name: "echo", kind: "builtin" })).toEqual([]);
    expect(toolProblems({ name: "shout", kind: "builtin" }, all.builtins)).toEqual([]);
  });

  it.each(["stepfunctions", "mcp"])("of kind %s is refused by name", (kind) => {
    expect(toolProblems({ kind, config: {} })).toEqual([
      expect.objectContaining({ path: "kind", code: "TOOL_KIND_NOT_SUPPORTED" }),
    ]);
  });

  it.each<[JsonObject, string | undefined]>([
    [{}, undefined],
    [{ lease: "PT1S" }, undefined],
    [{ lease: "PT12H" }, undefined],
    [{ lease: "PT0.9S" }, "LEASE_INVALID"],
    [{ lease: "PT12H1S" }, "LEASE_INVALID"],
    [{ lease: 30 }, "LEASE_INVALID"],
    [{ url: "https://api.example/" }, "UNKNOWN_FIELD"],
  ])("of kind worker has a lease to configure and nothing else: %j", (config, fault) => {
    expect(toolProblems({ kind: "worker", config }).map((found) => found.code)).toEqual(
      fault === undefined ? [] : [fault],
    );
  });

  it.each<[string, string, JsonObject]>([
    ["config.url", "URL_REQUIRED", {}],
    ["config.url", "URL_REQUIRED", { url: { $secret: "url" } }],
    ["config.url", "URL_INVALID", { url: "api.example/pay" }],
    ["config.url", "URL_SCHEME", { url: "file:///etc/passwd" }],
    ["config.url", "URL_CREDENTIALS", { url: "https://a:b@api.example/" }],
    ["config.url", "URL_ORIGIN_NOT_LITERAL", { url: "{% $with.url %}" }],
    ["config.url", "URL_ORIGIN_NOT_LITERAL", { url: "https://api.example{% $with.path %}" }],
    ["config.method", "METHOD_UNKNOWN", { url, method: "TRACE" }],
    ["config.method", "METHOD_UNKNOWN", { url, method: "{% $with.method %}" }],
    ["config.body", "BODY_NOT_ALLOWED", { url, method: "GET", body: 1 }],
    ["config.retries", "UNKNOWN_FIELD", { url, retries: 3 }],
    ["config.headers", "HEADERS_INVALID", { url, headers: [] }],
    ["config.headers.a b", "HEADER_INVALID", { url, headers: { "a b": "c" } }],
    ["config.headers.a", "HEADER_INVALID", { url, headers: { a: "b\r\nc: d" } }],
    ["config.headers.a", "HEADER_INVALID", { url, headers: { a: ["b"] } }],
    ["config.headers.Host", "HEADER_RESERVED", { url, headers: { Host: "internal" } }],
    [
      "config.headers.Idempotency-Key",
      "HEADER_RESERVED",
      { url, headers: { "Idempotency-Key": "1" } },
    ],
    ["config.body.a", "SECRET_INVALID", { url, body: { a: { $secret: "k", b: 1 } } }],
    ["config.body.a[0]", "SECRET_INVALID", { url, body: { a: [{ $secret: 1 }] } }],
    ["config.body", "SECRET_INVALID", { url, body: { $secret: "{% $with.name %}" } }],
  ])("is refused at %s with %s", (path, problem, config) => {
    expect(http(config)).toContainEqual(expect.objectContaining({ path, code: problem }));
  });

  it("is refused with every fault at once, those of its schemas too", () => {
    const found = http(
      { url: "nowhere", method: "FETCH" },
      { inputSchema: { type: "strnig" }, outputSchema: { pattern: "(?=a)" } },
    );

    expect(found.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "config.url",
        "config.method",
        "inputSchema.type",
        "outputSchema.pattern",
      ]),
    );
  });

  it("is refused when there is no such kind, configuration or built-in tool", () => {
    const codes = (tool: JsonObject) => toolProblems(tool).map((found) => found.code);

    expect(codes({ kind: "ftp" })).toEqual(["TOOL_KIND_UNKNOWN"]);
    expect(codes({ kind: "http", config: [] })).toEqual(["CONFIG_INVALID"]);
    expect(codes({ kind: "builtin", name: "absent" })).toEqual(["BUILTIN_UNKNOWN"]);
    expect(codes({ kind: "builtin", name: "echo", config: { a: 1 } })).toEqual(["UNKNOWN_FIELD"]);
  });
});
