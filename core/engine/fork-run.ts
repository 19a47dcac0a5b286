import type { CommandOf } from "../kernel/command.ts";
import type { Event } from "../kernel/event.ts";
import { type ForkState, forkStateOf, type NoFork } from "../kernel/fork.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isOwed, stepOf } from "../kernel/run.ts";
import { bytesOf, SIZES } from "../kernel/sizes.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Loaded } from "../store/run-snapshot.ts";
import { type Begun, beginRun } from "./admission/begin-run.ts";
import { wantedBy } from "./admission/groups.ts";
import type { EngineDeps } from "./deps.ts";
import { ACTIVE_RUNS, concurrencyRefusal, isLimitRefusal, limitRefusal } from "./limits.ts";
import { named } from "./named.ts";
import { readRun } from "./read/read-run.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { noRun } from "./run-refusals.ts";
import { noEvent, seqAt } from "./snapshots.ts";
import { spentRefusal } from "./spent-refusal.ts";
import { answeredBefore, requestHashOf, runIdOf } from "./start-key.ts";
import { rateRefusal } from "./start-rate.ts";
import { actorOf, rateOf } from "./start-run.ts";
import type { Caller, Started, StartRequest } from "./views.ts";

export type ForkRequest = Readonly<{
  /** The number of an event of the run, or the name of a snapshot of it. */
  at: number | string;
  patch?: Readonly<{ vars?: JsonObject | undefined; input?: Json | undefined }> | undefined;
  idempotencyKey?: string | undefined;
  bodyHash?: string | undefined;
}>;

/** An effect of the run that a fork would have again. */
export type Repeated = Readonly<{ step: string; node: string; kind: string; seq: number }>;
export type ForkPreview = Readonly<{
  runId: string;
  at: number;
  /** Effects that the run began after that event, or had under way. */
  repeats: readonly Repeated[];
  /** There are more than are listed. */
  more: boolean;
}>;

/** Node types that do something outside the run. */
const EFFECTS = new Set(["tool", "llm", "notify", "subflow"]);
const REPEATS_MAX = 1_000;
const PAGE = 200;

type Point = Readonly<{ key: RunKey; at: number; loaded: Loaded; state: ForkState }>;

/** Begins another run where this one stood after one of its events. This one does not notice. */
export async function forkRun(
  deps: EngineDeps,
  caller: Caller,
  runId: string,
  request: ForkRequest,
): Promise<Result<Started>> {
  const point = await pointOf(deps, { tenant: caller.tenant, runId }, request);
  if (!point.ok) return point;
  const { vars = {}, input = point.value.loaded.run.input } = request.patch ?? {};
  if (bytesOf(input) > SIZES.inputMax || bytesOf(vars) > SIZES.inputMax) {
    return refuse("PAYLOAD_TOO_LARGE", `input and variables have at most ${SIZES.inputMax} bytes`);
  }
  const { workflow, tags } = point.value.loaded.run;
  // A key that was used for another run's fork was used with another body.
  const bodyHash = deps.hash(`fork/${runId}/${request.bodyHash ?? ""}`);
  const { idempotencyKey } = request;
  const start: StartRequest = { workflow: workflow.name, idempotencyKey, bodyHash, tags };
  const before = await answeredBefore(deps, caller.tenant, start);
  return before ?? begin(deps, caller, point.value, { start, input, vars });
}

/** What a fork would do again that the run has done; nothing is changed. */
export async function previewFork(
  deps: EngineDeps,
  caller: Caller,
  runId: string,
  request: ForkRequest,
): Promise<Result<ForkPreview>> {
  const point = await pointOf(deps, { tenant: caller.tenant, runId }, request);
  if (!point.ok) return point;
  const { key, at, loaded } = point.value;
  const repeats = underWay(loaded);
  let more = true;
  for (let seen = at; more && repeats.length <= REPEATS_MAX; ) {
    const page = await deps.log.read(key, seen, PAGE);
    for (const { seq, events = [] } of page.commits) {
      for (const [index, event] of events.entries()) {
        if (seq + index > at) repeats.push(...repeatedBy(event, seq + index));
      }
    }
    const last = page.commits.at(-1);
    seen = last ? last.seq + last.types.length - 1 : seen;
    more = page.more;
  }
  const isCut = repeats.length > REPEATS_MAX || more;
  return ok({ runId, at, repeats: repeats.slice(0, REPEATS_MAX), more: isCut });
}

function underWay({ run }: Loaded): Repeated[] {
  return Object.values((run.halted ?? run).tokens).flatMap((token) => {
    if (token.status !== "running" && token.wait?.kind !== "job") return [];
    return [{ step: stepOf(token), node: token.node, kind: "under way", seq: run.seq }];
  });
}

