import { Duration, Stack } from "aws-cdk-lib";
import { AccessLogFormat, CfnAccount } from "aws-cdk-lib/aws-apigateway";
import { LogGroupLogDestination, WebSocketApi, WebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import { WebSocketLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { type IGrantable, ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acceptFinding } from "./findings.ts";
import { grant } from "./grant.ts";
import { FUNCTIONS } from "./numbers.ts";
import type { RateProps } from "./props.ts";
import type { Surroundings } from "./runtime-function.ts";

export interface SocketDoorProps {
  readonly rate: Required<RateProps>;
  readonly surroundings: Surroundings;
  /**
   * API Gateway writes logs of WebSocket APIs by one role per account and Region. `false` when
   * the account has one already, which this stack must not replace.
   */
  readonly logsRole: boolean;
}

const STAGE = "v1";

/** The WebSocket API. Its log leaves out queries: they hold the ticket that opened the socket. */
export class SocketDoor extends Construct {
  /** What clients connect to. */
  readonly url: string;
  /** What functions post to. */
  readonly endpoint: string;
  readonly api: WebSocketApi;

  constructor(scope: Construct, id: string, { rate, surroundings, logsRole }: SocketDoorProps) {
    super(scope, id);
    const { logRetention, removalPolicy } = surroundings;
    const logs = new LogGroup(this, "AccessLogs", { retention: logRetention, removalPolicy });
    this.api = new WebSocketApi(this, "Api", { description: "Holdfast" });
    const stage = new WebSocketStage(this, "Stage", {
      webSocketApi: this.api,
      stageName: STAGE,
      autoDeploy: true,
      throttle: { rateLimit: rate.perSecond, burstLimit: rate.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: "$context.requestId",
            at: "$context.requestTime",
            event: "$context.eventType",
            route: "$context.routeKey",
            status: "$context.status",
            connection: "$context.connectionId",
            functionMs: "$context.integrationLatency",
            ip: "$context.identity.sourceIp",
          }),
        ),
      },
    });
    if (logsRole) stage.node.addDependency(accountLogs(this));
    // Written from the API's id alone: the function needs it before there is a stage.
    const { region, urlSuffix } = Stack.of(this);
    const host = `${this.api.apiId}.execute-api.${region}.${urlSuffix}`;
    this.url = `wss://${host}/${STAGE}`;
    this.endpoint = `https://${host}/${STAGE}`;
  }

  serve(socket: IFunction): void {
    for (const [id, key] of [
      ["Opened", "$connect"],
      ["Closed", "$disconnect"],
      ["Said", "$default"],
    ] as const) {
      const integration = new WebSocketLambdaIntegration(id, socket, {
        timeout: Duration.seconds(FUNCTIONS.socket.timeoutSeconds),
      });
      const route = this.api.addRoute(key, { integration });
      acceptFinding(
        route,
        "AwsSolutions-APIG4",
        "A socket is opened by a ticket that lives for a minute and serves once; the function takes it.",
      );
    }
  }

  /** To send to sockets that are open, and to close them. */
  grantSend(grantee: IGrantable): void {
    const stage = { service: "execute-api", resource: this.api.apiId, resourceName: `${STAGE}/*` };
    grant(grantee, {
      actions: ["execute-api:ManageConnections"],
      on: [Stack.of(this).formatArn(stage)],
      because: "AWS chooses the ids of connections: these are all of this stage.",
    });
  }
}

function accountLogs(scope: Construct): CfnAccount {
  const role = new Role(scope, "LogsRole", {
    description: "By this, API Gateway writes logs of this account and Region",
    assumedBy: new ServicePrincipal("apigateway.amazonaws.com"),
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
    ],
  });
  acceptFinding(
    role,
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
    "API Gateway checks for exactly what this policy allows, for all APIs of the account.",
  );
  return new CfnAccount(scope, "Account", { cloudWatchRoleArn: role.roleArn });
}
