import { guardedRequest } from "../adapters/net/guarded-request.ts";
import { targetOf } from "../adapters/net/target.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import type { FanOutDeps } from "../core/engine/fan-out/deps.ts";
import { runFacts } from "../core/engine/fan-out/run-facts.ts";
import { CallFailure } from "../core/ports/call-failure.ts";
import type { Log } from "../core/ports/log.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import type { Senders } from "../core/ports/senders.ts";
import { deliveryStore } from "../core/store/deliveries.ts";
import { endpointStore } from "../core/store/endpoints.ts";
import { tableLines } from "../core/store/lines.ts";

export type FanOutOptions = Readonly<{
  secrets: Secrets;
  senders: Senders;
  report: Log;
  /** A laptop's receivers may be on the laptop; no other private address is ever called. */
  allowLoopback: boolean;
  /** This process alone sends. */
  alone: boolean;
}>;

/** What telling the world needs, made the same behind every door. */
export function fanOutParts(engine: EngineDeps, options: FanOutOptions): FanOutDeps {
  const { table, log, clock, watch, randomness, hash, elapsed } = engine;
  const { allowLoopback, ...given } = options;
  return {
    ...given,
    table,
    log,
    clock,
    watch,
    randomness,
    hash,
    elapsed,
    request: (call) => guardedRequest({ ...call, allowLoopback }),
    targetProblem: (url) => targetProblem(url, allowLoopback),
    endpoints: endpointStore({ table, elapsed }),
    deliveries: deliveryStore(table),
    lines: tableLines(table),
    factsOf: runFacts(table),
    realNow: () => Date.now(),
  };
}

/** The same judgement as at every attempt, as far as it needs no resolver. */
function targetProblem(url: string, allowLoopback: boolean): string | undefined {
  try {
    targetOf(url, allowLoopback);
    return undefined;
  } catch (error) {
    if (error instanceof CallFailure) return error.message;
    throw error;
  }
}
