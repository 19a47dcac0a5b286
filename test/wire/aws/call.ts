import type { IncomingHttpHeaders } from "node:http";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";

/** A request as it came in, its body whole. */
export type RawRequest = Readonly<{
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}>;

export type AwsCall = Readonly<{
  /** The access key it is signed with: the logical id of a function, or a name of the suite's. */
  caller: string;
  /** As IAM writes it: `dynamodb`, `sqs`, `scheduler`. */
  service: string;
  /** The operation of the API, which is not always the action of IAM. */
  operation: string;
  params: JsonObject;
  raw: RawRequest;
}>;

export type AwsAnswer = Readonly<{
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: Json | Buffer;
}>;

export type Emulator = (call: AwsCall) => AwsAnswer | Promise<AwsAnswer>;

/** What a service refuses a call with. `unsupported` is one of ours: the suite fails by it. */
export class AwsError extends Error {
  readonly status: number;
  readonly code: string;
  readonly more: JsonObject;

  constructor(status: number, code: string, message: string, more: JsonObject = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/**
 * What no emulator knows: an operation or a parameter that nobody has thought about, or that is
 * misspelt. It is never passed over, because a forgotten condition would then pass every test.
 */
export class Unsupported extends AwsError {
  constructor(what: string) {
    super(400, "UnsupportedByEmulator", what);
  }
}

export const ok = (body: Json = {}): AwsAnswer => ({ status: 200, body });

/** Refuses parameters that an emulator has no meaning for. */
export function onlyKnown(call: AwsCall, known: readonly string[], params = call.params): void {
  const strange = Object.keys(params).filter((name) => !known.includes(name));
  if (strange.length === 0) return;
  throw new Unsupported(`${call.service}:${call.operation} with ${strange.join(", ")}`);
}

export function text(params: JsonObject, name: string): string {
  const value = params[name];
  if (typeof value === "string") return value;
  throw new AwsError(400, "ValidationException", `${name} must be a text`);
}

export function textOr(params: JsonObject, name: string): string | undefined {
  return params[name] === undefined ? undefined : text(params, name);
}

export function numberOr(params: JsonObject, name: string, otherwise: number): number {
  const value = params[name];
  if (value === undefined) return otherwise;
  if (typeof value === "number") return value;
  throw new AwsError(400, "ValidationException", `${name} must be a number`);
}

export function objects(params: JsonObject, name: string): readonly JsonObject[] {
  const value = params[name];
  if (Array.isArray(value)) return value as readonly JsonObject[];
  throw new AwsError(400, "ValidationException", `${name} must be a list`);
}
