import { describe, expect, test } from "vitest";
import { answerOf, fieldsOf } from "../../adapters/http/pages/form-fields.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Asked, door } from "./door.ts";
import { taskOf } from "./fake-engine.ts";

const LIVE = "/approve/live";
const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    amount: { type: "number", minimum: 1, maximum: 10, title: "Amount", description: "In EUR." },
    paid: { type: "boolean" },
    size: { enum: ["s", "m", 3] },
    tags: { type: "array", items: { enum: ["a", "b"] }, minItems: 1 },
    note: { type: "string" },
    "odd name": { type: "string", pattern: "^[0-9]+$" },
    more: { type: "object" },
  },
  required: ["amount", "paid", "odd name"],
  additionalProperties: false,
};

const posted = (fields: Record<string, string>): Asked => ({
  as: null,
  raw: new URLSearchParams({ nonce: "n-1", ...fields }).toString(),
  headers: { "content-type": "application/x-www-form-urlencoded", host: "127.0.0.1:8787" },
});

function asking(schema: JsonObject = SCHEMA) {
  const made = door();
  made.tasks.set("task_1", taskOf({ kind: "form", schema, options: [], title: "Order" }));
  return made;
}

describe("the page behind a signed link to a form", () => {
  test("has a labelled control for each member of the answer, and no script", async () => {
    const page = await asking().ask(`GET ${LIVE}`, { as: null });
    const text = String(page.body);

    expect(page.status).toBe(200);
    for (const part of [
      '<label for="field-0" dir="auto">Amount</label>',
      'inputmode="decimal" aria-required="true" aria-describedby="field-0-hint"',
      '<legend dir="auto">paid</legend>',
      '<input type="radio" name="field-1" value="yes">',
      '<option value="2">3</option>',
      '<input type="checkbox" name="field-3-1" value="yes"> b',
      '<textarea id="field-4" name="field-4" rows="4">',
      '<label for="field-4" dir="auto">note (optional)</label>',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toMatch(/<script|\son\w+=|javascript:/i);
  });

  test("completes the task with what its controls say, by the types of the schema", async () => {
    const { ask, calls } = asking();
    const fields = {
      "field-0": " 2.5 ",
      "field-1": "no",
      "field-2": "2",
      "field-3-1": "yes",
      "field-4": "",
      "field-5": "007",
      "field-6": '{"a": [1]}',
    };
    const answer = await ask(`POST ${LIVE}`, posted(fields));

    expect(answer.status).toBe(200);
    expect(String(answer.body)).toContain("The answer is recorded.");
    expect(calls).toEqual([
      `answer ${JSON.stringify({
        amount: 2.5,
        paid: false,
        size: 3,
        tags: ["b"],
        "odd name": "007",
        more: { a: [1] },
      })}`,
    ]);
  });

  test("comes back with what was filled in, and with each fault beside its field", async () => {
    const { ask, calls } = asking();
    const fields = { "field-0": "much", "field-4": "<b>", "field-5": "x", "field-6": "{" };
    const answer = await ask(`POST ${LIVE}`, posted(fields));
    const text = String(answer.body);

    expect(answer.status).toBe(422);
    expect(calls).toEqual([]);
    expect(text).toContain('<p class="fault" id="field-6-fault">is not JSON</p>');
    for (const id of ["field-0", "field-1", "field-5"]) {
      expect(text).toContain(`<p class="fault" id="${id}-fault">`);
      expect(text).toContain(`<a href="#${id}">`);
    }
    expect(text).toMatch(
      /value="much"[^>]*aria-invalid="true"[^>]*aria-describedby="field-0-hint field-0-fault"/,
    );
    expect(text).toContain("&lt;b&gt;</textarea>");
    expect(text).not.toContain('id="field-4-fault"');
  });

  test("takes an answer as JSON, and tells its faults as a problem", async () => {
    const { ask } = asking();
    const json = (body: JsonObject): Asked => ({ as: null, body });
    const wrong = await ask(`POST ${LIVE}`, json({ data: { amount: 99 }, nonce: "n-1" }));
    const forged = await ask(`POST ${LIVE}`, json({ data: {}, nonce: "n-2" }));
    const decision = await ask(`POST ${LIVE}`, json({ decision: "approved", nonce: "n-1" }));
    const data = { amount: 2, paid: true, "odd name": "1" };
    const right = await ask(`POST ${LIVE}`, json({ data, nonce: "n-1" }));

    expect(wrong).toMatchObject({ status: 422, json: { code: "INVALID_FORM" } });
    expect(forged).toMatchObject({ status: 403, json: { code: "NONCE_INVALID" } });
    expect(decision).toMatchObject({ status: 400, json: { code: "INVALID_REQUEST" } });
    expect(right).toMatchObject({ status: 200, json: { task: { status: "done", data } } });
  });
});

describe("the fields of a form", () => {
  test.each<[string, JsonObject, JsonObject, unknown]>([
    ["a schema without members", {}, { answer: "[1]" }, [1]],
    ["a choice of schemas", { ...SCHEMA, oneOf: [{}] }, { answer: "{}" }, {}],
    ["one of other things", { properties: { a: { const: 1 } } }, { "field-0": "0" }, { a: 1 }],
    [
      "a number that is none",
      { properties: { a: { type: "integer" } } },
      { "field-0": "1e3" },
      { a: "1e3" },
    ],
    ["nothing at all", { properties: { a: { type: "string" } } }, {}, {}],
    [
      "a member named as none may be",
      { properties: JSON.parse('{"__proto__": {"type": "string"}}') as JsonObject },
      { "field-0": "x" },
      JSON.parse('{"__proto__": "x"}'),
    ],
  ])("read %s", (_, schema, sent, data) => {
    expect(answerOf(fieldsOf(schema), sent)).toEqual({ data, unread: [] });
  });
});
