import { arrive } from "./arrive.ts";
import { referredBy } from "./artifact.ts";
import type { EventOf, Move } from "./event.ts";
import {
  countOf,
  entriesOf,
  type Frame,
  frameOf,
  type ItemResult,
  type ItemScope,
  itemScope,
  type MapState,
  mapOf,
  mapState,
} from "./frames.ts";
import { type Json, own } from "./json.ts";
import { carve, groupOf, keeping, scopesOf } from "./kept-items.ts";
import { type Run, stepOf, type Token } from "./run.ts";
import { bytesOf } from "./sizes.ts";

type Op<Name extends Move["op"]> = Extract<Move, { op: Name }>;

const EMPTY: Frame = { vars: {}, visits: {}, calls: {}, results: {}, joins: {} };

/** The step of a map has started: from here on the run knows its items. */
export function openMap(run: Run, event: EventOf<"step.started">): Run {
  const { input, step, token } = event;
  if (input === undefined) return run;
  const map: MapState = {
    node: tokenOf(run, token).node,
    token,
    ...itemsOf(event),
    next: 0,
    open: 0,
    succeeded: 0,
    failed: 0,
    bytes: 0,
    results: {},
  };
  return { ...run, maps: { ...run.maps, [step]: map } };
}

/** What the run keeps of the items: all of them, or where they are and how many. */
function itemsOf({ input, items }: EventOf<"step.started">) {
  const large = items && referredBy(input);
  if (items && large !== undefined) return { items: [], large, ...items };
  const { values, keys } = entriesOf(input);
  return { items: values, ...(keys && { keys }) };
}

/** The step of a map has ended. Items that still go on keep what they need until all are over. */
export function closeMap(run: Run, step: string): Run {
  const map = own(run.maps, step);
  if (!map) return run;
  if (map.open === 0) return { ...run, maps: without(run.maps, step) };
  const { token: _gone, ...rest } = map;
  return { ...run, maps: { ...run.maps, [step]: rest } };
}

/** The next item of a map begins. */
export function enter(run: Run, { map, token, index, to, park }: Op<"enter">): Run {
  const scope = itemScope(map, index);
  const state = mapState(run, map);
  const item: ItemScope = { ...EMPTY, map, index };
  const { again: _again, ...begun } = state;
  const again = state.again?.filter((other) => other !== index) ?? [];
  const opened = {
    ...run,
    tokensMade: Math.max(run.tokensMade, token),
    scopes: { ...run.scopes, [scope]: item },
    maps: {
      ...run.maps,
      [map]: {
        ...begun,
        ...(again.length > 0 && { again }),
        next: Math.max(state.next, index + 1),
        open: state.open + 1,
      },
    },
  };
  return arrive(opened, { scope }, token, to, park);
}

/** An item is over: its result is kept, and all else forgotten, unless a retry may need it. */
export function leave(run: Run, { scope, error, keep }: Op<"leave">): Run {
  const { index } = frameOf(run, scope) as ItemScope;
  const { lastOutput } = frameOf(run, scope);
  const step = mapOf(scope);
  const map = mapState(run, step);
  const { rest, item } = carve(run, scope);
  const open = map.open - 1;
  if (map.token === undefined) {
    // The map has gone on: nobody asks for this result.
    const maps = open === 0 ? without(run.maps, step) : { ...run.maps, [step]: { ...map, open } };
    return { ...rest, maps };
  }
  const result: ItemResult = error ? { error } : { output: lastOutput ?? null };
  const group = groupOf(index);
  const results = {
    ...map.results,
    [group]: { ...own(map.results, group), [index]: result },
  };
  const next: MapState = {
    ...map,
    open,
    results,
    bytes: map.bytes + bytesOf(error ? { code: error.code } : (lastOutput ?? null)),
    succeeded: map.succeeded + (error ? 0 : 1),
    failed: map.failed + (error ? 1 : 0),
    ...(error && { lastFailed: index }),
  };
  return { ...rest, maps: { ...rest.maps, [step]: keep ? keeping(next, item) : next } };
}

/** A map is decided: its token may go on. With `drop` the items under way are gone. */
export function settleMap(run: Run, { map: step, drop, keep }: Op<"settle">): Run {
  let map = mapState(run, step);
  let next = run;
  for (const scope of drop ? scopesOf(run, step) : []) {
    const { rest, item } = carve(next, scope);
    next = rest;
    if (keep) map = keeping(map, item);
  }
  const { again: _again, ...rest } = map;
  const decided: MapState = { ...rest, next: countOf(map), open: drop ? 0 : map.open };
  const token = map.token === undefined ? undefined : tokenOf(run, map.token);
  return {
    ...next,
    maps: { ...next.maps, [step]: decided },
    tokens: token ? { ...next.tokens, [token.id]: { ...token, status: "ready" } } : next.tokens,
  };
}

/** Tokens are gone; those at maps take their items along. */
export function endTokens(run: Run, ids: readonly number[]): Run {
  const next = ids.reduce(leaveItems, run);
  const tokens = { ...next.tokens };
  for (const id of ids) delete tokens[id];
  return { ...next, tokens };
}

/** A token leaves its map, which is not decided: the items that are under way are gone. */
export function leaveItems(run: Run, id: number): Run {
  const token = run.tokens[id];
  if (token?.status !== "mapping") return run;
  const step = stepOf(token);
  const next = scopesOf(run, step).reduce(dropScope, run);
  return { ...next, maps: without(next.maps, step) };
}

/** What items said that they came to, in their order; by `keys` where they have names. */
export function collected(map: MapState, keys: readonly string[] | undefined): Json {
  const { results } = map;
  const list = Array.from({ length: countOf(map) }, (_, index): Json => {
    const result = own(own(results, groupOf(index)), String(index));
    if (!result) return null;
    if ("output" in result) return result.output;
    const { code, message, node } = result.error;
    return { error: { code, message, ...(node !== undefined && { node }) } };
  });
  return keys ? Object.fromEntries(keys.map((key, index) => [key, list[index] ?? null])) : list;
}

/** The error of the item that failed last, and which item that was. */
export function lastFailure({ lastFailed: index, results }: MapState) {
  if (index === undefined) return undefined;
  const result = own(own(results, groupOf(index)), String(index));
  return result && "error" in result ? { index, error: result.error } : undefined;
}

function dropScope(run: Run, scope: string): Run {
  return carve(run, scope).rest;
}

function without<Value>(
  record: Readonly<Record<string, Value>> | undefined,
  name: string,
): Readonly<Record<string, Value>> {
  const { [name]: _gone, ...rest } = record ?? {};
  return rest;
}

function tokenOf(run: Run, id: number): Token {
  const token = run.tokens[id];
  if (!token) throw new Error(`run ${run.id} has no token ${id}`);
  return token;
}
