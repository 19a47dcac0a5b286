import { parseDuration, parseInstant } from "../kernel/duration.ts";
import type { EventOf } from "../kernel/event.ts";
import type { Instant, Json } from "../kernel/json.ts";
import { type Actor, isOwed } from "../kernel/run.ts";
import type { Operation } from "../ports/table.ts";
import { rows } from "../store/rows.ts";
import type { WorkflowRecord } from "../store/workflows.ts";
import { handleDeps } from "./contexts.ts";
import { API_TIME_MS, type EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import { handle } from "./handle.ts";
import { digestId, timedId } from "./ids.ts";
import { ACTIVE_RUNS, activeRunUnit, isLimitRefusal, limitRefusal } from "./limits.ts";
import { readRun } from "./read/read-run.ts";
import { commitMade, runView } from "./read/run-view.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import type { Caller, Started, StartRequest } from "./views.ts";
import { named } from "./workflows.ts";

/**
 * Starts a run, once for each idempotency key.
 *
 * The run's id is made from tenant and key, so the condition on its first commit is the check: a
 * repeat finds the run that is there, and the request's hash in its first event tells a repeat from
 * a reuse. A run with an id of the caller's own claims the key with a row beside its first commit.
 */
export function starting(deps: EngineDeps): Engine["runs"]["start"] {
  return async (caller, request) => {
    const record = await find(deps, caller.tenant, request);
    if (!record) {
      const message = `there is no workflow ${named(request.workflow, request.version)}`;
      return refuse("WORKFLOW_NOT_FOUND", message);
    }
    const input = request.input ?? null;
    const { input: schema } = record.document;
    if (schema && typeof schema === "object" && !Array.isArray(schema)) {
      const errors = deps.schemas.validate(schema as never, input, "input");
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
    return create(deps, caller, request, record, input, deadline);
  };
}

async function create(
  deps: EngineDeps,
  caller: Caller,
  request: StartRequest,
  record: WorkflowRecord,
  input: Json,
  deadline: Instant | undefined,
): Promise<Result<Started>> {
  const { tenant } = caller;
  const runId = idOf(deps, tenant, request);
  const key = { tenant, runId };
  const claimed = request.id !== undefined && request.idempotencyKey !== undefined;
  const limits = await deps.limitsOf(tenant);
  const requestHash = hashOf(deps, request);
  const handled = await handle(handleDeps(deps), {
    key,
    command: {
      type: "run.create",
      id: runId,
      tenant,
      seed: deps.randomness.hex().slice(0, 20),
      input,
      tags: request.tags ?? {},
      ...(deadline !== undefined && { deadline }),
      ...(request.actor && { actor: asserted(caller, request.actor) }),
      ...(requestHash !== undefined && { requestHash }),
      ...(limits.maxActiveRuns !== undefined && { units: [ACTIVE_RUNS] }),
    },
    actor: actorOf(caller),
    definition: record,
    also: (events) => [
      ...activeRunUnit(tenant, runId, limits, events),
      ...(claimed ? [claim(deps, tenant, request, runId)] : []),
    ],
    until: deps.elapsed() + API_TIME_MS,
  });
  if (handled.type === "accepted") {
    if (isOwed(handled.run, handled.at)) await deps.queue.wake(key);
    const made = commitMade(handled.run, handled.events, handled.at, actorOf(caller));
    return ok({ run: runView(handled.run, [made]), replayed: false });
  }
  if (handled.type === "refused") {
    if (isLimitRefusal(handled.refused)) return limitRefusal(limits);
    return existing(deps, caller, request, await claimant(deps, tenant, request, runId));
  }
  return existing(deps, caller, request, runId);
}

/** The run that is there already: the answer to a repeat, or the reason to refuse. */
async function existing(
  deps: EngineDeps,
  caller: Caller,
  request: StartRequest,
  runId: string,
): Promise<Result<Started>> {
  const key = { tenant: caller.tenant, runId };
  const { commits } = await deps.log.read(key, 0, 1);
  const created = commits[0]?.events?.[0] as EventOf<"run.created"> | undefined;
  const [usedKey, usedBody] = created?.requestHash?.split("/") ?? [];
  const [ownKey, ownBody] = hashOf(deps, request)?.split("/") ?? [];
  if (ownKey === undefined || usedKey !== ownKey) {
    return refuse("RUN_EXISTS", `there is a run with the id ${runId} already`);
  }
  if (usedBody !== ownBody) {
    const message = "this Idempotency-Key was used with another body";
    return refuse("IDEMPOTENCY_KEY_REUSED", message, { data: { runId } });
  }
  const run = await readRun(deps, key);
  if (run) return ok({ run, replayed: true });
  throw new Error(`run ${runId} has a first commit and cannot be read`);
}

function idOf(deps: EngineDeps, tenant: string, request: StartRequest): string {
  if (request.id !== undefined) return request.id;
  if (request.idempotencyKey === undefined) {
    return `run_${timedId(deps.clock.now(), deps.randomness.hex())}`;
  }
  return `run_${digestId(deps.hash(`run/${tenant}/${request.idempotencyKey}`))}`;
}

function hashOf(deps: EngineDeps, request: StartRequest): string | undefined {
  if (request.idempotencyKey === undefined) return undefined;
  const key = deps.hash(`key/${request.idempotencyKey}`).slice(0, 32);
  return `${key}/${(request.bodyHash ?? "").slice(0, 64)}`;
}

function claim(deps: EngineDeps, tenant: string, request: StartRequest, runId: string): Operation {
  const key = rows.replay(`${tenant}#runs`, deps.hash(request.idempotencyKey ?? ""));
  return { type: "put", item: { ...key, run: runId }, when: { type: "absent" } };
}

async function claimant(
  deps: EngineDeps,
  tenant: string,
  request: StartRequest,
  runId: string,
): Promise<string> {
  const key = rows.replay(`${tenant}#runs`, deps.hash(request.idempotencyKey ?? ""));
  const item = await deps.table.get(key);
  return item ? String(item["run"]) : runId;
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

/** Who made a commit: the key that was used, or the person it is bound to. */
export function actorOf(caller: Caller): Actor {
  if (caller.person !== undefined) {
    return { kind: "person", id: caller.person, assertedBy: caller.keyId };
  }
  return { kind: "key", id: caller.keyId };
}

function asserted(caller: Caller, actor: { kind: string; id: string }): Actor {
  return { ...actor, assertedBy: caller.keyId };
}
