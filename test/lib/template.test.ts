import { describe, expect, test } from "vitest";
import { DYNAMO_KEYS } from "../../adapters/aws/dynamo-schema.ts";
import { expiring } from "../../core/store/rows.ts";
import { TOLD_BYTES_MAX } from "../../lib/check-props.ts";
import { at, type Claim } from "./claim.ts";
import { DATA_CLAIMS } from "./data-claims.ts";
import { IAM_CLAIMS } from "./iam-claims.ts";
import { deadLetterQueues, QUEUE_CLAIMS } from "./queue-claims.ts";
import { ofType, referred, synthesized } from "./synthesized.ts";

const document = synthesized();

describe.each<Readonly<{ of: string; claims: readonly Claim[] }>>([
  { of: "queues, streams and schedules", claims: QUEUE_CLAIMS },
  { of: "what is kept, told and open", claims: DATA_CLAIMS },
  { of: "rights", claims: IAM_CLAIMS },
])("of $of", ({ claims }) => {
  test.each(claims)("$says", ({ broken }) => {
    expect(broken(document)).toEqual([]);
  });
});

describe("the table", () => {
  const [[, table] = []] = ofType(document, "AWS::DynamoDB::Table");

  test("has the keys and indexes that the adapter uses, and tells what is new", () => {
    const { rows, ...indexes } = DYNAMO_KEYS;
    const schema = ({ pk, sk }: { pk: string; sk: string }) => [
      { AttributeName: pk, KeyType: "HASH" },
      { AttributeName: sk, KeyType: "RANGE" },
    ];

    expect(table?.Properties["KeySchema"]).toEqual(schema(rows));
    expect(table?.Properties["GlobalSecondaryIndexes"]).toEqual(
      Object.entries(indexes).map(([name, keys]) => ({
        IndexName: name,
        KeySchema: schema(keys),
        Projection: { ProjectionType: "ALL" },
      })),
    );
    expect(table?.Properties["StreamSpecification"]).toEqual({ StreamViewType: "NEW_IMAGE" });
  });

  test("forgets rows by the attribute that expiring rows carry, in seconds", () => {
    const { ttl, expiresAt } = expiring(1_700_000_000_001);

    expect(table?.Properties["TimeToLiveSpecification"]).toEqual({
      AttributeName: "ttl",
      Enabled: true,
    });
    expect({ ttl, expiresAt }).toEqual({ ttl: 1_700_000_001, expiresAt: 1_700_000_000_001 });
  });

  test("tells only of new rows of logs, and of mails that are owed", () => {
    const patterns = ofType(document, "AWS::Lambda::EventSourceMapping").flatMap(
      ([, { Properties }]) => {
        const filters = at(Properties, "FilterCriteria", "Filters") as
          | readonly unknown[]
          | undefined;
        return (filters ?? []).map((one) => JSON.parse(String(at(one, "Pattern"))) as unknown);
      },
    );

    expect(patterns).toEqual([
      { eventName: ["INSERT"], dynamodb: { Keys: { sk: { S: [{ prefix: "log#" }] } } } },
      { eventName: ["INSERT"], dynamodb: { Keys: { pk: { S: [{ suffix: "#mail" }] } } } },
    ]);
  });
});

describe("dead letters", () => {
  test("each ring an alarm", () => {
    const watched = new Set(
      ofType(document, "AWS::CloudWatch::Alarm").flatMap(([, alarm]) => referred(alarm.Properties)),
    );
    const places = [...deadLetterQueues(document)];

    expect(places.length).toBeGreaterThan(5);
    expect(places.filter((id) => !watched.has(id))).toEqual([]);
  });
});

describe("the outputs", () => {
  test("say where everything is, and where the platform key is kept", () => {
    const told = Object.values(document.Outputs).map(({ Description }) => Description);

    expect(told).toEqual([
      "Where the API is",
      "Where the WebSocket API is",
      "Where server-sent events are",
      "Holds the platform key",
      "Where events are published",
    ]);
  });

  test("hold no secret", () => {
    const [[, secret] = []] = ofType(document, "AWS::SecretsManager::Secret");
    const words = Object.keys(secret?.Properties ?? {});

    expect(words).toEqual(["Description"]);
    expect(JSON.stringify(document).includes("{{resolve:")).toBe(false);
  });
});

describe("the variables of each function", () => {
  const BYTES_MAX = 4_096;
  /** As long as what AWS puts in for a reference can be: the URL of a queue, the ARN of a role. */
  const LENGTHS = { pseudo: 15, resource: 130 };

  function lengthOf(value: unknown): number {
    if (typeof value === "string") return value.length;
    const parts = at(value, "Fn::Join", 1);
    if (Array.isArray(parts)) return parts.reduce<number>((sum, one) => sum + lengthOf(one), 0);
    return String(at(value, "Ref")).startsWith("AWS::") ? LENGTHS.pseudo : LENGTHS.resource;
  }

  test("leave room for what a customer configures", () => {
    for (const [id, { Properties }] of ofType(document, "AWS::Lambda::Function")) {
      const variables = Object.entries(at(Properties, "Environment", "Variables") ?? {});
      const bytes = variables.reduce((sum, [name, one]) => sum + name.length + lengthOf(one), 0);

      expect(bytes + TOLD_BYTES_MAX, id).toBeLessThan(BYTES_MAX);
    }
  });
});
