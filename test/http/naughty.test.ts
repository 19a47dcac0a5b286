import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ROUTES } from "../../adapters/http/route-table.ts";
import { door } from "./door.ts";

/** Texts that have broken somebody: encodings, injections, formats, sizes, names with meaning. */
const NAUGHTY = [
  "",
  " ",
  "undefined",
  "null",
  "NaN",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "then",
  "0",
  "-1",
  "1e999",
  "0x7f",
  "9007199254740993",
  "../../etc/passwd",
  "..%2f..%2f",
  "%00",
  "%",
  "%zz",
  "\u0000",
  "\u0007\u001b[31m",
  "\r\nX-Injected: 1",
  "\u202Egpj.exe",
  "\uFEFF",
  "\uFFFE",
  "\uD800",
  "😀👩‍👩‍👧‍👦",
  "Z̷̡̛a̴l̸g̷o̶",
  "田中さんにあげて下さい",
  "ÅÍÎÏ˝ÓÔ",
  "' OR 1=1 --",
  '"; DROP TABLE runs; --',
  "<script>alert(1)</script>",
  "{{7*7}}${7*7}{% 7*7 %}",
  "$(touch /tmp/x)`id`",
  "javascript:alert(1)",
  "CON",
  "#run#x",
  "a|b&c=d;e",
  "x".repeat(10_000),
];

const raw = fc.oneof(
  fc.constantFrom(...NAUGHTY),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 100 }),
);
const encoded = raw.map((text) => encodeURIComponent(text.toWellFormed()));
const text = fc.oneof(raw, encoded);
const role = fc.constantFrom("hf_admin", "hf_platform", "hf_viewer", null);
const HEADERS = [
  "authorization",
  "x-request-id",
  "idempotency-key",
  "content-type",
  "content-encoding",
  "accept",
  "origin",
  "host",
  "sec-fetch-site",
  "user-agent",
];

const methods = fc.constantFrom("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH");
const paths = fc
  .constantFrom(...new Set(ROUTES.map(({ path }) => path)))
  .chain((path) => text.map((id) => path.replace(/\{\w+\}/g, () => id.replaceAll("?", ""))));
const queries = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom("limit", "cursor", "status", "wait", "after", "format"), text),
      text,
    ),
    {
      maxLength: 3,
    },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));
const headers = fc.dictionary(fc.constantFrom(...HEADERS), text, { maxKeys: 4 });
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  text,
  fc.json({ maxDepth: 8 }),
  fc
    .dictionary(
      fc.constantFrom("name", "workflow", "id", "key", "decision", "value", "tags", "kind"),
      text,
    )
    .map((o) => JSON.stringify(o)),
);

describe("whatever is sent", () => {
  test("is answered below 500, in the documented form, with one line of log and no injection", async () => {
    const { ask, log } = door();
    await fc.assert(
      fc.asyncProperty(methods, paths, queries, headers, bodies, role, async (...sent) => {
        const [method, path, query, given, body, as] = sent;
        const before = log.length;

        const answer = await ask(`${method} ${path}${query && `?${query}`}`, {
          as,
          headers: given,
          raw: body,
        });

        expect(answer.status).toBeLessThan(500);
        expect(log.length).toBe(before + 1);
        for (const value of Object.values(answer.headers)) {
          expect(value).toMatch(/^[\x20-\x7e]*$/);
        }
        const isProblem = answer.headers["content-type"] === "application/problem+json";
        const code = isProblem && method !== "HEAD" ? answer.json["code"] : "NONE";
        expect(code).toMatch(/^[A-Z_]+$/);
      }),
      { numRuns: 3000 },
    );
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
  });

  test("as any field of any body is taken or told, never 500", async () => {
    const { ask } = door();
    await ask("POST /v1/runs", { body: { workflow: "refund", id: "r" } });
    const targets = [
      ["POST /v1/runs", ["workflow", "id", "deadline", "input"]],
      ["POST /v1/runs/r/signals", ["name", "key", "id", "payload"]],
      ["POST /v1/runs/r/cancel", ["reason"]],
      ["POST /v1/tasks/task_1/decide", ["decision", "comment", "digest", "as"]],
      ["PUT /v1/secrets/s", ["value"]],
      ["PUT /v1/tools/t", ["kind", "description", "config"]],
      ["POST /v1/keys", ["name", "role", "person"]],
      ["POST /v1/workflows", ["name", "nodes"]],
      ["POST /approve/live", ["decision", "comment", "nonce", "digest"]],
    ] as const;

    for (const [line, fields] of targets) {
      for (const field of fields) {
        for (const value of NAUGHTY) {
          const answer = await ask(line, { body: { name: "n", workflow: "w", [field]: value } });
          expect(answer.status, `${line} ${field} ${JSON.stringify(value)}`).toBeLessThan(500);
        }
      }
    }
  });
});
