import { describe, expect, test } from "vitest";
import { door } from "./door.ts";

const send = (raw: string | Uint8Array, headers = {}) =>
  door().ask("POST /v1/runs", { raw, headers: { "content-type": "application/json", ...headers } });

/** A run whose input is the text: everything that is JSON is taken as it is. */
const input = (text: string) => send(`{"workflow":"refund","input":${text}}`);

describe("a body that is not JSON", () => {
  test.each([
    [" ", 1, 2],
    ["{", 1, 2],
    ["{]", 1, 2],
    ['{"workflow":"a",}', 1, 17],
    ['{"workflow" "a"}', 1, 13],
    ['{"workflow":"a"}{}', 1, 17],
    ['{\n  "workflow": "a",\n  "input": tru\n}', 3, 12],
    ['{"workflow":"a\nb"}', 1, 15],
    ['{"workflow":"a\\x"}', 1, 15],
    ['{"workflow":"a\\u12"}', 1, 15],
    ['{"workflow":"a', 1, 15],
    ["[1,]", 1, 4],
    ["[1 2]", 1, 4],
    ["[01]", 1, 3],
    ["[+1]", 1, 2],
    ["[.5]", 1, 2],
    ["[1.]", 1, 3],
    ["[1e]", 1, 3],
    ["[0x1F]", 1, 3],
    ["[-]", 1, 2],
    ["[NaN]", 1, 2],
    ["[Infinity]", 1, 2],
    ["[True]", 1, 2],
    ["[nul]", 1, 2],
    ["['a']", 1, 2],
    ["{a:1}", 1, 2],
    ['{"a":1 // x\n}', 1, 8],
    ["[1]]", 1, 4],
    ["]", 1, 1],
    ["undefined", 1, 1],
    ["[\u00a01]", 1, 2],
    ["[\f1]", 1, 2],
    ["[1\u0000]", 1, 3],
    ["\u0000", 1, 1],
    ["<html>", 1, 1],
  ])("is 400 with the place: %j", async (raw, line, column) => {
    const answer = await send(raw);

    expect(answer.status).toBe(400);
    expect(answer.json["code"]).toBe("INVALID_JSON");
    expect(answer.json).toMatchObject({ line, column });
  });

  test.each([
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
    ["an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["latin-1", [0x22, 0xe9, 0x22]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])("is 400 when it is not UTF-8: %s", async (_, bytes) => {
    const answer = await send(Uint8Array.from(bytes));

    expect(answer.status).toBe(400);
    expect(answer.json["code"]).toBe("INVALID_JSON");
  });

  test("is 400 when there is none", async () => {
    expect((await send("")).json).toMatchObject({ status: 400, code: "INVALID_JSON" });
  });

  test("is located even when it is a megabyte of one string", async () => {
    const answer = await send(`{"workflow":"${"\\u0041".repeat(170_000)}`);

    expect(answer.json["code"]).toBe("INVALID_JSON");
  });
});

describe("a body that is JSON", () => {
  test.each([
    "null",
    "[]",
    '""',
    "-0",
    "1e-999",
    '"\\u0000"',
    '"\\ud800"',
    '"\u2028"',
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"a":1,"a":2}',
    '{"":0}',
    '"\\\\"',
    '"\\""',
    '"[[[[{{{{"',
    " \t\r\n[ ] ",
  ])("is taken as it is: %s", async (text) => {
    const answer = await input(text);

    expect(answer.status).toBe(201);
    expect(JSON.stringify(answer.json["input"])).toBe(JSON.stringify(JSON.parse(text)));
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
  });

  test("may have a byte order mark, no content type, or a charset", async () => {
    expect((await send('\uFEFF{"workflow":"refund"}')).status).toBe(201);
    expect((await send('{"workflow":"refund"}', { "content-type": undefined })).status).toBe(201);
    for (const type of [
      "application/json; charset=UTF-8",
      "Application/JSON",
      "application/x+json",
    ]) {
      expect((await send('{"workflow":"refund"}', { "content-type": type })).status).toBe(201);
    }
  });

  test.each([
    [{ "content-type": "text/plain" }],
    [{ "content-type": "application/x-www-form-urlencoded" }],
    [{ "content-type": "application/json; charset=utf-16" }],
    [{ "content-type": "multipart/form-data; boundary=x" }],
    [{ "content-type": "" }],
    [{ "content-encoding": "gzip" }],
  ])("under another type is 415: %j", async (headers) => {
    const answer = await send('{"workflow":"refund"}', headers);

    expect(answer.status).toBe(415);
    expect(answer.json["code"]).toBe("UNSUPPORTED_MEDIA_TYPE");
  });

  test("is taken 64 levels deep and refused 65 deep, before anything recursive reads it", async () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

    expect((await input(nested(63))).status).toBe(201);
    const answer = await input(nested(64));
    expect(answer.json["code"]).toBe("JSON_TOO_DEEP");
    for (const raw of [nested(500_000), "[".repeat(500_000), '{"a":'.repeat(200_000)]) {
      expect((await send(raw)).json["code"]).toBe("JSON_TOO_DEEP");
    }
  });

  test("is 413 from one byte over a megabyte, or when the door stopped reading", async () => {
    const of = (bytes: number) => `{"workflow":"refund","input":"${"x".repeat(bytes - 32)}"}`;

    expect((await send(of(1024 * 1024))).status).toBe(201);
    expect((await send(of(1024 * 1024 + 1))).status).toBe(413);
    const { app } = door();
    const stopped = await app({
      method: "POST",
      path: "/v1/runs",
      query: "",
      headers: { authorization: "Bearer hf_admin" },
      body: undefined,
      bodyTooLarge: true,
    });
    expect(stopped.status).toBe(413);
  });
});

