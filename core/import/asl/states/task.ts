import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { leave, payload } from "../data.ts";
import { endAs, onFailure } from "../failure.ts";
import { addEdge, addNode, assignOf, extra, goOn, titled } from "../flow.ts";
import { type Place, refuse } from "../place.ts";
import { member, shown, template } from "../text.ts";

/** What does the work of a task: a tool, what it is handed, and what is made of its answer. */
type Call = Readonly<{
  tool: string;
  input: Json;
  /** Of the tool's output, what AWS would call the result. */
  result(output: string): string;
  isFunction: boolean;
  /** How long one attempt may take unless the state says. */
  timeout: string;
}>;

/** A function runs at most 15 minutes; a worker of an activity takes as long as it takes. */
const FUNCTION_TIMEOUT = "PT15M";
const WORKER_TIMEOUT = "P365D";

/** Task calls a tool. */
export function importTask(place: Place): void {
  const call = callOf(place);
  const { id, state, graph } = place;
  const timeout = timeoutOf(place) ?? call?.timeout ?? FUNCTION_TIMEOUT;
  // What its output is made of may fail as well, and is then caught like the call.
  const isSplit = Array.isArray(state["Catch"]) && !leave(silenced(place), "$output", true).isPlain;
  const after = isSplit ? extra(place, "output") : undefined;
  const output = after === undefined ? "$output" : `${member("$steps", id)}.output`;
  const left = leave(place, call?.result(output) ?? output, true);
  const failing = after === undefined ? ([id] as const) : ([id, after] as const);
  const { retry, entry } = onFailure(place, failing, true, call?.isFunction === true);
  graph.entries.set(place.name, entry);
  if (state["TimeoutSeconds"] !== undefined) endAs(place, id, "TIMEOUT", "States.Timeout");
  const node: JsonObject = {
    ...titled(place),
    type: "tool",
    tool: call?.tool ?? "",
    with: call?.input ?? null,
    retry,
    timeout,
  };
  const isItself = left.isPlain && call?.result("$output") === "$output";
  if (after === undefined) {
    addNode(place, { ...node, assign: assignOf(left) });
    return goOn(place, id, isItself);
  }
  addNode(place, node);
  addNode(place, {
    id: after,
    type: "set",
    with: left.output,
    assign: { _state: template("$output"), ...left.assign },
  });
  addEdge(place, { from: id }, after);
  goOn(place, after, true);
}

/** To ask how something would be translated, without telling twice what is wrong with it. */
function silenced(place: Place): Place {
  const report = { ...place.machine.report, refuse: () => undefined, warn: () => undefined };
  return { ...place, machine: { ...place.machine, report } };
}

function timeoutOf(place: Place): string | undefined {
  const { TimeoutSeconds: seconds, HeartbeatSeconds: heartbeat } = place.state;
  if (heartbeat !== undefined) {
    const told = "a worker's lease is what its tool says";
    place.machine.report.warn(`${place.path}.HeartbeatSeconds`, "NO_EFFECT", told);
  }
  if (seconds === undefined) return undefined;
  const isGood = typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 1;
  if (isGood && seconds <= 99_999_999) return `PT${seconds}S`;
  const computed = typeof seconds === "string";
  const told = computed ? "a computed timeout has no counterpart here" : "must be a whole number";
  refuse(place, "TimeoutSeconds", computed ? "NOT_SUPPORTED" : "INVALID", told);
  return undefined;
}

const INVOKE = /^arn:aws[a-z-]*:states:::lambda:invoke$/;
const FUNCTION_ARN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]*:\d{12}:function:([A-Za-z0-9_-]{1,64})(?::[A-Za-z0-9_$-]+)?$/;
const FUNCTION_NAME = /^(?:\d{12}:function:)?([A-Za-z0-9_-]{1,64})(?::[A-Za-z0-9_$-]+)?$/;
const ACTIVITY_ARN = /^arn:aws[a-z-]*:states:[a-z0-9-]*:\d{12}:activity:([A-Za-z0-9_.-]{1,80})$/;

