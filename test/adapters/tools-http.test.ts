import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guardedRequest } from "../../adapters/net/guarded-request.ts";
import type { Evaluate } from "../../adapters/tools/http-tool.ts";
import { tools } from "../../adapters/tools/tools.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { compileTemplate, evaluateTemplate } from "../../core/kernel/template.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import { stubServer } from "./stub-server.ts";

let stub: Awaited<ReturnType<typeof stubServer>>;
beforeAll(async () => {
  stub = await stubServer();
});
afterAll(() => stub.close());

const stored = new Map([
  ["acme/key", "Bearer s3cr3t-{% $with %}"],
  ["acme/newline", "s3cr3t-value\n"],
  ["acme/broken", "s3cr3t\r\nx-evil: 1"],
  ["acme/regex", "$&$1-s3cr3t"],
]);
const secrets = {
  get: (tenant: string, name: string) => Promise.resolve(stored.get(`${tenant}/${name}`)),
  names: () => Promise.resolve([]),
  put: () => Promise.resolve(),
  remove: () => Promise.resolve(false),
};
const evaluate: Evaluate = async (template, roots) => {
  const compiled = compileTemplate(template, "config", []);
  return (
    (await evaluateTemplate(compiled, { roots, step: () => undefined, nodes: [], now: 0 })) ?? null
  );
};
const all = tools({
  secrets,
  evaluate,
  request: (request) => guardedRequest({ ...request, allowLoopback: true }),
});

function call(config: JsonObject, input: Json = {}, more: Partial<ToolCall> = {}) {
  const tool = { name: "pay", kind: "http" as const, config };
  const signal = new AbortController().signal;
  return all.call(
    { tenant: "acme", tool, input, idempotencyKey: "key-1", attempt: 1, timeoutMs: 5_000, ...more },
    signal,
  );
}
async function failure(promise: Promise<unknown>): Promise<CallFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CallFailure)) throw new Error("did not fail as a call", { cause: error });
  return error;
}

