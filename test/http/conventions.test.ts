import { describe, expect, test } from "vitest";
import { Fault } from "../../core/ports/fault.ts";
import { door } from "./door.ts";
import { fakeAccess } from "./fake-access.ts";
import { fakeEngine } from "./fake-engine.ts";

const START = { body: { workflow: "refund" } };

describe("who asks", () => {
  test.each([
    ["no header", null, {}],
    ["an unknown key", "hf_wrong", {}],
    ["another scheme", null, { authorization: "Basic aGY6" }],
    ["two headers", null, { authorization: "Bearer hf_admin, Bearer hf_admin" }],
    ["a key with spaces", null, { authorization: "Bearer hf admin" }],
    ["a key that is too long", "x".repeat(513), {}],
  ])("is unknown by %s: 401 with a challenge", async (_, as, headers) => {
    const answer = await door().ask("GET /v1/runs", { as, headers });

    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="holdfast"/);
    expect(answer.json["code"]).toBe("UNAUTHENTICATED");
  });

  test.each([
    ["viewer", "GET /v1/runs", 200],
    ["viewer", "POST /v1/runs", 403],
    ["viewer", "GET /v1/secrets", 403],
    ["viewer", "POST /v1/tasks/task_1/decide", 403],
    ["approver", "GET /v1/tasks", 200],
    ["approver", "GET /v1/runs", 200],
    ["approver", "POST /v1/tasks/task_1/decide", 400],
    ["approver", "PUT /v1/tools/x", 403],
    ["worker", "GET /v1/runs", 403],
    ["worker", "GET /v1/tasks", 403],
    ["operator", "PUT /v1/tools/x", 400],
    ["operator", "GET /v1/secrets", 200],
    ["operator", "GET /v1/keys", 403],
    ["admin", "GET /v1/keys", 200],
    ["admin", "GET /v1/tenants", 403],
    ["platform", "GET /v1/tenants", 200],
    ["platform", "GET /v1/runs", 403],
  ])("as %s asking %s is answered %i", async (role, line, status) => {
    const answer = await door().ask(line, { as: `hf_${role}`, body: {} });

    expect(answer.status).toBe(status);
  });

  test("may only see what is of the own tenant: another's run is 404 on every route", async () => {
    const { ask } = door();
    await ask("POST /v1/runs", { body: { workflow: "refund", id: "run_mine" } });

    for (const line of ["GET", "GET /steps", "GET /events", "GET /ledger/verify"]) {
      const [method, rest = ""] = line.split(" ");
      const answer = await ask(`${method} /v1/runs/run_mine${rest}`, { as: "hf_other" });
      expect(answer.status).toBe(404);
    }
    for (const [action, body] of [
      ["cancel"],
      ["respond", 1],
      ["signals", { name: "x" }],
    ] as const) {
      const line = `POST /v1/runs/run_mine/${action}`;
      expect((await ask(line, { as: "hf_other", body })).status).toBe(404);
    }
    expect((await ask("GET /v1/runs", { as: "hf_other" })).json["data"]).toEqual([]);
  });
});

describe("every answer", () => {
  test("has the request's id, strict headers, and one line in the log", async () => {
    const { ask, log } = door();

    const answer = await ask("GET /v1/runs?limit=2", { headers: { "x-request-id": "mine 1" } });

    expect(answer.headers).toMatchObject({
      "x-request-id": "mine 1",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "access-control-allow-origin": "http://127.0.0.1:8787",
    });
    expect(log).toEqual([
      {
        message: "request",
        fields: {
          method: "GET",
          route: "/v1/runs",
          status: 200,
          ms: expect.any(Number),
          requestId: "mine 1",
          tenant: "acme",
          key: "key_admin",
          run: undefined,
        },
      },
    ]);
  });

  test.each(["", "x".repeat(129), "a\u0000b", "a\nb", "ü"])(
    "has an id of ours where the one sent cannot be kept: %j",
    async (sent) => {
      const answer = await door().ask("GET /healthz", { headers: { "x-request-id": sent } });

      expect(answer.headers["x-request-id"]).toBe("req_1");
    },
  );

  test("that is a refusal is a whole problem document (F17)", async () => {
    const answer = await door().ask("GET /v1/runs/run_9");

    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.json).toEqual({
      type: "/docs/errors#not_found",
      title: "There is no such thing",
      status: 404,
      detail: "There is no run run_9.",
      instance: "/v1/runs/run_9",
      code: "NOT_FOUND",
      errors: [],
      requestId: "req_1",
      retryable: false,
    });
  });

  test("over https tells browsers to stay there", async () => {
    const answer = await door({ publicUrl: "https://h.example/x" }).ask("GET /healthz");

    expect(answer.headers["strict-transport-security"]).toMatch(/max-age=\d+/);
    expect(answer.headers["access-control-allow-origin"]).toBe("https://h.example");
  });
});

