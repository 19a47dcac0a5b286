import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { ACCOUNT, REGION, type Resource, type Template } from "./template.ts";

/** What a resource is once it is deployed: what `Ref` gives, and what `Fn::GetAtt` does. */
export type Deployed = Readonly<{ ref: string; attributes: Readonly<Record<string, string>> }>;

export type Resolve = ReturnType<typeof resolver>;

const PSEUDO: Readonly<Record<string, Json>> = {
  "AWS::Region": REGION,
  "AWS::AccountId": ACCOUNT,
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::NoValue": null,
};

/**
 * The values behind the intrinsic functions of a template. Names of what is deployed are made of
 * the logical ids, as CloudFormation makes them; what only an emulator knows, it says with
 * `deployed`.
 */
export function resolver(template: Template, stack: string) {
  const byId = new Map(template.resources.map((resource) => [resource.id, resource]));
  const known = new Map<string, Deployed>();

  function deployedOf(id: string): Deployed {
    const already = known.get(id);
    if (already) return already;
    const resource = byId.get(id);
    if (!resource) throw new Error(`the template refers to ${id}, which it does not hold`);
    const made = usual(resource, nameOf(resource));
    known.set(id, made);
    return made;
  }

  /** The physical name: the one that the template gives, or one of stack, logical id and chance. */
  function nameOf({ id, type, properties }: Resource): string {
    const given = properties[NAMED_BY[type] ?? "Name"];
    if (given !== undefined) return asText(resolve(given));
    const suffix = createHash("sha256").update(id).digest("hex").slice(0, 8);
    const name = `${stack}-${id.slice(0, 30)}-${suffix}`;
    if (type === "AWS::SQS::Queue" && properties["FifoQueue"] === true) return `${name}.fifo`;
    return type === "AWS::S3::Bucket" ? name.toLowerCase() : name;
  }

  function resolve(value: Json): Json {
    if (Array.isArray(value)) return value.map((one: Json) => resolve(one)).filter(isValue);
    if (typeof value !== "object" || value === null) return value;
    const object = value as JsonObject;
    const [[name, argument] = []] = Object.entries(object);
    const isFunction = name === "Ref" || name?.startsWith("Fn::");
    if (isFunction && argument !== undefined) return call(String(name), argument);
    const entries = Object.entries(object).map(([key, one]) => [key, resolve(one)] as const);
    return Object.fromEntries(entries.filter(([, one]) => isValue(one)));
  }

  function call(name: string, argument: Json): Json {
    switch (name) {
      case "Ref": {
        const to = argument as string;
        if (to === "AWS::StackName") return stack;
        if (to in PSEUDO) return PSEUDO[to] ?? null;
        return template.parameters[to] ?? deployedOf(to).ref;
      }
      case "Fn::GetAtt": {
        const [id = "", ...path] = Array.isArray(argument)
          ? (argument as readonly string[])
          : (argument as string).split(".");
        return attribute(id, path.join("."));
      }
      case "Fn::Join": {
        const [between, parts] = argument as readonly [string, Json];
        return (resolve(parts) as readonly Json[]).map(asText).join(between);
      }
      case "Fn::Select": {
        const [index, from] = argument as readonly [number | string, Json];
        return (resolve(from) as readonly Json[])[Number(index)] ?? null;
      }
      case "Fn::Split": {
        const [by, text] = argument as readonly [string, Json];
        return asText(resolve(text)).split(by);
      }
      case "Fn::Sub":
        return substitute(argument);
      default:
        throw new Error(`the suite does not know ${name}`);
    }
  }

  function substitute(argument: Json): string {
    const [text, values] = (Array.isArray(argument) ? argument : [argument, {}]) as [
      string,
      JsonObject,
    ];
    return text.replaceAll(/\$\{([^!}]+)\}/g, (_, name: string) => {
      const given = values[name];
      if (given !== undefined) return asText(resolve(given));
      return asText(name.includes(".") ? call("Fn::GetAtt", name) : call("Ref", name));
    });
  }

  function attribute(id: string, name: string): string {
    const value = deployedOf(id).attributes[name];
    if (value !== undefined) return value;
    throw new Error(`${byId.get(id)?.type} ${id} has no attribute ${name} that the suite knows`);
  }

  return {
    resolve,
    text: (value: Json | undefined) => asText(resolve(value ?? "")),
    properties: ({ properties }: Resource) => resolve(properties) as JsonObject,
    nameOf,
    deployedOf,
    /** What an emulator made of a resource, on top of what is usual for its type. */
    deployed(resource: Resource, made: Partial<Deployed>): void {
      const before = deployedOf(resource.id);
      known.set(resource.id, {
        ref: made.ref ?? before.ref,
        attributes: { ...before.attributes, ...made.attributes },
      });
    },
  };
}

function asText(value: Json): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const isValue = (value: Json) => value !== null;

/** The property by which a template may name a resource, where it is not `Name`. */
const NAMED_BY: Readonly<Record<string, string>> = {
  "AWS::DynamoDB::Table": "TableName",
  "AWS::SQS::Queue": "QueueName",
  "AWS::S3::Bucket": "BucketName",
  "AWS::Lambda::Function": "FunctionName",
  "AWS::Logs::LogGroup": "LogGroupName",
  "AWS::IAM::Role": "RoleName",
  "AWS::ApiGatewayV2::Stage": "StageName",
  "AWS::SNS::Topic": "TopicName",
};

type Usual = (name: string, arn: (service: string, resource: string) => string) => Deployed;

const arnAt = (service: string, resource: string) =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

const USUAL: Readonly<Record<string, Usual>> = {
  "AWS::DynamoDB::Table": (name, arn) => named(name, arn("dynamodb", `table/${name}`)),
  "AWS::S3::Bucket": (name) => named(name, `arn:aws:s3:::${name}`),
  "AWS::KMS::Key": (name, arn) => {
    const Arn = arn("kms", `key/${name}`);
    return { ref: name, attributes: { Arn, KeyId: name } };
  },
  "AWS::SecretsManager::Secret": (name, arn) => {
    const ref = arn("secretsmanager", `secret:${name}-AbCdEf`);
    return { ref, attributes: { Id: ref } };
  },
  "AWS::Lambda::Function": (name, arn) => named(name, arn("lambda", `function:${name}`)),
  "AWS::IAM::Role": (name) => named(name, `arn:aws:iam::${ACCOUNT}:role/${name}`),
  "AWS::Logs::LogGroup": (name, arn) => named(name, `${arn("logs", `log-group:${name}`)}:*`),
  "AWS::Events::EventBus": (name, arn) => {
    const attributes = { Arn: arn("events", `event-bus/${name}`), Name: name };
    return { ref: name, attributes };
  },
  "AWS::Events::Rule": (name, arn) => named(name, arn("events", `rule/${name}`)),
  "AWS::Scheduler::ScheduleGroup": (name, arn) =>
    named(name, arn("scheduler", `schedule-group/${name}`)),
  "AWS::SNS::Topic": (name, arn) => {
    const ref = arn("sns", name);
    return { ref, attributes: { TopicArn: ref, TopicName: name } };
  },
  "AWS::CloudWatch::Alarm": (name, arn) => named(name, arn("cloudwatch", `alarm:${name}`)),
};

function usual({ type }: Resource, name: string): Deployed {
  return USUAL[type]?.(name, arnAt) ?? { ref: name, attributes: {} };
}

function named(name: string, arn: string): Deployed {
  return { ref: name, attributes: { Arn: arn } };
}
