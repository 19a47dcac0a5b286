import { isObject, type Json, type JsonObject, own } from "./json.ts";
import type { Run, RunError, StepResult, Token } from "./run.ts";

/** What each scope has of its own. The run is the outermost; items of maps are the others. */
export type Frame = Readonly<{
  /** In an item: what the item assigned. It sees those around it through these. */
  vars: JsonObject;
  visits: Readonly<Record<string, number>>;
  calls: Readonly<Record<string, number>>;
  results: Readonly<Record<string, readonly StepResult[]>>;
  joins: Readonly<Record<string, Readonly<{ arrived: number; fired: boolean }>>>;
  /** Output of the step whose token ended last. */
  lastOutput?: Json;
}>;

/** One item of a map, for as long as it is under way. */
export type ItemScope = Frame & Readonly<{ map: string; index: number }>;

export type ItemResult = Readonly<{ output: Json }> | Readonly<{ error: RunError }>;

/** A map whose items are under way, by the id of its step. */
export type MapState = Readonly<{
  node: string;
  /** The token at the map's node; gone when the map went on without the rest of its items. */
  token?: number;
  items: readonly Json[];
  /** Names of the items of an object. */
  keys?: readonly string[];
  /** The artifact that holds the items when they are large: so many, and by name or not. */
  large?: string;
  count?: number;
  keyed?: boolean;
  /** The item that comes next. */
  next: number;
  /** Items before it that a retry begins again, first. */
  again?: readonly number[];
  /** Items that are under way. */
  open: number;
  succeeded: number;
  failed: number;
  /** Of all results so far. */
  bytes: number;
  /** By hundreds of items and item, so that keeping one copies little of the others. */
  results: Readonly<Record<string, Readonly<Record<string, ItemResult>>>>;
  /** The item that failed last. */
  lastFailed?: number;
  /** Items that failed, or were under way when the map did, as they were: for a retry. */
  kept?: KeptItems;
}>;

/** What items had under way, out of the run's sight until the run is retried. */
export type KeptItems = Readonly<{
  tokens: Readonly<Record<string, Token>>;
  scopes: Readonly<Record<string, ItemScope>>;
  maps: Readonly<Record<string, MapState>>;
  bytes: number;
}>;

export function frameOf(run: Run, scope: string | undefined): Frame {
  if (scope === undefined) return run;
  const frame = own(run.scopes, scope);
  if (!frame) throw new Error(`run ${run.id} has no scope ${scope}`);
  return frame;
}

export function withFrame(run: Run, scope: string | undefined, change: Partial<Frame>): Run {
  if (scope === undefined) return { ...run, ...change };
  const frame = frameOf(run, scope) as ItemScope;
  return { ...run, scopes: { ...run.scopes, [scope]: { ...frame, ...change } } };
}

/** The scope of an item; its steps begin with it. */
export function itemScope(map: string, index: number): string {
  return `${map}:${index}`;
}

/** The step of the map that a scope is an item of. */
export function mapOf(scope: string): string {
  return scope.slice(0, scope.lastIndexOf(":"));
}

/** The scope that a step is in, by the step's id: `each.1:3.work.1` is in `each.1:3`. */
export function scopeAround(step: string): string | undefined {
  const item = step.lastIndexOf(":");
  if (item < 0) return undefined;
  return step.slice(0, step.indexOf(".", item));
}

/** Whether one scope is the other, or an item of a map in it. */
export function isWithin(scope: string | undefined, outer: string): boolean {
  return scope !== undefined && (scope === outer || scope.startsWith(`${outer}.`));
}

/** A node's name in its own graph: a node of a body is known as `each/work` to the outside. */
export function localName(node: string): string {
  return node.slice(node.lastIndexOf("/") + 1);
}

/** The map whose body a node is in; "" for the workflow's own graph. */
export function bodyOf(node: string): string {
  return node.slice(0, Math.max(0, node.lastIndexOf("/")));
}

/** The variables that a scope sees: its own before those around it. */
export function varsIn(run: Run, scope: string | undefined): JsonObject {
  if (scope === undefined) return run.vars;
  const around = varsIn(run, scopeAround(mapOf(scope)));
  const { vars } = frameOf(run, scope);
  return Object.keys(vars).length === 0 ? around : { ...around, ...vars };
}

/** The item that a scope is of. */
export function itemIn(run: Run, scope: string): Readonly<{ map: MapState; index: number }> {
  const { map, index } = frameOf(run, scope) as ItemScope;
  return { map: mapState(run, map), index };
}

export function countOf({ items, count }: MapState): number {
  return count ?? items.length;
}

type Entries = Readonly<{ values: readonly Json[]; keys?: readonly string[] }>;

const ENTRIES = new WeakMap<object, Entries>();

/** The items of a list or an object, in order; each item of a large map asks for them. */
export function entriesOf(items: unknown): Entries {
  if (Array.isArray(items)) return { values: items as readonly Json[] };
  if (!isObject(items)) return { values: [] };
  let made = ENTRIES.get(items);
  if (!made) {
    made = { values: Object.values(items), keys: Object.keys(items) };
    ENTRIES.set(items, made);
  }
  return made;
}

export function mapState(run: Run, map: string): MapState {
  const state = own(run.maps, map);
  if (!state) throw new Error(`run ${run.id} has no map ${map}`);
  return state;
}

/**
 * What `$steps.<node>` is where a token stands: its own path's newest visit, else the last that was
 * completed. From inside an item the names of the graphs around it are seen too, unless the body
 * has a node of that name.
 *
 * @param has whether a graph has a node, by the node's full name.
 */
export function resultFor(
  run: Run,
  at: Readonly<{ token: Token | undefined; scope: string | undefined; body: string }>,
  node: string,
  has: (node: string) => boolean,
): (StepResult & { visits: number }) | undefined {
  const { token, scope, body } = at;
  const frame = frameOf(run, scope);
  const results = own(frame.results, node);
  if (results) {
    const seen = own(token?.seen, node);
    const visited = seen === undefined ? undefined : results.find(({ visit }) => visit === seen);
    const result = visited ?? results.at(-1);
    return result && { ...result, visits: own(frame.visits, node) ?? result.visit };
  }
  if (scope === undefined || has(`${body}/${node}`)) return undefined;
  const map = mapState(run, mapOf(scope));
  const around = {
    token: map.token === undefined ? undefined : run.tokens[map.token],
    scope: scopeAround(mapOf(scope)),
    body: bodyOf(body),
  };
  return resultFor(run, around, node, has);
}
