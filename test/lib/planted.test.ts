import { describe, expect, test } from "vitest";
import { at, type Claim } from "./claim.ts";
import { DATA_CLAIMS } from "./data-claims.ts";
import { IAM_CLAIMS } from "./iam-claims.ts";
import { QUEUE_CLAIMS } from "./queue-claims.ts";
import { rightsTable } from "./rights-in.ts";
import { type Document, synthesized } from "./synthesized.ts";

const CLAIMS: readonly Claim[] = [...QUEUE_CLAIMS, ...DATA_CLAIMS, ...IAM_CLAIMS];
const document = synthesized();

type Properties = Record<string, never>;
type Mistake = Readonly<{
  planted: string;
  /** In the first resource of this type whose logical id has `named` in it. */
  in: string;
  named?: string;
  by: (properties: Properties, id: string) => void;
  /** The beginning of the claim that it breaks. */
  breaks: string;
}>;

/** Mistakes that somebody may make, each in a template that is right but for it. */
const MISTAKES: readonly Mistake[] = [
  {
    planted: "a lane's message comes again while its worker works",
    in: "AWS::SQS::Queue",
    named: "Lane0",
    by: set("VisibilityTimeout", 60),
    breaks: "a message stays hidden longer",
  },
  {
    planted: "a timer's message is hidden for one run of its function only",
    in: "AWS::SQS::Queue",
    named: "TimersShortQueue",
    by: set("VisibilityTimeout", 100),
    breaks: "it stays hidden six times",
  },
  {
    planted: "a queue without dead letters",
    in: "AWS::SQS::Queue",
    named: "WebhooksQueue",
    by: remove("RedrivePolicy"),
    breaks: "every queue has dead letters",
  },
  {
    planted: "dead letters that are gone before anybody looks",
    in: "AWS::SQS::Queue",
    named: "TimersShortDeadLetters",
    by: set("MessageRetentionPeriod", 3_600),
    breaks: "dead letters are kept longer",
  },
  {
    planted: "a message that is given up after two tries",
    in: "AWS::SQS::Queue",
    named: "Lane0",
    by: ({ RedrivePolicy }) => Object.assign(RedrivePolicy ?? {}, { maxReceiveCount: 2 }),
    breaks: "a message is tried at least five times",
  },
  {
    planted: "a queue with AWS's own key",
    in: "AWS::SQS::Queue",
    by: remove("KmsMasterKeyId"),
    breaks: "every queue is encrypted",
  },
  {
    planted: "a queue that takes plain HTTP",
    in: "AWS::SQS::QueuePolicy",
    by: set("PolicyDocument", { Statement: [] }),
    breaks: "every queue refuses",
  },
  {
    planted: "a batch that fails as a whole",
    in: "AWS::Lambda::EventSourceMapping",
    by: remove("FunctionResponseTypes"),
    breaks: "one message that fails",
  },
  {
    planted: "a lane without a bound",
    in: "AWS::Lambda::EventSourceMapping",
    named: "Lane0",
    by: remove("ScalingConfig"),
    breaks: "no queue can take all instances",
  },
  {
    planted: "a stream that stops at a bad record",
    in: "AWS::Lambda::EventSourceMapping",
    named: "FanOut",
    by: remove("DestinationConfig"),
    breaks: "a bad record of the stream",
  },
  {
    planted: "a stream that is read again until DynamoDB forgets it",
    in: "AWS::Lambda::EventSourceMapping",
    named: "FanOut",
    by: remove("MaximumRecordAgeInSeconds"),
    breaks: "a bad record of the stream",
  },
  {
    planted: "a schedule without dead letters",
    in: "AWS::Scheduler::Schedule",
    by: ({ Target }) => Reflect.deleteProperty(Target ?? {}, "DeadLetterConfig"),
    breaks: "every schedule has dead letters",
  },
  {
    planted: "a worker whose loop AWS ends",
    in: "AWS::Lambda::Function",
    named: "HoldfastStep",
    by: remove("RecursiveLoop"),
    breaks: "a function that its own messages can wake",
  },
  {
    planted: "a table that cannot be restored",
    in: "AWS::DynamoDB::Table",
    by: remove("PointInTimeRecoverySpecification"),
    breaks: "the table is encrypted",
  },
  {
    planted: "a bucket that may be public",
    in: "AWS::S3::Bucket",
    by: remove("PublicAccessBlockConfiguration"),
    breaks: "the bucket is encrypted",
  },
  {
    planted: "a key that is never rotated",
    in: "AWS::KMS::Key",
    named: "KeysData",
    by: remove("EnableKeyRotation"),
    breaks: "every key outlives",
  },
  {
    planted: "a log that is kept for ever",
    in: "AWS::Logs::LogGroup",
    by: remove("RetentionInDays"),
    breaks: "every log is kept",
  },
  {
    planted: "a function that is not traced",
    in: "AWS::Lambda::Function",
    by: remove("TracingConfig"),
    breaks: "every function runs on Node 24",
  },
  {
    planted: "a variable that is forgotten",
    in: "AWS::Lambda::Function",
    named: "HoldfastStep",
    by: ({ Environment }) => Reflect.deleteProperty(Environment?.["Variables"] ?? {}, "TABLE"),
    breaks: "every function is told exactly",
  },
  {
    planted: "a signed link in a log",
    in: "AWS::ApiGatewayV2::Stage",
    by: set("AccessLogSettings", { Format: "$context.requestId $context.path" }),
    breaks: "every API holds back floods",
  },
  {
    planted: "a stream of events that is held back until it ends",
    in: "AWS::Lambda::Url",
    by: remove("InvokeMode"),
    breaks: "events stream as they come",
  },
  {
    planted: "the world may call the worker",
    in: "AWS::Lambda::Permission",
    by: set("Principal", "*"),
    breaks: "what the world may call",
  },
  {
    planted: "an action with a star",
    in: "AWS::IAM::Policy",
    by: statement({ Action: "dynamodb:*", Resource: "arn:aws:dynamodb:a:1:table/x" }),
    breaks: "no role may do an action that has a star",
  },
  {
    planted: "an action that is misspelt",
    in: "AWS::IAM::Policy",
    by: statement({ Action: "dynamodb:PutItm", Resource: "arn:aws:dynamodb:a:1:table/x" }),
    breaks: "no role may do an action that has a star",
  },
  {
    planted: "a right to every queue of the account",
    in: "AWS::IAM::Policy",
    by: statement({ Action: "sqs:SendMessage", Resource: "*" }),
    breaks: "no role may do to everything",
  },
  {
    planted: "a right to hand over any role",
    in: "AWS::IAM::Policy",
    by: statement({ Action: "iam:PassRole", Resource: "arn:aws:iam::1:role/x" }),
    breaks: "what a name cannot narrow",
  },
  {
    planted: "a right to decrypt whatever was encrypted",
    in: "AWS::IAM::Policy",
    by: statement({ Action: "kms:Decrypt", Resource: "arn:aws:kms:a:1:key/HoldfastKeysData" }),
    breaks: "the key of data is used only by way",
  },
  {
    planted: "a role that anybody's schedule can take",
    in: "AWS::IAM::Role",
    named: "TimersRole",
    by: ({ AssumeRolePolicyDocument: trust }) => {
      const [first = {}] = at(trust, "Statement") as Properties[];
      Reflect.deleteProperty(first, "Condition");
    },
    breaks: "Scheduler takes a role only",
  },
  {
    planted: "a role with a policy of somebody else",
    in: "AWS::IAM::Role",
    named: "HoldfastStepRole",
    by: set("ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    breaks: "roles have no policies of others",
  },
];

describe("a mistake in the template", () => {
  test.each(MISTAKES)("is found: $planted", (mistake) => {
    const planted = plant(document, mistake);

    const broken = CLAIMS.filter((claim) => claim.broken(planted).length > 0);

    expect(broken.map(({ says }) => says).join("; ")).toContain(mistake.breaks);
  });

  test("is planted for every claim", () => {
    const untested = CLAIMS.filter(
      ({ says }) => !MISTAKES.some(({ breaks }) => says.startsWith(breaks)),
    );

    expect(untested).toEqual([]);
  });
});

describe("a grant", () => {
  const policies = Object.entries(document.Resources).filter(
    ([, { Type }]) => Type === "AWS::IAM::Policy",
  );

  test("that is removed is missing from the table of rights, whichever it is", () => {
    const table = rightsTable(document).join("\n");
    let removed = 0;
    for (const [id, { Properties }] of policies) {
      if (/TimersRole|MinuteRole/.test(id)) continue;
      const { Statement } = Properties["PolicyDocument"] as { Statement: readonly unknown[] };
      for (const index of Statement.keys()) {
        const left = {
          ...Properties,
          PolicyDocument: { Statement: Statement.toSpliced(index, 1) },
        };
        const policy = { Type: "AWS::IAM::Policy", Properties: left };
        const copy = { ...document, Resources: { ...document.Resources, [id]: policy } };

        expect(rightsTable(copy).join("\n"), `statement ${index} of ${id}`).not.toBe(table);
        removed++;
      }
    }
    expect(removed).toBeGreaterThan(60);
  });
});

function plant(right: Document, { in: type, named = "", by }: Mistake): Document {
  const copy = structuredClone(right);
  const [id, resource] =
    Object.entries(copy.Resources).find(
      ([name, one]) => one.Type === type && name.includes(named),
    ) ?? [];
  if (id === undefined || !resource) throw new Error(`there is no ${type} ${named}`);
  by(resource.Properties as Properties, id);
  return copy;
}

function set(name: string, value: unknown) {
  return (properties: Properties) => void Object.assign(properties, { [name]: value });
}

function remove(name: string) {
  return (properties: Properties) => void Reflect.deleteProperty(properties, name);
}

function statement(more: Readonly<Record<string, string>>) {
  return ({ PolicyDocument }: Properties) => {
    const { Statement } = PolicyDocument as unknown as { Statement: unknown[] };
    Statement.push({ Effect: "Allow", ...more });
  };
}