describe("a body with faults", () => {
  test("is 400 with one entry per fault, each with its path", async () => {
    const answer = await door().ask("POST /v1/runs", {
      body: { workflow: 7, version: 0, id: "a b", tags: { a: 1 }, nonsense: true, "odd key": 1 },
    });

    expect(answer.status).toBe(400);
    expect(answer.json["code"]).toBe("INVALID_REQUEST");
    const errors = answer.json["errors"] as { path: string; code: string }[];
    expect(errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "workflow INVALID_TYPE",
      "version TOO_SMALL",
      "id INVALID_FORMAT",
      "tags INVALID_VALUE",
      "nonsense UNKNOWN_FIELD",
      '["odd key"] UNKNOWN_FIELD',
    ]);
  });

  test.each(["[]", "null", "1", '"x"', "true"])("is 400 when it is no object: %s", async (raw) => {
    const answer = await send(raw);

    expect(answer.status).toBe(400);
    expect(answer.json["code"]).toBe("INVALID_REQUEST");
  });

  test.each([
    '{"workflow":"refund","__proto__":{"version":1}}',
    '{"workflow":"refund","constructor":1}',
    '{"workflow":"refund","tags":{"__proto__":"x"}}',
    '{"workflow":"refund","actor":{"kind":"a","id":"b","__proto__":1}}',
  ])("is 400 for names that mean something to JavaScript: %s", async (raw) => {
    const answer = await send(raw);

    expect(answer.status).toBe(400);
    expect(answer.json["code"]).toBe("INVALID_REQUEST");
  });

  test("says what is missing", async () => {
    const answer = await send("{}");

    expect(answer.json["errors"]).toMatchObject([{ path: "workflow", code: "REQUIRED" }]);
  });

  test("lists at most a hundred faults", async () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x${i}`, 1]));

    const answer = await door().ask("POST /v1/runs", { body });

    expect(answer.json["errors"]).toHaveLength(100);
  });

  test("never has a secret repeated in its answer or in the log", async () => {
    const { ask, log } = door();
    const value = { deep: "hunter2-hunter2" };

    const answer = await ask("PUT /v1/secrets/billing", { body: { value } });

    expect(answer.status).toBe(400);
    expect(String(answer.body) + JSON.stringify(log)).not.toContain("hunter2");
  });
});
