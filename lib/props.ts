import type { RemovalPolicy } from "aws-cdk-lib";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { FunctionName } from "../lambdas/env.ts";
import type { Placement } from "./runtime-function.ts";

/** The name that people and programs reach the API by. */
export interface DomainProps {
  /** For example `holdfast.example.com`. */
  readonly name: string;
  /** A certificate for it in ACM, in the Region of the stack. */
  readonly certificateArn: string;
  /** The zone in Route 53 that gets the record; without it you make the record yourself. */
  readonly hostedZone?: Readonly<{ id: string; name: string }>;
}

export interface MailProps {
  /** The address that mail comes from. SES must have verified it or its domain. */
  readonly sender: string;
  /** Verify the sender's domain by this stack. @default false: it has been verified already */
  readonly createIdentity?: boolean;
  /** Of Route 53: gets the records that prove the domain. Only with `createIdentity`. */
  readonly hostedZone?: Readonly<{ id: string; name: string }>;
}

export interface RateProps {
  /** Requests per second, of all tenants together. @default 1000 */
  readonly perSecond?: number;
  /** How many may come at once. @default 2000 */
  readonly burst?: number;
}

/** What tools of a tenant may call in this account. */
export interface AllowedTargets {
  readonly lambdaArns?: readonly string[];
  readonly stateMachineArns?: readonly string[];
}

/** A table that DynamoDB restored from a backup, with the same keys, indexes and key of KMS. */
export interface RestoredTable {
  readonly name: string;
  /** Restoring makes no stream: it is turned on by hand, as docs/operate.md says. */
  readonly streamArn: string;
}

export interface HoldfastProps {
  /** @default the address that API Gateway gives */
  readonly domain?: DomainProps;
  /** @default none: each mail is given up, and people decide their tasks by the API */
  readonly mail?: MailProps;
  /**
   * The models document, as in docs/models.md. Keys of providers are secrets of the platform.
   * @default only the mock models
   */
  readonly models?: Readonly<Record<string, unknown>>;
  /** Models of Bedrock that may be called: ids, or ARNs of inference profiles. @default none */
  readonly bedrockModels?: readonly string[];
  /** For each tenant by id; `*` is for all of them. @default nothing may be called */
  readonly allowedTargets?: Readonly<Record<string, AllowedTargets>>;
  /** Publish events of runs and tasks on the bus, for $1 a million. @default false */
  readonly publishEvents?: boolean;
  /** Sign the head of each run that has ended, for $15 a million runs. @default false */
  readonly signLedgers?: boolean;
  /** Serve the routes that docs/seed-routes.md tells of, to whoever has a key. @default false */
  readonly seedRoutes?: boolean;
  /** How long logs are kept. @default three months */
  readonly logRetention?: RetentionDays;
  /** @default RETAIN: the table, the bucket and the keys outlive the stack */
  readonly removalPolicy?: RemovalPolicy;
  /** Go on with this table instead of one of the stack's own. @default the stack's own */
  readonly restoredTable?: RestoredTable;
  /** A network for all functions. @default Lambda's own, which is open to the internet */
  readonly placement?: Placement;
  /** Alarms tell this topic. @default nobody is told: alarms only change their colour */
  readonly alarmTopic?: ITopic;
  /** S3 writes here who asked the bucket for what. @default nothing is written */
  readonly accessLogs?: IBucket;
  readonly rate?: RateProps;
  /**
   * Instances reserved for a function, which it cannot exceed; 0 reserves none. An account that
   * is new has 10 instances in all and can reserve none: set all to 0 until AWS has raised it.
   * @default as in docs/operate.md
   */
  readonly reserved?: Readonly<Partial<Record<FunctionName, number>>>;
  /** Instances of the API that are kept warm, for a price. @default 0 */
  readonly warmApi?: number;
  /**
   * Make the role by which API Gateway writes logs in this account and Region.
   * @default true. Set it to false when the account has one: there is only one for all APIs
   */
  readonly apiGatewayLogsRole?: boolean;
}
