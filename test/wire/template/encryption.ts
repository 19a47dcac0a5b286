import type { JsonObject } from "../../../core/kernel/json.ts";
import type { Resolve } from "./resolve.ts";
import { ofType, type Template } from "./template.ts";

type ByArn = ReadonlyMap<string, string>;

/** Which of the account's own keys each table, bucket and secret is encrypted with, by ARN. */
export function encryptionOf(template: Template, resolve: Resolve): ByArn {
  const keys = new Map<string, string>();
  const note = (id: string, key: unknown) => {
    const { ref, attributes } = resolve.deployedOf(id);
    if (typeof key === "string") keys.set(attributes["Arn"] ?? ref, key);
  };
  for (const table of ofType(template, "AWS::DynamoDB::Table")) {
    const { SSESpecification } = resolve.properties(table);
    note(table.id, (SSESpecification as JsonObject | undefined)?.["KMSMasterKeyId"]);
  }
  for (const bucket of ofType(template, "AWS::S3::Bucket")) {
    const { BucketEncryption } = resolve.properties(bucket) as {
      BucketEncryption?: {
        ServerSideEncryptionConfiguration: readonly {
          ServerSideEncryptionByDefault: { KMSMasterKeyID?: string };
        }[];
      };
    };
    const [rule] = BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
    note(bucket.id, rule?.ServerSideEncryptionByDefault.KMSMasterKeyID);
  }
  for (const secret of ofType(template, "AWS::SecretsManager::Secret")) {
    note(secret.id, resolve.properties(secret)["KmsKeyId"]);
  }
  return keys;
}
