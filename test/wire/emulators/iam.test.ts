import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../core/kernel/json.ts";
import { authority } from "../iam/authority.ts";
import { evaluate } from "../iam/evaluate.ts";
import { unknownIn } from "../iam/known-actions.ts";
import { statementOf } from "../iam/statement.ts";
import { wish } from "../iam/wishes.ts";

const TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/rows";
const allow = (more: JsonObject) => statementOf({ Effect: "Allow", Resource: TABLE, ...more });
const may = (raw: JsonObject, asked: Parameters<typeof wish>) =>
  evaluate([allow(raw)], wish(...asked)).allowed;

describe("a role", () => {
  test.each([
    ["the action", "dynamodb:PutItem", true],
    ["another action", "dynamodb:GetItem", false],
    ["a pattern of actions", "dynamodb:Put*", true],
    ["all of another service", "sqs:*", false],
  ])("that grants %s (%s) may put an item: %#", (_, Action, expected) => {
    expect(may({ Action }, ["dynamodb:PutItem", TABLE])).toBe(expected);
  });

  test("may nothing on a resource that it does not name, nor on its indexes", () => {
    const Action = ["dynamodb:Query"];

    expect(may({ Action }, ["dynamodb:Query", `${TABLE}/index/due`])).toBe(false);
    expect(may({ Action, Resource: [`${TABLE}/index/*`] }, ["dynamodb:Query", TABLE])).toBe(false);
  });

  test("may not what a statement denies, whatever another allows", () => {
    const statements = [
      allow({ Action: "dynamodb:*" }),
      statementOf({ Effect: "Deny", Action: "dynamodb:DeleteItem", Resource: "*" }),
    ];

    expect(evaluate(statements, wish("dynamodb:DeleteItem", TABLE)).allowed).toBe(false);
    expect(evaluate(statements, wish("dynamodb:PutItem", TABLE)).allowed).toBe(true);
  });

  test.each([
    [{ StringEquals: { "kms:ViaService": "sqs.x" } }, true],
    [{ StringEquals: { "kms:viaservice": "sqs.x" } }, true],
    [{ StringEquals: { "kms:ViaService": "s3.x" } }, false],
    [{ StringLike: { "kms:ViaService": ["s3.*", "sqs.*"] } }, true],
    [{ StringNotEquals: { "kms:ViaService": "sqs.x" } }, false],
    [{ StringNotEquals: { "kms:CallerAccount": "1" } }, true],
    [{ StringEqualsIfExists: { "kms:CallerAccount": "1" } }, true],
    [{ StringEquals: { "kms:CallerAccount": "1" } }, false],
    [{ Null: { "kms:CallerAccount": "true" } }, true],
    [{ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["acme#*"] } }, true],
    [{ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["globex#*"] } }, false],
    [{ "ForAnyValue:StringEquals": { "dynamodb:LeadingKeys": ["acme#b"] } }, true],
  ])("is held to the condition %j: %s", (Condition, expected) => {
    const context = { "kms:ViaService": "sqs.x", "dynamodb:LeadingKeys": ["acme#a", "acme#b"] };

    expect(may({ Action: "kms:Decrypt", Condition }, ["kms:Decrypt", TABLE, context])).toBe(
      expected,
    );
  });

  test("cannot have a condition that the evaluator would pass over", () => {
    const Condition = { DateLessThan: { "aws:CurrentTime": "2026-01-01" } };
    const context = { "aws:CurrentTime": "2025-01-01" };

    expect(() => may({ Action: "sqs:*", Condition }, ["sqs:SendMessage", TABLE, context])).toThrow(
      "DateLessThan",
    );
    expect(() => statementOf({ Effect: "Allow", NotAction: "sqs:*" })).toThrow("NotAction");
  });
});

describe("the authority", () => {
  test("keeps what was denied, with what was missing, and which grants nobody used", () => {
    const books = authority();
    books.add("StepFunction", {
      name: "step",
      role: "step",
      statements: [allow({ Action: ["dynamodb:PutItem", "dynamodb:GetItem"] })],
    });

    books.check("StepFunction", wish("dynamodb:PutItem", TABLE));
    books.check("StepFunction", wish("dynamodb:PutItem", "arn:aws:dynamodb:::table/other"));

    expect(books.denials).toMatchObject([{ who: "step", why: expect.stringContaining(TABLE) }]);
    expect(books.grants("unused").map(({ action }) => action)).toEqual(["dynamodb:GetItem"]);
    expect(books.checks()).toEqual({ step: { "dynamodb:PutItem": 2 } });
  });
});

describe("the names in a policy", () => {
  test.each([
    [{ Action: "dynamodb:PutItm" }, "there is no action dynamodb:PutItm"],
    [{ Action: "dynamodb:TransactWriteItems" }, "there is no action"],
    [{ Action: "sqs:SendMessage" }, "is not for a resource like"],
    [
      { Action: "dynamodb:PutItem", Condition: { StringEquals: { "dynamodb:Ledingkeys": "x" } } },
      "is not told",
    ],
    [
      { Action: "dynamodb:PutItem", Condition: { StringEquals: { "kms:ViaService": "x" } } },
      "is not told",
    ],
  ])("are found out when they are wrong: %j", async (raw, complaint) => {
    expect((await unknownIn([allow(raw)])).join()).toContain(complaint);
  });

  test("are let through when AWS knows them", async () => {
    const good = [
      allow({ Action: ["dynamodb:PutItem", "dynamodb:Query"] }),
      allow({
        Action: "dynamodb:GetItem",
        Condition: { StringEquals: { "dynamodb:LeadingKeys": "x", "aws:SourceAccount": "1" } },
      }),
      allow({ Action: "xray:PutTraceSegments", Resource: "*" }),
    ];

    expect(await unknownIn(good)).toEqual([]);
  });
});
