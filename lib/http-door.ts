import { Duration } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  DomainName,
  HttpApi,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { ARecord, HostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties } from "aws-cdk-lib/aws-route53-targets";
import { Construct } from "constructs";
import { acceptFinding } from "./findings.ts";
import { FUNCTIONS } from "./numbers.ts";
import type { DomainProps, RateProps } from "./props.ts";
import type { Surroundings } from "./runtime-function.ts";

export interface HttpDoorProps {
  readonly domain?: DomainProps;
  readonly rate: Required<RateProps>;
  readonly surroundings: Surroundings;
}

/**
 * The HTTP API. All routes go to one function, which knows them and checks every key; the gateway
 * ends TLS and holds back floods. Its log has neither paths nor queries: a path can be a signed
 * link, which is as good as a password.
 */
export class HttpDoor extends Construct {
  /** Without a slash at its end. */
  readonly url: string;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { domain, rate, surroundings }: HttpDoorProps) {
    super(scope, id);
    const { logRetention, removalPolicy } = surroundings;
    const logs = new LogGroup(this, "AccessLogs", { retention: logRetention, removalPolicy });
    this.api = new HttpApi(this, "Api", {
      description: "Holdfast",
      createDefaultStage: false,
      disableExecuteApiEndpoint: domain !== undefined,
    });
    const named = domain && nameOf(this, domain);
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle: { rateLimit: rate.perSecond, burstLimit: rate.burst },
      ...(named ? { domainMapping: { domainName: named } } : {}),
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: "$context.requestId",
            at: "$context.requestTime",
            method: "$context.httpMethod",
            status: "$context.status",
            bytes: "$context.responseLength",
            ms: "$context.responseLatency",
            functionMs: "$context.integrationLatency",
            error: "$context.integrationErrorMessage",
            ip: "$context.identity.sourceIp",
          }),
        ),
      },
    });
    this.url = domain ? `https://${domain.name}` : this.api.apiEndpoint;
  }

  serve(api: IFunction): void {
    const route = new HttpRoute(this, "Route", {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration("Integration", api, {
        timeout: Duration.seconds(FUNCTIONS.api.timeoutSeconds),
      }),
    });
    acceptFinding(
      route,
      "AwsSolutions-APIG4",
      "The function checks the key of every request, and some routes are for people who have none: signed links, health, the document of the API.",
    );
  }
}

function nameOf(scope: Construct, { name, certificateArn, hostedZone }: DomainProps): DomainName {
  const domainName = new DomainName(scope, "Domain", {
    domainName: name,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
    securityPolicy: SecurityPolicy.TLS_1_2,
  });
  if (hostedZone) {
    const zone = HostedZone.fromHostedZoneAttributes(scope, "Zone", {
      hostedZoneId: hostedZone.id,
      zoneName: hostedZone.name,
    });
    const { regionalDomainName, regionalHostedZoneId } = domainName;
    const target = new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId);
    new ARecord(scope, "Alias", { zone, recordName: name, target: RecordTarget.fromAlias(target) });
  }
  return domainName;
}
