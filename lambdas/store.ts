import { dynamoClient } from "../adapters/aws/dynamo-client.ts";
import { dynamoTable } from "../adapters/aws/dynamo-table.ts";
import { s3Artifacts, s3Bucket } from "../adapters/aws/s3-artifacts.ts";
import { timedId } from "../core/kernel/ids.ts";
import type { Artifacts } from "../core/ports/artifacts.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Table } from "../core/ports/table.ts";
import { jsonLog } from "../wiring/json-log.ts";
import { random } from "../wiring/random.ts";

/** Variables by name: each part takes those that it needs, and `env.ts` says who has them. */
export type Vars<Name extends string> = Readonly<Record<Name, string>>;

export type Store = Readonly<{ table: Table; artifacts: Artifacts; clock: Clock }>;

export const log = jsonLog({ quiet: false });

/** What a function keeps and reads; one of each as long as its instance lives. */
export function storeOf({ TABLE, ARTIFACTS_BUCKET }: Vars<"TABLE" | "ARTIFACTS_BUCKET">): Store {
  return {
    table: dynamoTable({ client: dynamoClient(), table: TABLE }),
    artifacts: s3Artifacts(s3Bucket(ARTIFACTS_BUCKET)),
    clock: { now: () => Date.now() },
  };
}

export function newId(prefix = ""): string {
  return `${prefix}${timedId(Date.now(), random("hex"))}`;
}
