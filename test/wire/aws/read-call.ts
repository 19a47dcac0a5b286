import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { type AwsCall, type RawRequest, Unsupported } from "./call.ts";

/** A route of a REST service: names in braces become parameters. */
type Route = readonly [method: string, path: string, operation: string];

const ROUTES: Readonly<Record<string, readonly Route[]>> = {
  lambda: [
    ["POST", "/2015-03-31/event-source-mappings", "CreateEventSourceMapping"],
    ["GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"],
    ["GET", "/2015-03-31/event-source-mappings/{UUID}", "GetEventSourceMapping"],
    ["PUT", "/2015-03-31/event-source-mappings/{UUID}", "UpdateEventSourceMapping"],
    ["DELETE", "/2015-03-31/event-source-mappings/{UUID}", "DeleteEventSourceMapping"],
    ["POST", "/2015-03-31/functions/{FunctionName}/invocations", "Invoke"],
  ],
  scheduler: [
    ["POST", "/schedules/{Name}", "CreateSchedule"],
    ["PUT", "/schedules/{Name}", "UpdateSchedule"],
    ["GET", "/schedules/{Name}", "GetSchedule"],
    ["DELETE", "/schedules/{Name}", "DeleteSchedule"],
  ],
  ses: [
    ["POST", "/v2/email/outbound-emails", "SendEmail"],
    ["GET", "/v2/email/account", "GetAccount"],
  ],
  "execute-api": [
    ["POST", "/@connections/{ConnectionId}", "PostToConnection"],
    ["GET", "/@connections/{ConnectionId}", "GetConnection"],
    ["DELETE", "/@connections/{ConnectionId}", "DeleteConnection"],
  ],
};

const CREDENTIAL = /Credential=([^/,]+)\/[^/]+\/[^/]+\/([^/]+)\/aws4_request/;

/** Who asks which service for what. A request that says neither is nobody's. */
export function readCall(raw: RawRequest): AwsCall {
  const [, caller, service] = CREDENTIAL.exec(raw.headers.authorization ?? "") ?? [];
  if (!caller || !service) throw new Unsupported(`unsigned: ${raw.method} ${raw.path}`);
  const target = raw.headers["x-amz-target"];
  if (typeof target === "string") {
    const [prefix, operation] = target.split(".");
    const isStream = prefix?.startsWith("DynamoDBStreams");
    // The scope of a signature calls both DynamoDB and its streams `dynamodb`.
    return {
      caller,
      service: isStream ? "dynamodbstreams" : service,
      operation: operation ?? "",
      params: jsonOf(raw.body),
      raw,
    };
  }
  if (service === "s3") return { caller, service, ...s3Call(raw), raw };
  return { caller, service, ...restCall(service, raw), raw };
}

function restCall(service: string, raw: RawRequest): Pick<AwsCall, "operation" | "params"> {
  for (const [method, path, operation] of ROUTES[service] ?? []) {
    const named = method === raw.method ? match(path, raw.path) : undefined;
    if (!named) continue;
    const isJson = raw.headers["content-type"] === "application/json";
    const query = Object.fromEntries(raw.query);
    return { operation, params: { ...query, ...(isJson ? jsonOf(raw.body) : {}), ...named } };
  }
  throw new Unsupported(`${service}: ${raw.method} ${raw.path}`);
}

/** The stage of a WebSocket API may stand before its `@connections`. */
function match(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split("/");
  const all = path.replace(/\/$/, "").split("/");
  const start = all.indexOf("@connections");
  const given = start > 0 ? ["", ...all.slice(start)] : all;
  if (given.length !== wanted.length) return undefined;
  const named: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? "");
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name) named[name] = value;
    else if (part !== value) return undefined;
  }
  return named;
}

const S3_OF_OBJECT: Readonly<Record<string, string>> = {
  PUT: "PutObject",
  GET: "GetObject",
  HEAD: "HeadObject",
  DELETE: "DeleteObject",
};

function s3Call(raw: RawRequest): Pick<AwsCall, "operation" | "params"> {
  const [, bucket = "", ...rest] = raw.path.split("/");
  const Key = rest.map(decodeURIComponent).join("/");
  const query = Object.fromEntries(raw.query);
  const params: JsonObject = { Bucket: bucket, ...query };
  if (Key !== "") {
    return { operation: S3_OF_OBJECT[raw.method] ?? raw.method, params: { ...params, Key } };
  }
  if (raw.method === "POST" && raw.query.has("delete"))
    return { operation: "DeleteObjects", params };
  if (raw.method === "GET" && raw.query.get("list-type") === "2") {
    return { operation: "ListObjectsV2", params };
  }
  throw new Unsupported(`s3: ${raw.method} ${raw.path}?${raw.query.toString()}`);
}

function jsonOf(body: Buffer): JsonObject {
  if (body.byteLength === 0) return {};
  const parsed: Json = JSON.parse(body.toString("utf8"));
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return parsed as JsonObject;
  }
  throw new Unsupported("a body that is no object");
}