describe("a path", () => {
  test.each([
    "/",
    "/v1",
    "/v1/",
    "/v1/runs/",
    "/v1/runs//steps",
    "/v1/runs/x/",
    "/v1/Runs",
    "//v1/runs",
    "/v1/hook",
    "/v1/runs/x/rewind",
    "*",
    "",
    "/v1/runs/x/../../keys",
  ])("that is not served is 404: %j", async (path) => {
    const answer = await door().ask(`GET ${path}`);

    expect(answer.status).toBe(404);
    expect(answer.json["code"]).toBe("NOT_FOUND");
  });

  test.each([
    "%00",
    "a%0Ab",
    "%F0%9F%98%80",
    "a%2Fb",
    "a%20b",
    "..%2f..",
    "x".repeat(200),
    "a#b",
    "-x",
  ])("with an id that cannot be is 404: %j", async (id) => {
    expect((await door().ask(`GET /v1/runs/${id}`)).status).toBe(404);
  });

  test.each(["%", "%zz", "%C3%28", "%ED%A0%80", "a%f"])(
    "with broken encoding is 400: %j",
    async (id) => {
      const answer = await door().ask(`GET /v1/runs/${id}`);

      expect(answer.status).toBe(400);
      expect(answer.json["code"]).toBe("INVALID_PATH");
    },
  );

  test("under which something would be made says what its name must be", async () => {
    const answer = await door().ask("PUT /v1/secrets/a%20b", { body: { value: "v" } });

    expect(answer.status).toBe(400);
    expect(answer.json["errors"]).toMatchObject([{ path: "name", code: "INVALID_FORMAT" }]);
  });

  test("has its methods: others are 405 with Allow, OPTIONS tells them", async () => {
    const { ask } = door();
    for (const method of ["DELETE", "PATCH", "TRACE", "CONNECT", "get", "", "FOO BAR"]) {
      const answer = await ask(`${method} /v1/runs`.replace("FOO BAR", "FOO"));
      expect(answer.status).toBe(405);
      expect(answer.headers["allow"]).toBe("GET, HEAD, OPTIONS, POST");
    }

    const options = await ask("OPTIONS /v1/runs/x", { as: null });
    expect(options).toMatchObject({
      status: 204,
      body: "",
      headers: { allow: "GET, HEAD, OPTIONS" },
    });
    expect((await ask("OPTIONS /v1/nothing")).status).toBe(404);
  });

  test("answers HEAD as GET, without the body", async () => {
    const { ask } = door();

    const get = await ask("GET /v1/runs");
    const head = await ask("HEAD /v1/runs");

    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.headers["content-length"]).toBe(String(Buffer.byteLength(String(get.body))));
    expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
  });
});

describe("a fault", () => {
  function broken(error: unknown) {
    const { engine } = fakeEngine();
    const get = async () => {
      throw error;
    };
    return door({ engine: { ...engine, runs: { ...engine.runs, get } } });
  }

  test("is 500 without its message, which is in the log under the request's id", async () => {
    const { ask, log } = broken(new Error("secret table acme#run#1 exploded"));

    const answer = await ask("GET /v1/runs/run_1");

    expect(answer.status).toBe(500);
    expect(answer.json).toMatchObject({ code: "INTERNAL", retryable: false });
    expect(String(answer.body)).not.toContain("exploded");
    expect(log[0]?.message).toBe("request failed");
    expect(log[0]?.fields["requestId"]).toBe("req_1");
    expect(String(log[0]?.fields["error"])).toContain("acme#run#1 exploded");
  });

  test("that passes is 503 with Retry-After", async () => {
    const { ask } = broken(new Fault("throttled", { retryable: true }));

    const answer = await ask("GET /v1/runs/run_1");

    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.json).toMatchObject({ code: "BUSY", retryable: true });
  });

  test.each([[new Fault("no", { retryable: false })], ["a text"], [undefined], [null]])(
    "of any other kind is 500: %s",
    async (error) => {
      expect((await broken(error).ask("GET /v1/runs/run_1")).status).toBe(500);
    },
  );

  test("while the key is looked up is an answer, too", async () => {
    const access = {
      ...fakeAccess(),
      authenticate: async () => {
        throw new Fault("the table is away", { retryable: true });
      },
    };

    expect((await door({ access }).ask("GET /v1/runs")).status).toBe(503);
  });
});

describe("the service's own routes", () => {
  test("need no key", async () => {
    const { ask } = door();

    expect((await ask("GET /healthz", { as: null })).json).toEqual({ status: "ok" });
    expect((await ask("GET /v1/version", { as: null })).json).toEqual({
      name: "holdfast",
      version: "0.1.0",
      api: "v1",
    });
    const openapi = await ask("GET /openapi.json", { as: null });
    expect(openapi.json["openapi"]).toBe("3.1.0");
  });

  test("say when the service cannot answer (H3)", async () => {
    const down = door({ health: async () => false });
    const broken = door({
      health: async () => {
        throw new Fault("the table is away", { retryable: true });
      },
    });

    expect((await down.ask("GET /healthz")).status).toBe(503);
    expect((await broken.ask("GET /healthz")).status).toBe(503);
  });

  test("refuse a limit with Retry-After and RateLimit", async () => {
    const answer = await door().ask("POST /v1/runs", { body: { workflow: "full" } });

    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ "retry-after": "5", ratelimit: '"tenant";r=0;t=5' });
    expect(answer.json["retryable"]).toBe(true);
  });

  test("give each of many requests at once an id of its own", async () => {
    const { ask } = door();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask("POST /v1/runs", START)),
    );

    expect(new Set(answers.map(({ headers }) => headers["x-request-id"])).size).toBe(50);
  });
});
