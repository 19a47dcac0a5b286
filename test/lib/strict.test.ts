import { readFileSync } from "node:fs";
import { App, CfnResource, Stack } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { findingsIn } from "../../scripts/stack/report.ts";
import { ROOT } from "../architecture/source.ts";

const { context } = JSON.parse(readFileSync(`${ROOT}/cdk.json`, "utf8")) as {
  context: Record<string, unknown>;
};

describe("AWS's own validation, as cdk.json asks for it", () => {
  test("fails for a value that AWS would refuse", () => {
    const app = new App({ context });
    const stack = new Stack(app, "Bad");
    const queue = new CfnResource(stack, "Queue", {
      type: "AWS::SQS::Queue",
      properties: { VisibilityTimeout: 10, MessageRetentionPeriod: 1 },
    });

    expect(() => app.synth()).toThrow(/validation/i);
    expect(findingsIn(app.outdir).errors.join("\n")).toContain(queue.node.path);
  });
});
