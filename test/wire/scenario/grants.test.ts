import { expect, test } from "vitest";
import { unknownIn } from "../iam/known-actions.ts";
import { policiesOf } from "../iam/policies.ts";
import { resolver } from "../template/resolve.ts";
import { readTemplate } from "../template/template.ts";

test("every grant names an action, a resource and conditions that AWS knows", async () => {
  const template = readTemplate(process.env["HOLDFAST_WIRE_TEMPLATE"] ?? "");
  const resolve = resolver(template, "holdfast");
  for (const { id, type } of template.resources) {
    // Made by emulators when it is deployed; what is asked here is only what kind of name it is.
    if (type === "AWS::SQS::Queue") {
      const Arn = `arn:aws:sqs:eu-central-1:123456789012:${id}`;
      const resource = template.resources.find((one) => one.id === id);
      if (resource) resolve.deployed(resource, { ref: id, attributes: { Arn, QueueName: id } });
    }
    if (type === "AWS::DynamoDB::Table") {
      const StreamArn = "arn:aws:dynamodb:eu-central-1:123456789012:table/rows/stream/1";
      const resource = template.resources.find((one) => one.id === id);
      if (resource) resolve.deployed(resource, { attributes: { StreamArn } });
    }
  }
  const statements = [...policiesOf(template, resolve).values()].flat();

  expect(statements.length).toBeGreaterThan(20);
  expect(await unknownIn(statements)).toEqual([]);
});
