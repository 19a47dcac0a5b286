import { existsSync } from "node:fs";
import { join } from "node:path";
import { Duration, type RemovalPolicy, Stack } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { EnvOf, FunctionName } from "../lambdas/env.ts";
import { acceptFinding } from "./findings.ts";
import { grant } from "./grant.ts";
import { FUNCTIONS } from "./numbers.ts";

/** Where functions run that must not be on the open network. */
export interface Placement {
  readonly vpc: IVpc;
  readonly subnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

/** What all functions of a deployment share. */
export interface Surroundings {
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
  readonly placement?: Placement;
  /** Instances reserved for a function; 0 reserves none, and absent is as in `numbers.ts`. */
  readonly reserved?: Readonly<Partial<Record<FunctionName, number>>>;
}

export interface RuntimeFunctionProps<Name extends FunctionName> {
  /** The file in lambdas/, without its extension. `npm run build` bundles it into dist/. */
  readonly entry: Name;
  readonly environment: EnvOf<Name>;
  readonly surroundings: Surroundings;
}

const DIST = join(import.meta.dirname, "..", "dist", "lambdas");

/** A function from lambdas/, with the settings that every one of them shares. */
export class RuntimeFunction<Name extends FunctionName> extends LambdaFunction {
  constructor(scope: Construct, id: string, props: RuntimeFunctionProps<Name>) {
    const { entry, environment, surroundings } = props;
    const { logRetention, removalPolicy, placement, reserved } = surroundings;
    const numbers = FUNCTIONS[entry];
    const instances = reserved?.[entry] ?? numbers.reserved ?? 0;
    const logGroup = new LogGroup(scope, `${id}Logs`, { retention: logRetention, removalPolicy });
    const role = new Role(scope, `${id}Role`, {
      description: `What the function ${entry} of Holdfast may do`,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    const on = [logGroup.logGroupArn];
    grant(role, { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], on });
    if (placement) grantNetwork(role);
    super(scope, id, {
      description: `Holdfast: ${numbers.does}`,
      code: codeOf(scope, entry),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      tracing: Tracing.ACTIVE,
      memorySize: numbers.memoryMb,
      timeout: Duration.seconds(numbers.timeoutSeconds),
      environment: { ...environment, NODE_OPTIONS: "--enable-source-maps" },
      // AWS ends what it takes for an endless loop at about the 16th hop. A run of twenty steps
      // and its timers is one, and ends by the limits of its workflow.
      ...(numbers.loops ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      ...(instances > 0 ? { reservedConcurrentExecutions: instances } : {}),
      ...placementOf(placement),
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
    });
    acceptFindings(this, role);
  }
}

/** A test of the template needs no bundles: `aws:cdk:bundling-stacks` is empty there. */
function codeOf(scope: Construct, entry: FunctionName): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromInline("export const handler = () => {};");
  const folder = join(DIST, entry);
  if (!existsSync(folder)) {
    throw new Error(`dist/lambdas/${entry} is not there: run \`npm run build\` first`);
  }
  return Code.fromAsset(folder);
}

function placementOf(placement: Placement | undefined) {
  if (!placement) return {};
  const { vpc, subnets, securityGroups } = placement;
  return {
    vpc,
    ...(subnets ? { vpcSubnets: subnets } : {}),
    ...(securityGroups ? { securityGroups } : {}),
  };
}

/** What Lambda needs to put a function into a network; AWS knows no smaller resource for it. */
function grantNetwork(role: Role): void {
  const actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ];
  const because = "AWS chooses the ids of network interfaces, and knows no smaller resource.";
  grant(role, { actions, on: ["*"], because });
}

function acceptFindings(fn: LambdaFunction, role: Role): void {
  acceptFinding(
    fn,
    "Serverless-LambdaDLQ",
    "A queue, a stream or a caller that waits invokes it, and each of those has its own way for what fails. Nothing invokes it asynchronously but the sweep's schedule, which comes again in a minute.",
  );
  acceptFinding(
    role,
    "AwsSolutions-IAM5[Resource::*]",
    "X-Ray knows no smaller resource for what a function reports.",
  );
}
