import { RemovalPolicy } from "aws-cdk-lib";
import { SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { Config } from "./config.ts";
import { acceptFinding } from "./findings.ts";
import type { HoldfastProps } from "./props.ts";
import type { Placement } from "./runtime-function.ts";

/** What the construct is given, of what the file says. */
export function propsOf(scope: Construct, config: Config): HoldfastProps {
  const { vpc, alarms, accessLogsBucket, logDays, removalPolicy } = config;
  const topic = alarms && topicOf(scope, alarms);
  const given = {
    domain: config.domain,
    mail: config.mail,
    models: config.models,
    bedrockModels: config.bedrockModels,
    allowedTargets: config.allowedTargets,
    publishEvents: config.publishEvents,
    signLedgers: config.signLedgers,
    seedRoutes: config.seedRoutes,
    restoredTable: config.restoredTable,
    rate: config.rate,
    reserved: config.reserved,
    warmApi: config.warmApi,
    apiGatewayLogsRole: config.apiGatewayLogsRole,
    alarmTopic: topic,
    placement: vpc && placementOf(scope, vpc),
    accessLogs: accessLogsBucket && Bucket.fromBucketName(scope, "AccessLogs", accessLogsBucket),
  };
  return {
    ...defined(given),
    logRetention: logDays,
    removalPolicy: removalPolicy === "retain" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  };
}

/** Members that are there. For CDK, one that is `undefined` is not the same as none. */
function defined(given: Readonly<Record<string, unknown>>): HoldfastProps {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function topicOf(scope: Construct, alarms: NonNullable<Config["alarms"]>): ITopic | undefined {
  const { email, topicArn } = alarms;
  if (email !== undefined && topicArn !== undefined) {
    throw new Error("alarms has an email and a topicArn: one of them is enough");
  }
  if (topicArn !== undefined) return Topic.fromTopicArn(scope, "AlarmTopic", topicArn);
  if (email === undefined) return undefined;
  // CloudWatch can use a topic with a key of ours only if the key says so.
  const key = new Key(scope, "AlarmKey", {
    description: "Holdfast: encrypts alarms on their way",
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  key.grantEncryptDecrypt(new ServicePrincipal("cloudwatch.amazonaws.com"));
  const topic = new Topic(scope, "AlarmTopic", { masterKey: key, enforceSSL: true });
  const subscription = topic.addSubscription(new EmailSubscription(email));
  acceptFinding(
    subscription,
    "Serverless-SNSRedrivePolicy",
    "Mail has no receipt that could fail; the alarm itself keeps its colour.",
  );
  return topic;
}

function placementOf(scope: Construct, vpc: NonNullable<Config["vpc"]>): Placement {
  const { id, availabilityZones, privateSubnetIds, securityGroupIds } = vpc;
  return {
    vpc: Vpc.fromVpcAttributes(scope, "Vpc", { vpcId: id, availabilityZones, privateSubnetIds }),
    securityGroups: securityGroupIds.map((group) =>
      SecurityGroup.fromSecurityGroupId(scope, group, group, { mutable: false }),
    ),
  };
}
