import type { FunctionName } from "../../lambdas/env.ts";
import { at } from "./claim.ts";
import { functionNames } from "./functions-in.ts";
import { type Document, ofType, referred } from "./synthesized.ts";

/** One action that a role may do on one resource. */
export type Right = Readonly<{ role: string; action: string; on: string; when: string }>;

/** All that the roles of a template may do, resources and conditions in words. */
export function rightsIn(document: Document): readonly Right[] {
  return ofType(document, "AWS::IAM::Policy").flatMap(([, { Properties }]) => {
    const [role = ""] = referred(Properties["Roles"]);
    const statements = at(Properties, "PolicyDocument", "Statement") as readonly unknown[];
    return statements.flatMap((statement) =>
      listed(at(statement, "Action")).flatMap((action) =>
        listed(at(statement, "Resource")).map((on) => ({
          role,
          action: inWords(action),
          on: inWords(on),
          when: inWords(Object.values(at(statement, "Condition") ?? {})),
        })),
      ),
    );
  });
}

/** What things are called in docs/security.md, by how their resources look in the template. */
const THINGS: readonly (readonly [RegExp, string])[] = [
  [/TableRows\w+\.StreamArn>/, "the table's stream"],
  [/TableRows\w+\.Arn>(\/index\/\w+)?$/, "the table"],
  [/ArtifactsValues\w+\.Arn>\/\*/, "artifacts"],
  [/ArtifactsValues\w+\.Arn>$/, "the bucket of artifacts"],
  [/LanesLane\dQueue/, "shared lanes"],
  [/HoldfastLanes\w+-\*/, "tenants' own lanes"],
  [/LanesLettersDeadLetters/, "dead letters of dead letters"],
  [/LanesLettersQueue/, "the lanes' dead letters"],
  [/TimersShortQueue/, "the timer queue"],
  [/TimersScheduleDeadLetters|MinuteDeadLetters|FanOutDeadLetters/, "dead letters"],
  [/:schedule\//, "schedules of the timers' group"],
  [/TimersRole/, "the role of schedules"],
  [/WebhooksQueue/, "the webhook queue"],
  [/execute-api/, "open sockets"],
  [/EventsBus/, "the event bus"],
  [/identity\//, "the sender's identity"],
  [/KeysLinks/, "the key of links"],
  [/KeysLedger/, "the key of ledgers"],
  [/KeysData/, "the key of data"],
  [/SecretsPlatformKey/, "the platform key's secret"],
  [/:secret:/, "tenants' secrets"],
  [/event-source-mapping/, "connections of the function `step`"],
  [/Logs\w+\.Arn>/, "its own log"],
  [/^\*$/, "anything"],
];

export function thingOf({ on, action, when }: Right): string {
  const [, thing] = THINGS.find(([pattern]) => pattern.test(on)) ?? [];
  if (thing === undefined) return on;
  if (action === "lambda:CreateEventSourceMapping") return "connections of the function `step`";
  return thing === "the key of data" ? `${thing}, by way of ${when.split(".")[0]}` : thing;
}

/** A row for each thing and each group of functions that may do the same to it. */
export function rightsTable(document: Document): readonly string[] {
  const byRole = functionsByRole(document);
  const byThing = new Map<string, Map<FunctionName, Set<string>>>();
  for (const right of rightsIn(document)) {
    const name = byRole.get(right.role);
    if (name === undefined) continue;
    const thing = thingOf(right);
    const holders = byThing.get(thing) ?? new Map<FunctionName, Set<string>>();
    byThing.set(thing, holders);
    holders.set(name, (holders.get(name) ?? new Set()).add(right.action));
  }
  return [...byThing]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([thing, holders]) => {
      const groups = new Map<string, FunctionName[]>();
      for (const [name, actions] of holders) {
        const words = [...actions].toSorted().map((action) => `\`${action}\``);
        groups.set(words.join(", "), [...(groups.get(words.join(", ")) ?? []), name]);
      }
      return [...groups].map(
        ([actions, names]) => `| ${thing} | ${actions} | ${names.toSorted().join(", ")} |`,
      );
    });
}

function functionsByRole(document: Document): ReadonlyMap<string, FunctionName> {
  const names = functionNames(document);
  const found = ofType(document, "AWS::Lambda::Function").flatMap(([id, { Properties }]) => {
    const name = names.get(id);
    return name === undefined
      ? []
      : referred(Properties["Role"]).map((role) => [role, name] as const);
  });
  return new Map(found);
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(",");
  if (typeof value !== "object" || value === null) return String(value);
  const join = at(value, "Fn::Join");
  if (Array.isArray(join))
    return (join[1] as readonly unknown[]).map(inWords).join(String(join[0]));
  const attribute = at(value, "Fn::GetAtt");
  if (Array.isArray(attribute)) return `<${attribute.join(".")}>`;
  const reference = at(value, "Ref");
  if (typeof reference === "string") return `<${reference}>`;
  return Object.values(value).map(inWords).join(",");
}
