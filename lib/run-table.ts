import { RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { grant, grantKey } from "./grant.ts";
import { NUMBERS } from "./numbers.ts";
import type { RestoredTable } from "./props.ts";

export interface RunTableProps {
  readonly key: IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly restored?: RestoredTable;
}

/** What a function may do to rows, by their keys. */
const READ = ["dynamodb:GetItem", "dynamodb:Query"];
const WRITE = [
  "dynamodb:ConditionCheckItem",
  "dynamodb:DeleteItem",
  "dynamodb:PutItem",
  "dynamodb:UpdateItem",
];
const FOLLOW = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];

/**
 * The one table. Its keys and indexes are those of `adapters/aws/dynamo-schema.ts`, and a test
 * compares the two. Rows that nobody needs after a time carry it as `ttl`, in seconds.
 */
export class RunTable extends Construct {
  readonly name: string;
  readonly streamArn: string;
  readonly #arn: string;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: RunTableProps) {
    super(scope, id);
    const table = props.restored ? restoredTable(this, props.restored) : newTable(this, props);
    if (table.tableStreamArn === undefined) throw new Error("the table has no stream");
    this.name = table.tableName;
    this.streamArn = table.tableStreamArn;
    this.#arn = table.tableArn;
    this.#key = props.key;
  }

  grantRead(grantee: IGrantable): void {
    grant(grantee, { actions: READ, on: this.#rows() });
    grantKey(grantee, this.#key, "dynamodb", "read");
  }

  grantReadWrite(grantee: IGrantable): void {
    grant(grantee, { actions: READ, on: this.#rows() });
    grant(grantee, { actions: WRITE, on: [this.#arn] });
    grantKey(grantee, this.#key, "dynamodb", "write");
  }

  /** To take away all rows of a tenant, which are found by looking at every row there is. */
  grantRemoveAll(grantee: IGrantable): void {
    grant(grantee, { actions: ["dynamodb:BatchWriteItem", "dynamodb:Scan"], on: [this.#arn] });
  }

  /** For the event source; the function itself asks nothing of the stream. */
  grantFollow(grantee: IGrantable): void {
    grant(grantee, { actions: FOLLOW, on: [this.streamArn] });
    const because = "AWS knows no smaller resource for listing streams than all of the account.";
    grant(grantee, { actions: ["dynamodb:ListStreams"], on: ["*"], because });
    grantKey(grantee, this.#key, "dynamodb", "read");
  }

  /** The table and its two indexes, by name: what else may be beside it is not ours. */
  #rows(): readonly string[] {
    return [this.#arn, `${this.#arn}/index/due`, `${this.#arn}/index/list`];
  }
}

function newTable(scope: Construct, { key, removalPolicy }: RunTableProps): ITable {
  const table = new Table(scope, "Rows", {
    partitionKey: { name: "pk", type: AttributeType.STRING },
    sortKey: { name: "sk", type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: "ttl",
    stream: StreamViewType.NEW_IMAGE,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: {
      pointInTimeRecoveryEnabled: true,
      recoveryPeriodInDays: NUMBERS.recoveryDays.value,
    },
    deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    removalPolicy,
  });
  for (const [indexName, pk, sk] of [
    ["due", "dueShard", "dueAt"],
    ["list", "listPk", "listSk"],
  ] as const) {
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: { name: pk, type: AttributeType.STRING },
      sortKey: { name: sk, type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
  }
  return table as ITable;
}

/** DynamoDB restores into a new table, which belongs to no stack. */
function restoredTable(scope: Construct, { name, streamArn }: RestoredTable): ITable {
  const attributes = { tableName: name, tableStreamArn: streamArn };
  return Table.fromTableAttributes(scope, "Restored", attributes);
}
