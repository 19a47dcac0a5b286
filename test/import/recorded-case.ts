import { readFileSync } from "node:fs";
import { importAsl } from "../../core/import/asl/import-asl.ts";
import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import { ROOT } from "../architecture/source.ts";
import { ADMIN, type House, house } from "../support/house.ts";

/** A state machine that AWS has run, and how it ended there. */
export type RecordedCase = Readonly<{
  id: string;
  definition: JsonObject;
  input: Json;
  functions?: Readonly<Record<string, string>>;
  expect: Readonly<{ status: string; output?: Json; error?: string | null; cause?: string | null }>;
}>;

export function recordedCases(): readonly RecordedCase[] {
  const text = readFileSync(`${ROOT}/test/data/asl-recorded/cases.jsonl`, "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedCase);
}

const INVOKE = "arn:aws:states:::lambda:invoke";
/** A tool that invokes whatever function its input names, as the service does. */
const INVOKER = "lambda-invoke";

export function toolsOf({ functions = {} }: RecordedCase): Readonly<Record<string, string>> {
  const files = Object.entries(functions).map(([name, file]) => [name, toolFor(file)] as const);
  return { ...Object.fromEntries(files), ...(files.length > 0 && { [INVOKE]: INVOKER }) };
}

function toolFor(file: string): string {
  return file.replace(".py", "").replaceAll("_", "-");
}

export type Ended = Readonly<{ status: string; output?: Json; code?: string; message?: string }>;

/** Imports a case; what was refused, or the workflow. */
export function imported(recorded: RecordedCase): readonly Problem[] | JsonObject {
  const made = importAsl({
    document: recorded.definition,
    name: "recorded",
    tools: toolsOf(recorded),
  });
  return made.ok ? made.document : made.refused;
}

const HOUR = 3_600_000;
const HOURS_MAX = 200;

/** Publishes what came of a case and runs it to its end, hour by hour where it waits. */
export async function run(recorded: RecordedCase, document: JsonObject): Promise<Ended> {
  let now = Date.parse("2027-01-31T12:00:00Z");
  const at = house({ now: () => now, call: (call) => answer(recorded, call) });
  await registerTools(at, recorded);
  await at.publish(document);
  const key = await at.start("recorded", { input: recorded.input });
  await at.drive(key);
  if (recorded.expect.status === "ABORTED") await at.engine.runs.cancel(ADMIN, key.runId);
  for (let hours = 0; hours < HOURS_MAX; hours++) {
    const { status, output, error } = await at.read(key);
    if (["succeeded", "failed", "cancelled"].includes(status)) {
      return {
        status,
        ...(output !== undefined && output !== null && { output }),
        ...(status === "succeeded" && { output: output ?? null }),
        ...(error && { code: error.code, message: error.message }),
      };
    }
    now += HOUR;
    await at.drive(key);
  }
  throw new Error(`${recorded.id} did not end`);
}

async function registerTools({ engine }: House, recorded: RecordedCase): Promise<void> {
  for (const name of new Set(Object.values(toolsOf(recorded)))) {
    const config = { url: `https://${name}.example` };
    const put = await engine.tools.put(ADMIN, name, { kind: "http", config });
    if (!put.ok) throw new Error(JSON.stringify(put.refusal));
  }
}

/** What the functions of the recordings answer. */
function answer(recorded: RecordedCase, { tool, input, timeoutMs }: ToolCall): Json {
  if (tool.name !== INVOKER) return called(tool.name, input, timeoutMs);
  const { FunctionName: name, Payload: payload } = input as {
    FunctionName: string;
    Payload?: Json;
  };
  const file = recorded.functions?.[name] ?? "";
  const read = typeof payload === "string" ? (JSON.parse(payload) as Json) : (payload ?? {});
  const result = called(toolFor(file), read, timeoutMs);
  return { ExecutedVersion: "$LATEST", Payload: result, StatusCode: 200 };
}

function called(tool: string, input: Json, timeoutMs: number): Json {
  const failed = (code: string, message: string) =>
    new CallFailure(code, message, { retryable: true });
  if (tool === "id-function") return input;
  if (tool === "return-bytes-str") return "HelloWorld!";
  if (tool === "raise-exception") throw failed("Exception", "Some exception was raised.");
  if (tool === "raise-custom-exception") throw failed("CustomException", "");
  if (tool === "wait-60-seconds" && timeoutMs < 60_000) throw failed("TIMEOUT", "it took too long");
  throw new Error(`no recording has a function ${tool}`);
}

/** What differs from recording to recording, and what we have no counterpart for. */
const PLACEHOLDER =
  /<[^>]+>|^(?:date|start-time|entered-time|lambda_function_name|[A-Za-z]*RequestId)$/;
const OF_AWS = new Set(["SdkHttpMetadata", "SdkResponseMetadata", "RoleArn", "RetryCount"]);

/** Where an output is not what was recorded; undefined where it is. */
function difference(is: Json | undefined, told: Json, path = "output"): string | undefined {
  if (typeof told === "string" && PLACEHOLDER.test(told)) {
    if (typeof is !== "string") return `${path} is no text`;
    return told.startsWith("{") ? causeDifference(is, told, path) : undefined;
  }
  if (Array.isArray(told)) {
    if (!Array.isArray(is) || is.length !== told.length) return `${path}: ${JSON.stringify(is)}`;
    return first(told.map((entry: Json, n) => difference(is[n] as Json, entry, `${path}[${n}]`)));
  }
  if (isObject(told)) {
    if (!isObject(is)) return `${path}: ${JSON.stringify(is)}`;
    const names = new Set([...Object.keys(told), ...Object.keys(is)]);
    return first(
      [...names]
        .filter((name) => !OF_AWS.has(name))
        .map((name) =>
          told[name] === undefined
            ? `${path}.${name} is there`
            : difference(is[name], told[name], `${path}.${name}`),
        ),
    );
  }
  return is === told ? undefined : `${path}: ${JSON.stringify(is)} and not ${JSON.stringify(told)}`;
}

/** A function's failure is JSON within JSON: its type and its message are ours as well. */
function causeDifference(is: string, told: string, path: string): string | undefined {
  const [ours, theirs] = [is, told].map((text) => JSON.parse(text) as JsonObject);
  return ours?.["errorType"] === theirs?.["errorType"] &&
    ours?.["errorMessage"] === theirs?.["errorMessage"]
    ? undefined
    : `${path}: ${is}`;
}

function first(found: readonly (string | undefined)[]): string | undefined {
  return found.find((one) => one !== undefined);
}

/** The recording tells outputs that are no objects as the JSON that they are. */
export function differenceOf(ended: Ended, { expect }: RecordedCase): string | undefined {
  const { output = null } = expect;
  return difference(
    ended.output,
    typeof output === "string" ? (JSON.parse(output) as Json) : output,
  );
}
