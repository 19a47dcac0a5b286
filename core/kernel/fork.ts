import type { KeptItems, MapState } from "./frames.ts";
import type { JsonObject } from "./json.ts";
import { reviveMaps } from "./kept-items.ts";
import { revive } from "./revive-token.ts";
import { hasEnded, type Run, type Token } from "./run.ts";

/** Where a run begins that is a fork: another run as one of its events left it. */
export type ForkedFrom = Readonly<{
  run: string;
  seq: number;
  /** The hash of the commit that holds the event, so that the record of the other one is named. */
  head: string;
}>;

/** What a fork has of the run that it comes from. */
export type ForkState = Readonly<
  Pick<
    Run,
    | "vars"
    | "tokens"
    | "tokensMade"
    | "arrivals"
    | "visits"
    | "calls"
    | "results"
    | "joins"
    | "scopes"
    | "maps"
    | "signals"
    | "signalsReceived"
    | "signalIds"
    | "lastOutput"
    | "steps"
  >
>;

/** The run begins where another one stood. */
export type RunForked = Readonly<{
  type: "run.forked";
  from: ForkedFrom;
  /** What it begins with; a large one is kept beside the log, as the artifact that is named. */
  state?: ForkState;
  stateIn?: string;
  /** Variables that it has otherwise. */
  vars?: JsonObject;
}>;

/** Why nothing can begin where a run stood. */
export type NoFork = "ended" | "undoing" | "held";

/**
 * What another run needs to go on from where this one stands. Steps that were under way begin again
 * there as calls of its own, with keys of its own; it leads no child of this run, has no approval
 * that was given to it, and undoes nothing that it did not do.
 */
export function forkStateOf(run: Run): ForkState | NoFork {
  if (run.undoing) return "undoing";
  if (hasEnded(run) && !run.halted) return "ended";
  const { tokens, joins, signals, scopes, maps } = run.halted ?? run;
  if (Object.values(tokens).some(({ status }) => status === "held")) return "held";
  const { vars, tokensMade, arrivals, visits, calls, results } = run;
  const { signalsReceived, signalIds, lastOutput, steps } = run;
  return {
    vars,
    tokensMade,
    arrivals,
    visits,
    calls,
    results,
    joins,
    signals,
    signalsReceived,
    signalIds,
    tokens: eachOf(tokens, anew),
    ...(scopes && { scopes }),
    ...(maps && { maps: eachOf(maps, mapAnew) }),
    ...(lastOutput !== undefined && { lastOutput }),
    ...(steps !== undefined && { steps }),
  };
}

function anew(token: Token): Token {
  const { key: _key, input: _input, child: _child, approved, ...bare } = token;
  const { recovering: _recovering, reconciling: _reconciling, undoes: _undoes, ...kept } = bare;
  const wait = kept.wait?.kind === "child" ? undefined : kept.wait;
  const { wait: _wait, ...rest } = kept;
  return {
    ...rest,
    ...(wait && { wait }),
    // A call in flight is the other run's: here it is stopped, and begins again.
    ...(token.status === "running" && { stopped: true }),
    ...(approved && { gated: true }),
  };
}

function mapAnew(map: MapState): MapState {
  return map.kept ? { ...map, kept: keptAnew(map.kept) } : map;
}

function keptAnew(kept: KeptItems): KeptItems {
  return { ...kept, tokens: eachOf(kept.tokens, anew), maps: eachOf(kept.maps, mapAnew) };
}

function eachOf<Value>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** The run as the fork that it was made to be. */
export function forked(run: Run, { from, state, vars }: RunForked): Run {
  if (!state) throw new Error(`run ${run.id} is a fork, and has not what it begins with`);
  const tokens = eachOf(state.tokens, (token) => revive(token, run.at));
  const next: Run = {
    ...run,
    ...state,
    vars: { ...state.vars, ...vars },
    tokens,
    forkedFrom: from,
  };
  return reviveMaps(next, state.tokens);
}
