import { isSame } from "../kernel/decisions/decide-task.ts";
import { parseDuration, parseInstant } from "../kernel/duration.ts";
import { heldToken, type Unit } from "../kernel/hold.ts";
import type { Instant, Json } from "../kernel/json.ts";
import { type Actor, isOwed } from "../kernel/run.ts";
import { bytesOf, SIZES } from "../kernel/sizes.ts";
import type { RunKey } from "../ports/queue.ts";
import type { WorkflowRecord } from "../store/workflows.ts";
import type { Limits } from "./access.ts";
import { type Begun, beginRun } from "./admission/begin-run.ts";
import { wantedBy } from "./admission/groups.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import { CALLBACK_TYPES, callbackOf } from "./fan-out/callback.ts";
import { ACTIVE_RUNS, concurrencyRefusal, isLimitRefusal, limitRefusal } from "./limits.ts";
import { named } from "./named.ts";
import { readRun } from "./read/read-run.ts";
import { commitMade, runView } from "./read/run-view.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { spentRefusal } from "./spent-refusal.ts";
import { answeredBefore, claimantOf, claimsOf, requestHashOf, runIdOf } from "./start-key.ts";
import { type Rate, rateRefusal, startRate } from "./start-rate.ts";
import type { Caller, Started, StartRequest } from "./views.ts";

/**
 * Starts a run, once for each idempotency key.
 *
 * The run's id is made from tenant and key, so the condition on its first commit is the check: a
 * repeat finds the run that is there, and the request's hash in its first event tells a repeat from
 * a reuse. A run with an id of the caller's own claims the key with a row beside its first commit.
 */
export function starting(deps: EngineDeps): Engine["runs"]["start"] {
  return async (caller, request) => {
    const checked = await checkStart(deps, caller, request);
    if (checked.ok) return create(deps, caller, request, checked.value);
    // A repeat is answered as the first was, whatever has changed since: a newer version of the
    // workflow may take other input.
    return (await answeredBefore(deps, caller.tenant, request)) ?? checked;
  };
}

type Checked = Readonly<{ record: WorkflowRecord; input: Json; deadline: Instant | undefined }>;

/** What can be said against a start before it is tried. */
export async function checkStart(
  deps: EngineDeps,
  caller: Caller,
  request: StartRequest,
): Promise<Result<Checked>> {
  if (request.actor && !mayName(caller, request.actor.id)) {
    return refuse("FORBIDDEN", "this key may not start runs on behalf of somebody else");
  }
  const record = await find(deps, caller.tenant, request);
  if (!record) {
    const message = `there is no workflow ${named(request.workflow, request.version)}`;
    return refuse("WORKFLOW_NOT_FOUND", message);
  }
  const input = request.input === undefined ? {} : request.input;
  const { maxPayloadBytes = SIZES.inputMax } = await deps.limitsOf(caller.tenant);
  const bytesMax = Math.min(SIZES.inputMax, maxPayloadBytes);
  if (bytesOf(input) > bytesMax) {
    return refuse("PAYLOAD_TOO_LARGE", `the input of a run has at most ${bytesMax} bytes`);
  }
  const { input: schema } = record.document;
  if (schema && typeof schema === "object" && !Array.isArray(schema)) {
    const whole = await deps.contents.whole({ tenant: caller.tenant }, input);
    if (whole === undefined) {
      const message = `the input refers to more than ${SIZES.openMax} bytes`;
      return refuse("PAYLOAD_TOO_LARGE", message);
    }
    const errors = deps.schemas.validate(schema as never, whole, "input");
    if (errors.length > 0) {
      return refuse("INVALID_INPUT", `the input does not fit ${record.name}`, { errors });
    }
  }
  const deadline = deadlineOf(request.deadline, deps.clock.now());
  if (deadline === "invalid") {
    const message = "the deadline is neither a duration nor an instant";
    const errors = [{ path: "deadline", code: "INVALID_VALUE", message }];
    return refuse("INVALID_REQUEST", message, { errors });
  }
  return ok({ record, input, deadline });
}

