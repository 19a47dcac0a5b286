import type { EventOf } from "./event.ts";
import { frameOf, withFrame } from "./frames.ts";
import { closeMap, openMap } from "./item-moves.ts";
import { type Instant, own } from "./json.ts";
import { applyMoves } from "./moves.ts";
import type { Run, StepResult, Token } from "./run.ts";

export function started(run: Run, event: EventOf<"step.started">, at: Instant): Run {
  const isRecovery = event.recovery !== undefined;
  const isMap = event.kind === "map";
  const next = withToken(run, event.token, (token) => ({
    ...withoutWait(token),
    status: isMap ? "mapping" : "running",
    visit: event.visit,
    attempt: event.attempt,
    approved: false,
    recoveries: event.recovery ?? token.recoveries,
    call: event.call ?? token.call,
    since: at,
    ...(event.input !== undefined && !isMap && { input: event.input }),
    ...(event.key !== undefined && { key: event.key }),
    ...(event.reconciles !== undefined && asking(token, event.reconciles)),
  }));
  const scope = next.tokens[event.token]?.scope;
  const { visits, calls } = frameOf(next, scope);
  const isFirst = event.attempt === 1 && !isRecovery;
  const counted = isFirst ? { ...next, steps: (next.steps ?? 0) + 1 } : next;
  const begun = withFrame(counted, scope, {
    visits: { ...visits, [event.node]: Math.max(event.visit, own(visits, event.node) ?? 0) },
    calls: event.call === undefined || isRecovery ? calls : { ...calls, [event.node]: event.call },
  });
  return isMap ? applyMoves(openMap(begun, event), event.moves ?? []) : begun;
}

/** What asks about an attempt is no attempt itself. */
function asking({ spent = 0, reconciling }: Token, attempt: number): Partial<Token> {
  return { spent: spent + 1, reconciling: { attempt, tries: (reconciling?.tries ?? 0) + 1 } };
}

export function retries(run: Run, event: EventOf<"step.retrying">, at: Instant): Run {
  return withToken(run, event.token, (token) => ({
    ...withoutWait(token),
    status: "retrying",
    dueAt: event.at,
    since: at,
    ...(event.recovery && { recovering: true, recoveries: token.recoveries + 1 }),
    ...(event.fresh && { recoveries: 0, spent: token.attempt }),
  }));
}

/** Whatever the attempt was waited for by is over; a tool may be asked what came of it. */
export function unknown(run: Run, event: EventOf<"step.unknown">, at: Instant): Run {
  return withToken(run, event.token, (token) => ({
    ...withoutWait(token),
    ...(event.reconcile && {
      status: "ready" as const,
      since: at,
      reconciling: { attempt: event.attempt, tries: 0 },
    }),
  }));
}

export function reconciled(run: Run, event: EventOf<"tool.returned">): Run {
  return withToken(run, event.token, ({ reconciling: _known, ...token }) => token);
}

export function waits(run: Run, event: EventOf<"step.waiting">, at: Instant): Run {
  const { token: id, wait, dueAt, took } = event;
  const next = withToken(run, id, ({ dueAt: _due, ...token }) => ({
    ...token,
    status: "waiting",
    wait,
    since: at,
    ...(dueAt === undefined ? {} : { dueAt }),
  }));
  if (!took) return next;
  return { ...next, signals: next.signals.filter(({ n }) => !took.includes(n)) };
}

export function succeeded(
  run: Run,
  told: EventOf<"step.succeeded"> | EventOf<"step.skipped">,
): Run {
  const isSkipped = told.type === "step.skipped";
  const event: EventOf<"step.succeeded"> = isSkipped ? { ...told, type: "step.succeeded" } : told;
  const scope = run.tokens[event.token]?.scope;
  const result: StepResult = resultBefore(run, event, scope) ?? {
    visit: event.visit,
    status: isSkipped ? "skipped" : "succeeded",
    output: event.output,
    attempts: event.attempt,
    ...(event.won !== undefined && { won: event.won }),
  };
  const recorded = record(stopping(closeMap(run, event.step), event, scope), event, scope, result);
  const { usage, signal, compensate: by } = event;
  const { vars } = frameOf(recorded, scope);
  const next = withFrame(recorded, scope, {
    lastOutput: event.output,
    vars: event.vars ? { ...vars, ...event.vars } : vars,
  });
  return applyMoves(
    {
      ...next,
      ...(by !== undefined && {
        undo: [...(next.undo ?? []), { node: event.node, visit: event.visit, by }],
      }),
      cost: next.cost + (event.cost ?? 0),
      usage: usage
        ? {
            inputTokens: next.usage.inputTokens + usage.inputTokens,
            outputTokens: next.usage.outputTokens + usage.outputTokens,
            totalTokens: next.usage.totalTokens + usage.totalTokens,
          }
        : next.usage,
      signals:
        signal === undefined ? next.signals : next.signals.filter((entry) => entry.n !== signal),
    },
    event.moves ?? [],
  );
}

