import { RemovalPolicy, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import { checkProps } from "../../lib/check-props.ts";
import { parseConfig } from "../../lib/config.ts";
import { propsOf } from "../../lib/configured.ts";
import { Holdfast } from "../../lib/holdfast.ts";
import type { HoldfastProps } from "../../lib/props.ts";
import { at } from "./claim.ts";
import { IAM_CLAIMS } from "./iam-claims.ts";
import { rightsIn } from "./rights-in.ts";
import { ofType, referred, synthesized, testApp } from "./synthesized.ts";

const FUNCTION_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:pay";
const MACHINE_ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:ship";
const CERTIFICATE_ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1-2-3";

describe("what a customer may set", () => {
  test("is checked, and all that is wrong is said at once", () => {
    const props: HoldfastProps = {
      domain: { name: "https://x", certificateArn: "cert", hostedZone: { id: "Z", name: "y.org" } },
      mail: { sender: "nobody", hostedZone: { id: "Z", name: "y.org" } },
      models: { providers: { b: { kind: "bedrock" } } },
      allowedTargets: { acme: { lambdaArns: ["arn:aws:lambda:*"], stateMachineArns: ["*"] } },
      rate: { perSecond: 0 },
      reserved: { nobody: 1 } as never,
      warmApi: 1.5,
    };

    expect(() => checkProps(props)).toThrow(
      [
        "Holdfast cannot be deployed like this:",
        '- domain.name is "https://x"; it must be a name like holdfast.example.com',
        '- domain.certificateArn is "cert"; it must be the ARN of a certificate',
        "- domain.name is https://x, which is not in the zone y.org",
        '- mail.sender is "nobody"; it must be an address like approvals@example.com',
        "- mail.hostedZone is of no use without mail.createIdentity",
        "- models has a provider of kind bedrock, but bedrockModels allows no model to be called",
        '- allowedTargets is "acme"; it must be the id of a tenant, or *',
        '- allowedTargets[acme].lambdaArns is "arn:aws:lambda:*"; it must be the ARN of a function, without wildcards',
        '- allowedTargets[acme].stateMachineArns is "*"; it must be the ARN of a state machine',
        "- rate.perSecond is 0; it is a whole number from 1 to 100000",
        "- warmApi is 1.5; it is a whole number from 0 to 1000",
        "- reserved.nobody: there is no such function, but api, step, stream, timer, webhook, socket, sse, sweep, dead-letter, platform-key",
      ].join("\n"),
    );
  });

  test("models that do not fit into a function's variables are refused", () => {
    expect(() => checkProps({ models: { x: "x".repeat(3_000) } })).toThrow(
      "models and allowedTargets have 3010 bytes, and functions are told 1100",
    );
  });

  test("nothing has to be set", () => {
    expect(() => checkProps({})).not.toThrow();
  });
});

describe("a deployment with everything set", () => {
  const document = synthesized((stack) => ({
    domain: {
      name: "runs.example.com",
      certificateArn: CERTIFICATE_ARN,
      hostedZone: { id: "Z1", name: "example.com" },
    },
    mail: { sender: "approvals@example.com", createIdentity: true },
    bedrockModels: ["anthropic.claude-x"],
    models: { providers: { bedrock: { kind: "bedrock", region: "eu-central-1" } } },
    allowedTargets: { "*": { lambdaArns: [FUNCTION_ARN], stateMachineArns: [MACHINE_ARN] } },
    removalPolicy: RemovalPolicy.DESTROY,
    alarmTopic: new Topic(stack, "Topic"),
    accessLogs: Bucket.fromBucketName(stack, "Logs", "logs"),
    placement: {
      vpc: Vpc.fromVpcAttributes(stack, "Vpc", {
        vpcId: "vpc-0123456789abcdef0",
        availabilityZones: ["a"],
        privateSubnetIds: ["subnet-0123456789abcdef0"],
      }),
      securityGroups: [SecurityGroup.fromSecurityGroupId(stack, "Group", "sg-0123456789abcdef0")],
    },
    reserved: { sse: 0, sweep: 0 },
    warmApi: 2,
  }));
  const functions = ofType(document, "AWS::Lambda::Function");

  test("answers at its own name only, by TLS 1.2", () => {
    const [[, domain] = []] = ofType(document, "AWS::ApiGatewayV2::DomainName");
    const [, api] =
      ofType(document, "AWS::ApiGatewayV2::Api").find(
        ([, { Properties }]) => Properties["ProtocolType"] === "HTTP",
      ) ?? [];
    const told = functions.map(([, fn]) => at(fn.Properties, "Environment", "Variables"));

    expect(at(domain?.Properties, "DomainNameConfigurations", 0, "SecurityPolicy")).toBe("TLS_1_2");
    expect(api?.Properties["DisableExecuteApiEndpoint"]).toBe(true);
    expect(ofType(document, "AWS::Route53::RecordSet")).toHaveLength(1);
    expect(told.map((one) => at(one, "PUBLIC_URL")).filter(Boolean)).toEqual(
      expect.arrayContaining(["https://runs.example.com"]),
    );
  });

  test("sends mail as its one sender", () => {
    const rights = rightsIn(document).filter(({ action }) => action === "ses:SendEmail");

    expect(new Set(rights.map(({ when }) => when))).toEqual(new Set(["approvals@example.com"]));
    expect(ofType(document, "AWS::SES::EmailIdentity")).toHaveLength(1);
  });

  test("lets steps call what is listed, and no other function", () => {
    const calls = /^(lambda:InvokeFunction|states:StartExecution|bedrock:InvokeModel)$/;
    const rights = rightsIn(document).filter(
      ({ action, role }) =>
        calls.test(action) && role.startsWith("Holdfast") && !role.includes("Minute"),
    );

    expect(new Set(rights.map(({ role }) => role.replace(/\w{8}$/, "")))).toEqual(
      new Set(["HoldfastStepRole"]),
    );
    expect(rights.map(({ on }) => on).toSorted()).toEqual([
      "arn:<AWS::Partition>:bedrock:*::foundation-model/anthropic.claude-x",
      FUNCTION_ARN,
      MACHINE_ARN,
    ]);
  });

  test("runs in the network, tells the topic, writes the log, keeps instances warm", () => {
    const [[, bucket] = []] = ofType(document, "AWS::S3::Bucket");
    const alarms = ofType(document, "AWS::CloudWatch::Alarm");
    const [[, alias] = []] = ofType(document, "AWS::Lambda::Alias");

    for (const [id, { Properties }] of functions) {
      expect(at(Properties, "VpcConfig", "SubnetIds"), id).toEqual(["subnet-0123456789abcdef0"]);
      expect(Properties["ReservedConcurrentExecutions"], id).toBe(undefined);
    }
    for (const [, { Properties }] of alarms) {
      expect(referred(Properties["AlarmActions"])).toHaveLength(1);
    }
    expect(at(bucket?.Properties, "LoggingConfiguration", "LogFilePrefix")).toBe("artifacts/");
    expect(at(alias?.Properties, "ProvisionedConcurrencyConfig")).toEqual({
      ProvisionedConcurrentExecutions: 2,
    });
  });

  test("can be taken away whole when that was asked for", () => {
    const kept = Object.entries(document.Resources).filter(
      ([, { DeletionPolicy }]) => DeletionPolicy === "Retain",
    );
    const [[, table] = []] = ofType(document, "AWS::DynamoDB::Table");

    // Versions of a function are kept by CDK, and go with it.
    expect(kept.filter(([, { Type }]) => Type !== "AWS::Lambda::Version")).toEqual([]);
    expect(table?.Properties["DeletionProtectionEnabled"]).toBe(false);
  });

  test.each(IAM_CLAIMS.filter(({ says }) => !says.includes("everything")))("$says", (claim) => {
    expect(claim.broken(document)).toEqual([]);
  });
});

describe("a deployment on a table that was restored", () => {
  const name = "Holdfast-restored";
  const arn = `arn:aws:dynamodb:eu-central-1:123456789012:table/${name}`;
  const restoredTable = { name, streamArn: `${arn}/stream/2026-01-01T00:00:00.000` };

  test("uses it, follows its stream, and makes none", () => {
    const document = synthesized(() => ({ restoredTable }));
    const rights = rightsIn(document);
    const sources = ofType(document, "AWS::Lambda::EventSourceMapping").map(
      ([, { Properties }]) => Properties["EventSourceArn"],
    );

    expect(ofType(document, "AWS::DynamoDB::Table")).toEqual([]);
    expect(sources).toContain(restoredTable.streamArn);
    expect(rights.filter(({ action }) => action === "dynamodb:PutItem").length).toBeGreaterThan(5);
    for (const { on } of rights.filter(({ action }) => action === "dynamodb:PutItem")) {
      expect(on).toContain(`:table/${name}`);
    }
  });

  test("is refused when the stream is another table's", () => {
    const other = { ...restoredTable, name: "Other" };

    expect(() => checkProps({ restoredTable: other })).toThrow("is of another table");
  });
});

describe("the file that configures the app", () => {
  test("gives a stack like the one by default when it is empty", () => {
    const stack = new Stack(testApp(), "Test");
    new Holdfast(stack, "Holdfast", propsOf(stack, parseConfig("{}", "x.json")));

    expect(Template.fromStack(stack).toJSON()).toEqual(synthesized());
  });

  test("is refused with the place of each mistake", () => {
    const text = JSON.stringify({ domian: {}, logDays: 8, alarms: { email: "x" } });

    expect(() => parseConfig("{", "x.json")).toThrow("x.json is not JSON");
    expect(() => parseConfig(text, "x.json")).toThrow(
      /x\.json is wrong:[^]*logDays[^]*alarms\.email/,
    );
    expect(() => parseConfig(text, "x.json")).toThrow(/domian/);
  });

  test("makes an encrypted topic for an address", () => {
    const stack = new Stack(testApp(), "Test");
    propsOf(stack, parseConfig('{"alarms": {"email": "ops@example.com"}}', "x.json"));
    const template = Template.fromStack(stack);

    template.hasResourceProperties("AWS::SNS::Subscription", { Endpoint: "ops@example.com" });
    expect(Object.values(template.findResources("AWS::SNS::Topic"))).toHaveLength(1);
    expect(JSON.stringify(template.toJSON())).toContain("cloudwatch.amazonaws.com");
  });
});
