import type { Move } from "./event.ts";
import {
  type ItemResult,
  isWithin,
  itemScope,
  type KeptItems,
  type MapState,
  mapState,
} from "./frames.ts";
import { own } from "./json.ts";
import { revive } from "./revive-token.ts";
import { type Run, stepOf, type Token } from "./run.ts";

/** Results of items are kept in groups of so many. */
const GROUP = 100;
type Item = Omit<KeptItems, "bytes">;
const NOTHING: KeptItems = { tokens: {}, scopes: {}, maps: {}, bytes: 0 };

/** The run without a scope and all that is in it, and what that was. */
export function carve(run: Run, scope: string): Readonly<{ rest: Run; item: Item }> {
  const { tokens, scopes = {}, maps = {} } = run;
  const item = part({ tokens, scopes, maps }, (name) => isWithin(name, scope));
  const left = part({ tokens, scopes, maps }, (name) => !isWithin(name, scope));
  return { rest: { ...run, ...left }, item };
}

function part({ tokens, scopes, maps }: Item, takes: (scope: string | undefined) => boolean): Item {
  return {
    tokens: only(tokens, (_, token) => takes(token.scope)),
    scopes: only(scopes, takes),
    maps: only(maps, takes),
  };
}

function only<Value>(
  record: Readonly<Record<string, Value>>,
  takes: (name: string, value: Value) => boolean,
): Readonly<Record<string, Value>> {
  const taken: Record<string, Value> = {};
  for (const [name, value] of Object.entries(record)) if (takes(name, value)) taken[name] = value;
  return taken;
}

export function bytesOfItem(item: Item): number {
  return JSON.stringify(item).length;
}

/** The map with one item more that a retry can take up where it was. */
export function keeping(map: MapState, item: Item): MapState {
  const { tokens, scopes, maps, bytes } = map.kept ?? NOTHING;
  return {
    ...map,
    kept: {
      tokens: { ...tokens, ...item.tokens },
      scopes: { ...scopes, ...item.scopes },
      maps: { ...maps, ...item.maps },
      bytes: bytes + bytesOfItem(item),
    },
  };
}

/**
 * Maps whose failure ended the run, or the item that they are in, go on: items that have an output
 * stay, those that were kept go on where they were, those that never began will begin.
 */
export function reviveMaps(run: Run, stopped: Readonly<Record<string, Token>>): Run {
  const maps = { ...run.maps };
  const tokens = { ...run.tokens };
  for (const token of Object.values(stopped)) {
    const step = stepOf(token);
    const map = token.stopped ? own(run.maps, step) : undefined;
    const again = tokens[token.id];
    if (!map || !again) continue;
    maps[step] = reviveMap(run, step, map, token.id);
    tokens[token.id] = { ...again, status: "mapping" };
  }
  return run.maps ? { ...run, maps, tokens } : run;
}

function reviveMap(run: Run, step: string, map: MapState, token: number): MapState {
  const open = new Set<number>();
  for (const item of Object.values(run.scopes ?? {})) if (item.map === step) open.add(item.index);
  const results: Record<string, Readonly<Record<string, ItemResult>>> = {};
  const kept: number[] = [];
  const fresh: number[] = [];
  let failed = 0;
  for (const index of map.items.keys()) {
    const group = groupOf(index);
    const result = own(own(map.results, group), String(index));
    if (own(map.kept?.scopes, itemScope(step, index))) kept.push(index);
    else if (open.has(index)) continue;
    else if (!result || (!map.kept && "error" in result)) fresh.push(index);
    else {
      results[group] = { ...results[group], [index]: result };
      if ("error" in result) failed++;
    }
  }
  const { lastFailed: _last, again: _again, ...rest } = map;
  const again = [...kept, ...fresh];
  return {
    ...rest,
    token,
    next: map.items.length,
    failed,
    open: open.size,
    results,
    ...(again.length > 0 && { again }),
  };
}

export function groupOf(index: number): string {
  return String(Math.floor(index / GROUP));
}

/** An item goes on where it was: what it had under way is there again. */
export function goOnAgain(run: Run, { map: step, index }: Extract<Move, { op: "again" }>): Run {
  const map = mapState(run, step);
  const { kept = NOTHING, again, ...rest } = map;
  const item = keptItem(kept, step, index);
  const left = part(kept, (name) => !isWithin(name, itemScope(step, index)));
  const later = again?.filter((other) => other !== index) ?? [];
  const bytes = kept.bytes - bytesOfItem(item);
  const next: MapState = {
    ...rest,
    open: map.open + 1,
    ...(later.length > 0 && { again: later }),
    // Even when nothing is left in it, it tells that what failed and is not in it stays failed.
    kept: { ...left, bytes },
  };
  const alive: Run = {
    ...run,
    tokens: { ...run.tokens, ...mapped(item.tokens, (token) => revive(token, run.at)) },
    scopes: { ...run.scopes, ...item.scopes },
    maps: { ...run.maps, ...item.maps, [step]: next },
  };
  return reviveMaps(alive, item.tokens);
}

function mapped(
  tokens: Readonly<Record<string, Token>>,
  change: (token: Token) => Token,
): Readonly<Record<string, Token>> {
  return Object.fromEntries(Object.entries(tokens).map(([id, token]) => [id, change(token)]));
}

/** The tokens of an item that can go on where it was; none when it cannot. */
export function tokensKept({ kept }: MapState, step: string, index: number): readonly Token[] {
  return kept ? Object.values(keptItem(kept, step, index).tokens) : [];
}

function keptItem(kept: KeptItems, step: string, index: number): Item {
  const scope = itemScope(step, index);
  return part(kept, (name) => isWithin(name, scope));
}

/** The items of a map that are under way. */
export function scopesOf(run: Run, map: string): readonly string[] {
  return Object.entries(run.scopes ?? {}).flatMap(([scope, item]) =>
    item.map === map ? [scope] : [],
  );
}