async function create(
  deps: EngineDeps,
  caller: Caller,
  request: StartRequest,
  { record, input, deadline }: Checked,
): Promise<Result<Started>> {
  const { tenant } = caller;
  const runId = runIdOf(deps, tenant, request);
  const [limits, claimant] = await Promise.all([
    deps.limitsOf(tenant),
    request.id === undefined ? claimantOf(deps, tenant, request) : undefined,
  ]);
  if (claimant !== undefined) return existing(deps, caller, request, runId);
  if (await deps.isSuspended(tenant)) {
    return refuse("TENANT_SUSPENDED", "the tenant is suspended: nothing of it begins");
  }
  const [spent, starts] = await Promise.all([
    spentRefusal(deps, tenant, limits),
    rateOf(deps, tenant, limits),
  ]);
  const over = spent ?? (starts?.rate.remaining === 0 ? rateRefusal(starts.rate) : undefined);
  if (over) return (await answeredBefore(deps, tenant, request)) ?? over;
  const { tags, startAt } = request;
  const wanted = await wantedBy(deps, { tenant, runId, record, input, tags, limits, startAt });
  if (!wanted.ok) return wanted;
  const begun = await beginRun(deps, {
    key: { tenant, runId },
    command: {
      type: "run.create",
      id: runId,
      tenant,
      seed: deps.randomness.hex().slice(0, 20),
      input,
      ...(deadline !== undefined && { deadline }),
      ...saidOf(deps, caller, request),
    },
    actor: actorOf(caller),
    definition: record,
    wanted: wanted.value,
    also: () => [
      ...(starts ? [starts.take] : []),
      ...claimsOf(deps, tenant, request),
      ...callbackOf(deps, tenant, runId, request),
    ],
  });
  if (begun.type === "accepted") {
    const started = await startedBy(deps, { tenant, runId }, begun, actorOf(caller));
    return ok({ ...started, ...(starts && { rate: left(starts.rate) }) });
  }
  if (begun.type === "full") return fullRefusal(record.name, begun.unit, limits);
  const isFull = begun.type === "refused" && isLimitRefusal(begun.refused);
  return isFull ? whichRefusal(deps, tenant, limits) : existing(deps, caller, request, runId);
}

async function startedBy(
  deps: EngineDeps,
  key: RunKey,
  { run, events, at }: Extract<Begun, { type: "accepted" }>,
  actor: Actor,
): Promise<Started> {
  if (isOwed(run, at)) await deps.queue.wake(key);
  // One that stands in a line is shown as it stands there now.
  const held = heldToken(run)?.hold.line === undefined ? undefined : await readRun(deps, key);
  return { run: held ?? runView(run, [commitMade(run, events, at, actor)]), replayed: false };
}

function fullRefusal(workflow: string, unit: Unit, limits: Limits) {
  return unit.name === ACTIVE_RUNS ? limitRefusal(limits) : concurrencyRefusal(workflow, unit);
}

/** What a request says that the run's record keeps as it is. */
function saidOf(deps: EngineDeps, caller: Caller, request: StartRequest) {
  const { tags = {}, actor, callback, priority } = request;
  const requestHash = requestHashOf(deps, request);
  return {
    tags,
    ...(actor && { actor: asserted(caller, actor) }),
    ...(requestHash !== undefined && { requestHash }),
    ...(priority !== undefined && priority !== 0 && { priority }),
    ...(callback && { callback: { types: callback.types ?? CALLBACK_TYPES } }),
  };
}

/** Of two counters, the one that can tell when it has room again is asked first. */
async function whichRefusal(deps: EngineDeps, tenant: string, limits: Limits) {
  const starts = await rateOf(deps, tenant, limits);
  if (!starts) return limitRefusal(limits);
  return starts.rate.remaining === 0 || limits.maxActiveRuns === undefined
    ? rateRefusal(starts.rate)
    : limitRefusal(limits);
}

export async function rateOf(deps: EngineDeps, tenant: string, { startsPerMinute }: Limits) {
  if (startsPerMinute === undefined) return undefined;
  return startRate(deps.table, tenant, startsPerMinute, deps.clock.now());
}

function left(rate: Rate): Rate {
  return { ...rate, remaining: Math.max(0, rate.remaining - 1) };
}

/** The first answer again, or the reason to refuse: a key used otherwise, or an id taken. */
async function existing(
  deps: EngineDeps,
  { tenant }: Caller,
  request: StartRequest,
  runId: string,
): Promise<Result<Started>> {
  const before = await answeredBefore(deps, tenant, request);
  return before ?? refuse("RUN_EXISTS", `there is a run with the id ${runId} already`);
}

async function find(deps: EngineDeps, tenant: string, { workflow, version }: StartRequest) {
  return version === undefined
    ? deps.workflows.newest(tenant, workflow)
    : deps.workflows.get(tenant, workflow, version);
}

function deadlineOf(text: string | undefined, now: Instant): Instant | undefined | "invalid" {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  return ms === undefined ? (parseInstant(text) ?? "invalid") : now + ms;
}

function mayName(caller: Caller, actor: string): boolean {
  if (caller.actsFor || caller.role === "admin") return true;
  return caller.person !== undefined && isSame(actor, caller.person);
}

/** Who made a commit: the key that was used, or the person it is bound to. */
export function actorOf(caller: Pick<Caller, "keyId" | "person">): Actor {
  if (caller.person !== undefined) {
    return { kind: "person", id: caller.person, assertedBy: caller.keyId };
  }
  return { kind: "key", id: caller.keyId };
}

function asserted(caller: Caller, actor: { kind: string; id: string }): Actor {
  return { ...actor, assertedBy: caller.keyId };
}