export function failed(run: Run, event: EventOf<"step.failed">): Run {
  const scope = run.tokens[event.token]?.scope;
  // A map that ends the run, or an item, keeps what its items came to, for a retry.
  const known = isEnd(event, scope) ? run : closeMap(run, event.step);
  const next = record(stopping(known, event, scope), event, scope, {
    visit: event.visit,
    status: "failed",
    error: event.error,
    attempts: event.attempt,
  });
  const visits = { ...frameOf(next, scope).visits };
  visits[event.node] = Math.max(event.visit, own(visits, event.node) ?? 0);
  return applyMoves(withFrame(next, scope, { visits }), event.moves ?? []);
}

type Ended = EventOf<"step.succeeded"> | EventOf<"step.failed">;

/** A step whose token did not go on has ended the run, or its item; a retry begins where it is. */
function stopping(run: Run, event: Ended, scope: string | undefined): Run {
  if (!isEnd(event, scope) || !run.tokens[event.token]) return run;
  return withToken(run, event.token, (one) => ({ ...one, stopped: true, ...stuck(one, event) }));
}

function stuck(token: Token, event: Ended): Pick<Token, "stuck"> {
  if (event.type === "step.failed") return {};
  const isSet = event.vars !== undefined || token.stuck === "assigned";
  return { stuck: isSet ? "assigned" : "unassigned" };
}

/** What a step came to that had succeeded before, and whose token tries again to go on. */
function resultBefore(
  run: Run,
  { token, node, visit }: Ended,
  scope: string | undefined,
): StepResult | undefined {
  if (!run.tokens[token]?.stuck) return undefined;
  return own(frameOf(run, scope).results, node)?.find((one) => one.visit === visit);
}

function isEnd({ moves }: Ended, scope: string | undefined): boolean {
  if (moves === undefined) return true;
  const [first] = moves;
  return first?.op === "leave" && first.error !== undefined && first.scope === scope;
}

/** Keeps a visit's result, and forgets those that no path of its scope can see any more. */
function record(
  run: Run,
  { node, token: id }: { node: string; token: number },
  scope: string | undefined,
  result: StepResult,
): Run {
  const token = run.tokens[id];
  let tokens = run.tokens;
  if (token?.seen) {
    const seen = { ...token.seen, [node]: result.visit };
    tokens = { ...tokens, [token.id]: { ...token, seen } };
  }
  const needed = new Set<number>();
  for (const live of Object.values(tokens)) {
    const visit = live.scope === scope ? own(live.seen, node) : undefined;
    if (visit !== undefined) needed.add(visit);
  }
  if (scope === undefined) {
    for (const one of run.undo ?? []) if (one.node === node) needed.add(one.visit);
  }
  const { results } = frameOf(run, scope);
  const kept = (own(results, node) ?? []).filter(
    // A visit that failed and was retried has its newer result only.
    (old) => needed.has(old.visit) && old.visit !== result.visit,
  );
  const next = tokens === run.tokens ? run : { ...run, tokens };
  return withFrame(next, scope, { results: { ...results, [node]: [...kept, result] } });
}

export function withoutWait(token: Token): Token {
  const { dueAt: _due, wait: _wait, recovering: _recovering, gated: _gated, ...bare } = token;
  const { child: _child, stuck: _stuck, ...rest } = bare;
  return rest;
}

export function withToken(run: Run, id: number, change: (token: Token) => Token): Run {
  const token = run.tokens[id];
  if (!token) throw new Error(`run ${run.id} has no token ${id} at event ${run.seq}`);
  return { ...run, tokens: { ...run.tokens, [id]: change(token) } };
}
