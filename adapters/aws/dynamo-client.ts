import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export type DynamoClientOptions = Pick<DynamoDBClientConfig, "endpoint" | "region" | "credentials">;

/**
 * A client that tries once: only `dynamoTable` knows which requests may be repeated. Without
 * options it takes everything from the environment, `AWS_ENDPOINT_URL` too.
 */
export function dynamoClient(options: DynamoClientOptions = {}): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    ...options,
    maxAttempts: 1,
    // A request that hangs is a lost answer; the default is to wait for ever.
    requestHandler: {
      connectionTimeout: 1000,
      requestTimeout: 5000,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: 128, keepAlive: true },
      httpsAgent: { maxSockets: 128, keepAlive: true },
    },
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
}