function repeatedBy(event: Event, seq: number): readonly Repeated[] {
  if (event.type !== "step.started" || !EFFECTS.has(event.kind)) return [];
  const { step, node, kind } = event;
  return [{ step, node, kind, seq }];
}

async function pointOf(
  deps: EngineDeps,
  key: RunKey,
  request: ForkRequest,
): Promise<Result<Point>> {
  const found = await seqAt(deps, key, request.at);
  if (!found.ok) return found;
  const at = found.value;
  const loaded = await deps.log.loadAt(key, at);
  const { run } = loaded;
  if (run.seq === 0) return noRun(key.runId);
  if (run.seq < at) return noEvent(key.runId, run.seq, at);
  const state = forkStateOf(run);
  if (typeof state === "string") return refuse("NOTHING_TO_FORK", WHY[state](at));
  return ok({ key, at, loaded, state });
}

const WHY: Readonly<Record<NoFork, (at: number) => string>> = {
  ended: (at) => `at event ${at} the run has ended: fork it from an earlier one`,
  undoing: (at) => `at event ${at} the run is undoing what it did: fork it from an earlier one`,
  held: (at) => `at event ${at} the run has not begun: start another one`,
};

type Beginning = Readonly<{ start: StartRequest; input: Json; vars: JsonObject }>;

/** Asks of the tenant what a start asks, but for lines and paces: it begins at once, or not. */
async function begin(
  deps: EngineDeps,
  caller: Caller,
  point: Point,
  beginning: Beginning,
): Promise<Result<Started>> {
  const { tenant } = caller;
  const { run } = point.loaded;
  const { name, version } = run.workflow;
  const record = await deps.workflows.get(tenant, name, version);
  if (!record) return refuse("WORKFLOW_NOT_FOUND", `there is no workflow ${named(name, version)}`);
  if (await deps.isSuspended(tenant)) {
    return refuse("TENANT_SUSPENDED", "the tenant is suspended: nothing of it begins");
  }
  const limits = await deps.limitsOf(tenant);
  const [spent, starts] = await Promise.all([
    spentRefusal(deps, tenant, limits),
    rateOf(deps, tenant, limits),
  ]);
  if (spent) return spent;
  if (starts?.rate.remaining === 0) return rateRefusal(starts.rate);
  const { start, input } = beginning;
  const runId = runIdOf(deps, tenant, start);
  const known = { tenant, runId, record, input, tags: run.tags, limits };
  const wanted = await wantedBy(deps, known);
  if (!wanted.ok) return wanted;
  const begun = await beginRun(deps, {
    key: { tenant, runId },
    command: commandOf(deps, { tenant, runId }, point, beginning),
    actor: actorOf(caller),
    definition: record,
    wanted: { units: wanted.value.units, onLimit: "reject" },
    also: () => (starts ? [starts.take] : []),
  });
  if (begun.type === "accepted") return ok(await begunView(deps, { tenant, runId }, begun));
  if (begun.type === "full") {
    const { unit } = begun;
    return unit.name === ACTIVE_RUNS ? limitRefusal(limits) : concurrencyRefusal(name, unit);
  }
  if (begun.type === "refused" && isLimitRefusal(begun.refused)) return limitRefusal(limits);
  const before = await answeredBefore(deps, tenant, start);
  return before ?? refuse("RUN_EXISTS", `there is a run with the id ${runId} already`);
}

function commandOf(
  deps: EngineDeps,
  { tenant, runId }: RunKey,
  { key: from, at, loaded, state }: Point,
  { start, input, vars }: Beginning,
): CommandOf<"run.create"> {
  const { run, hash: head } = loaded;
  const requestHash = requestHashOf(deps, start);
  const now = deps.clock.now();
  return {
    type: "run.create",
    id: runId,
    tenant,
    seed: deps.randomness.hex().slice(0, 20),
    input,
    tags: run.tags,
    ...(run.actor && { actor: run.actor }),
    ...(requestHash !== undefined && { requestHash }),
    // The time that the run still had at that event.
    ...(run.deadline !== undefined && { deadline: now + Math.max(0, run.deadline - run.at) }),
    fork: { from: { run: from.runId, seq: at, head }, state, vars },
  };
}

async function begunView(
  deps: EngineDeps,
  key: RunKey,
  { run, at }: Extract<Begun, { type: "accepted" }>,
): Promise<Started> {
  if (isOwed(run, at)) await deps.queue.wake(key);
  const view = await readRun(deps, key);
  if (!view) throw new Error(`run ${key.runId} was begun and cannot be read`);
  return { run: view, replayed: false };
}