describe("an http tool", () => {
  it("posts its input as JSON with its idempotency key", async () => {
    stub.json({ ok: true });

    const output = await call({ url: `${stub.origin}/pay` }, { amount: 5 });

    expect(output).toEqual({ ok: true });
    expect(stub.seen).toHaveLength(1);
    expect(stub.seen[0]).toMatchObject({
      method: "POST",
      url: "/pay",
      body: '{"amount":5}',
      headers: {
        "content-type": "application/json",
        "idempotency-key": "key-1",
        "user-agent": "holdfast",
        "accept-encoding": "identity",
      },
    });
  });

  it("fills templates in path, query, headers and body, and keeps their types", async () => {
    stub.json({});

    await call(
      {
        url: `${stub.origin}/orders/{% $with.id %}?q={% $encodeUrlComponent($with.q) %}`,
        method: "put",
        headers: { "X-Who": "{% $with.who %}", "x-none": "{% $with.none %}" },
        body: { whole: "{% $with %}", n: "{% $with.id + 1 %}", literal: true },
      },
      { id: 7, q: "a&b", who: "ann" },
    );

    expect(stub.seen[0]).toMatchObject({
      method: "PUT",
      url: "/orders/7?q=a%26b",
      headers: { "x-who": "ann" },
    });
    expect(stub.seen[0]?.headers).not.toHaveProperty("x-none");
    expect(JSON.parse(stub.seen[0]?.body ?? "")).toEqual({
      whole: { id: 7, q: "a&b", who: "ann" },
      n: 8,
      literal: true,
    });
  });

  it("has no body for GET and HEAD, and one for DELETE only if configured", async () => {
    stub.json({});

    for (const method of ["GET", "HEAD", "DELETE"]) {
      await call({ url: `${stub.origin}/x`, method }, { a: 1 });
    }
    await call({ url: `${stub.origin}/x`, method: "DELETE", body: "{% $with %}" }, { a: 1 });

    expect(stub.seen.map(({ method, body }) => [method, body])).toEqual([
      ["GET", ""],
      ["HEAD", ""],
      ["DELETE", ""],
      ["DELETE", '{"a":1}'],
    ]);
    expect(stub.seen[0]?.headers).not.toHaveProperty("content-type");
  });

  it("sends a text as it is when the configuration names another content type", async () => {
    stub.json({});
    const headers = { "content-type": "text/csv" };

    await call({ url: `${stub.origin}/x`, headers, body: "a,{% $with.b %}" }, { b: 2 });

    expect(stub.seen[0]).toMatchObject({ body: "a,2", headers });
  });

  it.each<[string, Record<string, string>, string | Buffer, Json]>([
    ["JSON", { "content-type": "application/json; charset=utf-8" }, "[1]", [1]],
    ["a JSON dialect", { "content-type": "application/problem+json" }, '{"a":1}', { a: 1 }],
    ["JSON of no declared type", {}, "42", 42],
    ["JSON's null", { "content-type": "application/json" }, "null", null],
    ["an empty text", { "content-type": "application/json" }, '""', ""],
    ["nothing", { "content-type": "application/json" }, "", null],
    ["blanks", {}, " \n", null],
    ["text", { "content-type": "text/plain" }, "42", { text: "42" }],
    ["broken JSON", { "content-type": "application/json" }, "{oops", { text: "{oops" }],
    ["a byte order mark", {}, "\ufeff[1]", [1]],
    [
      "another charset",
      { "content-type": "text/plain; charset=iso-8859-1" },
      Buffer.from([0xe9]),
      { text: "é" },
    ],
    ["an unknown charset", { "content-type": "text/plain; charset=no" }, "a", { text: "a" }],
    ["bytes", { "content-type": "image/png" }, Buffer.from([0xff]), { text: "\ufffd" }],
    ["a lone surrogate", {}, '["\\ud800", {"\\udc00": 1}]', ["\ufffd", { "\ufffd": 1 }]],
    ["a large number", {}, "9007199254740993", 9007199254740992],
  ])("takes %s", async (_what, headers, body, output) => {
    stub.answers({ headers, body });

    expect(await call({ url: stub.origin })).toEqual(output);
  });

  it("keeps a member named __proto__ as a member, and nothing else changes", async () => {
    stub.answers({ body: '{"__proto__": {"polluted": true}}' });

    const output = (await call({ url: stub.origin })) as JsonObject;

    expect(Object.keys(output)).toEqual(["__proto__"]);
    expect(output["polluted"]).toBeUndefined();
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });

  it.each([
    ["a number beyond all numbers", "[1e999]"],
    ["nesting without end", "[".repeat(100_000) + "]".repeat(100_000)],
  ])("refuses %s", async (_what, body) => {
    stub.answers({ body });

    const { code, retryable } = await failure(call({ url: stub.origin }));

    expect([code, retryable]).toEqual(["RESPONSE_INVALID", false]);
  });

  it.each([
    [302, 1, false],
    [400, 1, false],
    [401, 1, false],
    [404, 1, false],
    [408, 1, true],
    [409, 1, false],
    [409, 2, true],
    [422, 2, false],
    [425, 1, true],
    [429, 1, true],
    [500, 1, true],
    [501, 1, true],
    [503, 1, true],
  ])("fails as HTTP_%i on attempt %i, retryable: %s", async (status, attempt, retryable) => {
    stub.answers({ status, body: "no", headers: { location: "http://169.254.169.254/" } });

    const failed = await failure(call({ url: stub.origin }, {}, { attempt }));

    expect([failed.code, failed.retryable]).toEqual([`HTTP_${status}`, retryable]);
    expect(failed.message).toContain("no");
    expect(stub.seen).toHaveLength(1);
  });

  it.each([
    ["7", 7_000],
    ["0.5", 500],
    ["999999999", 86_400_000],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
  ])("honours Retry-After: %s", async (header, ms) => {
    stub.answers({ status: 503, headers: { "retry-after": header } });

    expect((await failure(call({ url: stub.origin }))).retryAfterMs).toBe(ms);
  });

  it("honours a Retry-After that is a date", async () => {
    const header = new Date(Date.now() + 60_000).toUTCString();
    stub.answers({ status: 429, headers: { "retry-after": header } });

    const { retryAfterMs } = await failure(call({ url: stub.origin }));

    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it("quotes no more than five hundred characters of a failing answer", async () => {
    stub.answers({ status: 400, body: `${"x".repeat(499)}😀${"z".repeat(100_000)}` });

    const { message } = await failure(call({ url: stub.origin }));

    expect(message.length).toBeLessThan(600);
    expect(message.isWellFormed()).toBe(true);
    expect(message).not.toContain("z");
  });

  it("times out, and ends when it is abandoned", async () => {
    stub.answers("hang");
    const caller = new AbortController();

    const late = await failure(call({ url: stub.origin }, {}, { timeoutMs: 50 }));
    const arrived = stub.arrived();
    const tool = { name: "pay", kind: "http" as const, config: { url: stub.origin } };
    const abandoned = failure(
      all.call(
        { tenant: "acme", tool, input: {}, idempotencyKey: "k", attempt: 1, timeoutMs: 5_000 },
        caller.signal,
      ),
    );
    await arrived;
    caller.abort();

    expect([late.code, late.retryable]).toEqual(["TIMEOUT", true]);
    expect((await abandoned).code).toBe("ABORTED");
  });
});

describe("the address of an http tool", () => {
  it("cannot be moved by its input", async () => {
    stub.json({});
    const hostile = [
      "../../admin",
      "..%2f..%2f/../../admin",
      "/../../../admin",
      "\\..\\..\\admin",
      "..\\..\\admin",
      ".\t./.\t./admin",
    ];

    for (const path of hostile) {
      const failed = failure(call({ url: `${stub.origin}/public/files/{% $with %}` }, path));
      expect((await failed).code).toBe("TARGET_REFUSED");
    }
    expect(stub.seen).toEqual([]);
  });

  it("stays where its literal part says, whatever looks like another host", async () => {
    stub.json({});

    for (const path of [
      "@evil.example/",
      "/evil.example/",
      "http://evil.example/",
      "%2e/x",
      "#x",
    ]) {
      await call({ url: `${stub.origin}/go/{% $with %}` }, path);
    }

    expect(stub.seen).toHaveLength(5);
    expect(stub.seen.every(({ url }) => url.startsWith("/go/"))).toBe(true);
  });

  it.each([
    "{% $with.url %}",
    "https://{% $with.host %}/",
    "https://api.example{% $with.path %}",
    "https://api.example:{% $with.port %}/",
    "https://api.example?x={% $with.x %}",
    "https://user:pass@api.example/",
    "ftp://api.example/",
    "/relative",
  ])("is refused unless its origin is literal: %s", async (url) => {
    const { code, retryable } = await failure(call({ url }, { url: stub.origin }));

    expect([code, retryable]).toEqual(["TOOL_CONFIG_INVALID", false]);
  });

  it("is refused when it is private", async () => {
    const { code } = await failure(call({ url: "http://169.254.169.254/latest/meta-data/" }));

    expect(code).toBe("TARGET_REFUSED");
  });
});

describe("a secret of an http tool", () => {
  const key = { $secret: "key" };
  const value = "Bearer s3cr3t-{% $with %}";

  it("is sent as it is, in headers and in the body, and never read as a template", async () => {
    stub.json({});

    await call(
      { url: stub.origin, headers: { authorization: key }, body: { a: [key], b: "{% $with.b %}" } },
      { b: 2 },
    );

    expect(stub.seen[0]?.headers.authorization).toBe(value);
    expect(JSON.parse(stub.seen[0]?.body ?? "")).toEqual({ a: [value], b: 2 });
  });

  it("is not given to a marker that comes from the input", async () => {
    stub.json({});

    await call({ url: stub.origin, body: { a: "{% $with %}", b: key } }, { $secret: "key" });

    expect(JSON.parse(stub.seen[0]?.body ?? "")).toEqual({ a: { $secret: "key" }, b: value });
  });

  it("loses the line break that a file left at its end", async () => {
    stub.json({});

    await call({ url: stub.origin, headers: { "x-key": { $secret: "newline" } } });

    expect(stub.seen[0]?.headers["x-key"]).toBe("s3cr3t-value");
  });

  it("that is missing is named, and nothing is sent", async () => {
    stub.json({});

    const failed = await failure(call({ url: stub.origin, headers: { a: { $secret: "gone" } } }));
    const others = await failure(
      call({ url: stub.origin, headers: { a: key } }, {}, { tenant: "other" }),
    );

    expect([failed.code, failed.retryable]).toEqual(["SECRET_NOT_FOUND", false]);
    expect(failed.message).toContain("gone");
    expect(others.code).toBe("SECRET_NOT_FOUND");
    expect(stub.seen).toEqual([]);
  });

  it("appears in no error, even if the other side repeats it", async () => {
    const config = { url: stub.origin, headers: { authorization: key, r: { $secret: "regex" } } };
    stub.answers(({ headers }) => ({
      status: 500,
      body: `bad ${headers.authorization} ${JSON.stringify(headers)} ${String(headers["r"])}`,
    }));

    const repeated = await failure(call(config));
    const broken = await failure(
      call({ url: stub.origin, headers: { authorization: { $secret: "broken" } } }),
    );
    const closed = await failure(call({ ...config, url: "http://127.0.0.1:1/" }));

    expect(repeated.code).toBe("HTTP_500");
    expect(repeated.message).toContain("[secret key]");
    for (const error of [repeated, broken, closed]) {
      expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain("s3cr3t");
    }
    expect(broken.code).toBe("REQUEST_INVALID");
  });

  it("appears in no output, even if the other side repeats it", async () => {
    stub.answers(({ headers }) => ({
      body: JSON.stringify({
        headers,
        [String(headers.authorization)]: encodeURIComponent(String(headers.authorization)),
        base64: Buffer.from(String(headers.authorization)).toString("base64"),
      }),
    }));

    const output = await call({ url: stub.origin, headers: { authorization: key } });

    expect(output).toMatchObject({
      headers: { authorization: "[secret key]" },
      "[secret key]": "[secret key]",
      base64: "[secret key]",
    });
  });
});

describe("a template of an http tool", () => {
  it("that fails, fails the call for good, and says why", async () => {
    stub.json({});

    const failed = await failure(call({ url: stub.origin, body: "{% $with.a * 'x' %}" }, { a: 1 }));

    expect([failed.code, failed.retryable]).toEqual(["EXPRESSION_ERROR", false]);
    expect(stub.seen).toEqual([]);
  });

  it("that yields a line break or an object cannot become a header", async () => {
    stub.json({});

    for (const input of ["a\r\nx-evil: 1", { a: 1 }]) {
      const config = { url: stub.origin, headers: { "x-own": "{% $with.own %}" } };
      expect((await failure(call(config, { own: input }))).code).toBe("REQUEST_INVALID");
    }
    expect(stub.seen).toEqual([]);
  });
});