function callOf(place: Place): Call | undefined {
  const { state, machine } = place;
  const resource = state["Resource"];
  if (typeof resource !== "string") {
    refuse(place, "Resource", "REQUIRED", "a task names what it calls");
    return undefined;
  }
  const same = { result: (output: string) => output, timeout: FUNCTION_TIMEOUT };
  const mapped = toolOf(machine.tools, resource);
  const named = FUNCTION_ARN.exec(resource)?.[1];
  if (INVOKE.test(resource) && (mapped === undefined || isNamed(place))) return invocation(place);
  if (mapped !== undefined || named !== undefined) {
    const tool = mapped ?? toolName(named ?? "");
    const isFunction = named !== undefined || INVOKE.test(resource);
    return { ...same, tool, input: payload(place), isFunction };
  }
  const activity = ACTIVITY_ARN.exec(resource)?.[1];
  if (activity !== undefined) {
    const call = { ...same, tool: toolName(activity), input: payload(place), isFunction: false };
    return { ...call, timeout: WORKER_TIMEOUT };
  }
  const why = /\.(?:sync|waitForTaskToken)/.test(resource)
    ? "and a service that is waited for has no counterpart here"
    : "so name one in tools, by this resource";
  const message = `${shown(JSON.stringify(resource))} is no tool here, ${why}`;
  refuse(place, "Resource", "UNKNOWN_RESOURCE", message);
  return undefined;
}

/** Whether the function that is invoked is known now. */
function isNamed({ state, language }: Place): boolean {
  const given = state[language === "JSONata" ? "Arguments" : "Parameters"];
  const name = isObject(given) ? given["FunctionName"] : undefined;
  return typeof name === "string" && !name.startsWith("{%");
}

function toolOf(tools: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(tools, name) ? tools[name] : undefined;
}

/** A tool's name has small letters, digits and hyphens. */
function toolName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

const INVOKE_FIELDS = new Set([
  "FunctionName",
  "Payload",
  "Payload.$",
  "Qualifier",
  "InvocationType",
]);

/** `lambda:invoke`: the function is handed the payload, and its answer is in an envelope. */
function invocation(place: Place): Call | undefined {
  const { state, machine, language } = place;
  const field = language === "JSONata" ? "Arguments" : "Parameters";
  const given = state[field];
  const name = isObject(given) ? given["FunctionName"] : undefined;
  if (!isObject(given) || typeof name !== "string" || name.startsWith("{%")) {
    const message =
      "the name of the function is computed, and a tool is named when it is published";
    refuse(place, `${field}.FunctionName`, "NOT_SUPPORTED", message);
    return undefined;
  }
  for (const other of Object.keys(given)) {
    if (INVOKE_FIELDS.has(other)) continue;
    refuse(place, `${field}.${other}`, "NOT_SUPPORTED", "is not handed to a function here");
  }
  if (given["InvocationType"] !== undefined && given["InvocationType"] !== "RequestResponse") {
    const message = "a function that is not waited for has no counterpart here";
    refuse(place, `${field}.InvocationType`, "NOT_SUPPORTED", message);
  }
  const plain = (FUNCTION_ARN.exec(name) ?? FUNCTION_NAME.exec(name))?.[1];
  const tool = toolOf(machine.tools, name) ?? (plain === undefined ? undefined : toolName(plain));
  if (tool === undefined) {
    const message = `${shown(JSON.stringify(name))} is no function that is known: name a tool in tools`;
    refuse(place, `${field}.FunctionName`, "UNKNOWN_RESOURCE", message);
    return undefined;
  }
  const made = payload(place);
  const input = isObject(made) ? (made["Payload"] ?? {}) : {};
  return {
    tool,
    input,
    result: (output) => `{"ExecutedVersion": "$LATEST", "Payload": ${output}, "StatusCode": 200}`,
    isFunction: true,
    timeout: FUNCTION_TIMEOUT,
  };
}
