import { Stack, Validations } from "aws-cdk-lib";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../lib/config.ts";
import { propsOf } from "../../lib/configured.ts";
import { Holdfast } from "../../lib/holdfast.ts";
import { findingsIn } from "../../scripts/stack/report.ts";
import { testApp } from "./synthesized.ts";

const SLOW_MS = 120_000;
const ARN = "eu-central-1:123456789012";

/** Every member that changes what is made. */
const EVERYTHING = {
  domain: {
    name: "runs.example.com",
    certificateArn: `arn:aws:acm:${ARN}:certificate/1-2-3`,
    hostedZone: { id: "Z0123456789ABCDEFGHIJ", name: "example.com" },
  },
  mail: { sender: "approvals@example.com", createIdentity: true },
  models: { providers: { bedrock: { kind: "bedrock", region: "eu-central-1" } } },
  bedrockModels: ["anthropic.claude-x"],
  allowedTargets: {
    "*": {
      lambdaArns: [`arn:aws:lambda:${ARN}:function:pay`],
      stateMachineArns: [`arn:aws:states:${ARN}:stateMachine:ship`],
    },
  },
  vpc: {
    id: "vpc-0123456789abcdef0",
    availabilityZones: ["eu-central-1a"],
    privateSubnetIds: ["subnet-0123456789abcdef0"],
    securityGroupIds: ["sg-0123456789abcdef0"],
  },
  alarms: { email: "oncall@example.com" },
  warmApi: 1,
};

function judged(make: (stack: Stack) => void) {
  const app = testApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  make(new Stack(app, "Test"));
  return app;
}

describe("cdk-nag", () => {
  test("finds nothing in a deployment that has everything set", { timeout: SLOW_MS }, () => {
    const app = judged((stack) => {
      const config = parseConfig(JSON.stringify(EVERYTHING), "everything.json");
      new Holdfast(stack, "Holdfast", propsOf(stack, config));
    });

    app.synth();

    expect(findingsIn(app.outdir).errors).toEqual([]);
  });

  test("finds a queue without dead letters, by both of its packs", { timeout: SLOW_MS }, () => {
    const app = judged((stack) => new CfnQueue(stack, "Queue"));

    expect(() => app.synth()).toThrow(/validation/i);
    const found = findingsIn(app.outdir).errors.join("\n");
    expect(found).toContain("AwsSolutions-SQS3 at Test/Queue");
    expect(found).toContain("Serverless-SQSRedrivePolicy at Test/Queue");
  });
});
