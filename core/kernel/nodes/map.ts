import { referenceTo } from "../artifact.ts";
import { fail, nodeOf, succeed } from "../depart.ts";
import type { Draft } from "../draft.ts";
import { countOf, entriesOf, localName, type MapState, mapState } from "../frames.ts";
import { goOn, policyOf, type Verdict, verdictOf } from "../item-ends.ts";
import { collected, lastFailure, openMap } from "../item-moves.ts";
import { isObject, type Json } from "../json.ts";
import { keep, lookInto } from "../large-values.ts";
import { type RunError, stepId, stepOf, type Token } from "../run.ts";
import { SIZES } from "../sizes.ts";
import type { Node } from "../workflow.ts";
import { begin, visitOf } from "./begin.ts";
import { passedOn, type Value } from "./pure.ts";

/** Each has an event of its own for its beginning and one for its end, at least. */
const ITEMS_MAX = 100_000;

/** Begins a map with its first items. They are told in the event that starts the map's step. */
export async function visitMap(draft: Draft, waiting: Token): Promise<void> {
  const node = nodeOf(draft, waiting);
  const items = await itemsOf(draft, waiting, node);
  const refused = items.ok ? itemsProblem(node.id, items.value) : items.error;
  if (refused || !items.ok || items.value === undefined) {
    const error = refused ?? { code: "INVALID_ITEMS", message: `${node.id} has no items` };
    return fail(draft, begin(draft, waiting), error);
  }
  const input = keep(draft, items.value);
  if (input === undefined) {
    const message = `the items of ${node.id} are larger than ${SIZES.valueMax} bytes`;
    return fail(draft, begin(draft, waiting), { code: "INPUT_TOO_LARGE", message });
  }
  const large = input === items.value ? {} : { items: shapeOf(items.value) };
  const visit = visitOf(draft, waiting);
  const step = stepId(node.id, visit, waiting.scope);
  const ids = { step, node: localName(node.id), visit, token: waiting.id, attempt: 1 };
  const opened = openMap(draft.run, { type: "step.started", ...ids, kind: "map", input, ...large });
  const moves = goOn(draft.context.workflow, opened, step, mapState(opened, step));
  begin(draft, waiting, { input, ...large, moves });
}

/** The items: opened, because they are counted, while each may refer to what is large. */
async function itemsOf(draft: Draft, waiting: Token, node: Node): Promise<Value> {
  const items = await passedOn(draft, waiting, node.fields["items"]);
  if (!items.ok) return items;
  return { ok: true, value: lookInto(draft, items.value) as Json | undefined };
}

function itemsProblem(node: string, items: Json | undefined) {
  if (!Array.isArray(items) && !isObject(items)) {
    const is = items === undefined ? "absent" : items === null ? "null" : `a ${typeof items}`;
    const message = `the items of ${node} are neither a list nor an object, but ${is}`;
    return { code: "INVALID_ITEMS", message };
  }
  const count = Object.keys(items).length;
  if (count <= ITEMS_MAX) return undefined;
  const message = `${node} has ${count} items, and may have ${ITEMS_MAX}`;
  return { code: "INVALID_ITEMS", message };
}

function shapeOf(items: Json): Readonly<{ count: number; keyed?: boolean }> {
  const keyed = Array.isArray(items) ? {} : { keyed: true };
  return { count: Object.keys(items as object).length, ...keyed };
}

/** The names of the items, when they are those of an object. */
function keysOf(draft: Draft, { keys, keyed, large }: MapState): readonly string[] | undefined {
  if (!keyed || large === undefined) return keys;
  return entriesOf(lookInto(draft, referenceTo(large))).keys;
}

/** The map is decided: its token goes on with what the items came to. */
export async function leaveMap(draft: Draft, token: Token): Promise<void> {
  const node = nodeOf(draft, token);
  const map = mapState(draft.run, stepOf(token));
  const policy = policyOf(draft.context.workflow, node.id);
  const verdict = verdictOf(map, policy);
  if (verdict === "succeeded")
    return succeed(draft, token, { output: collected(map, keysOf(draft, map)) });
  const isCounted = policy.tolerate !== undefined || policy.minSuccessful !== undefined;
  return fail(draft, token, errorOf(node.id, map, verdict, isCounted));
}

/** One failed item is the map's own error, unless the author spoke of how many may fail. */
function errorOf(
  node: string,
  map: MapState,
  verdict: Verdict,
  isCounted: boolean,
): Omit<RunError, "node" | "attempt"> {
  if (verdict === "large") {
    const message = `the results of ${node} are larger than ${SIZES.valueMax} bytes`;
    return { code: "OUTPUT_TOO_LARGE", message };
  }
  const last = lastFailure(map);
  const count = `${map.failed} of ${countOf(map)} items of ${node} failed`;
  if (!last) return { code: "MAP_FAILED", message: `${count}, and too few are left` };
  const told = `item ${last.index} of ${node}: ${last.error.message}`;
  const { code, retryable } = last.error;
  const cause = causeOf(last.error);
  if (isCounted) return { code: "MAP_FAILED", message: `${count}; ${told}`, cause };
  return { code, message: told, cause, ...(retryable !== undefined && { retryable }) };
}

function causeOf({ code, message, node, attempt }: RunError): Json {
  return {
    code,
    message,
    ...(node !== undefined && { node }),
    ...(attempt !== undefined && { attempt }),
  };
}
