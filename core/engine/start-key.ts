import type { EventOf } from "../kernel/event.ts";
import { digestId, timedId } from "../kernel/ids.ts";
import type { Operation } from "../ports/table.ts";
import { rows } from "../store/rows.ts";
import type { EngineDeps } from "./deps.ts";
import { readRun } from "./read/read-run.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import type { Started, StartRequest } from "./views.ts";

export function runIdOf(deps: EngineDeps, tenant: string, request: StartRequest): string {
  if (request.id !== undefined) return request.id;
  if (request.idempotencyKey === undefined) {
    return `run_${timedId(deps.clock.now(), deps.randomness.hex())}`;
  }
  return idOfKey(deps, tenant, request.idempotencyKey);
}

function idOfKey(deps: EngineDeps, tenant: string, key: string): string {
  return `run_${digestId(deps.hash(`run/${tenant}/${key}`))}`;
}

/** Kept in the run's first event: the key's digest, and that of the body it came with. */
export function requestHashOf(deps: EngineDeps, request: StartRequest): string | undefined {
  if (request.idempotencyKey === undefined) return undefined;
  const key = deps.hash(`key/${request.idempotencyKey}`).slice(0, 32);
  return `${key}/${(request.bodyHash ?? "").slice(0, 64)}`;
}

/**
 * What a start with a key *and* an id of its own writes beside its first commit: it claims the key,
 * and makes sure that no run has it by having been given its id.
 */
export function claimsOf(
  deps: EngineDeps,
  tenant: string,
  request: StartRequest,
): readonly Operation[] {
  const { id, idempotencyKey } = request;
  if (id === undefined || idempotencyKey === undefined) return [];
  const item = { ...claimKey(deps, tenant, idempotencyKey), run: id };
  const derived = idOfKey(deps, tenant, idempotencyKey);
  const claim: Operation = { type: "put", item, when: { type: "absent" } };
  if (derived === id) return [claim];
  const key = rows.commit(tenant, derived, 1);
  return [claim, { type: "check", key, when: { type: "absent" } }];
}

function claimKey(deps: EngineDeps, tenant: string, key: string) {
  return rows.replay(`${tenant}#runs`, deps.hash(key));
}

/** The run of the caller's own id that has claimed the request's key. */
export async function claimantOf(
  deps: EngineDeps,
  tenant: string,
  { idempotencyKey }: StartRequest,
): Promise<string | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const item = await deps.table.get(claimKey(deps, tenant, idempotencyKey));
  return item && String(item["run"]);
}

/** What became of the request's key: the first run again, a refusal, or nothing if it is unused. */
export async function answeredBefore(
  deps: EngineDeps,
  tenant: string,
  request: StartRequest,
): Promise<Result<Started> | undefined> {
  const { idempotencyKey } = request;
  if (idempotencyKey === undefined) return undefined;
  const claimant = await claimantOf(deps, tenant, request);
  const runId = claimant ?? idOfKey(deps, tenant, idempotencyKey);
  const used = await requestHashIn(deps, tenant, runId);
  const own = requestHashOf(deps, request);
  if (used === undefined || keyIn(used) !== keyIn(own)) return undefined;
  if (used !== own) {
    const message = "this Idempotency-Key was used with another body";
    return refuse("IDEMPOTENCY_KEY_REUSED", message, { data: { runId } });
  }
  const run = await readRun(deps, { tenant, runId });
  if (run) return ok({ run, replayed: true });
  throw new Error(`run ${runId} has a first commit and cannot be read`);
}

async function requestHashIn(
  deps: EngineDeps,
  tenant: string,
  runId: string,
): Promise<string | undefined> {
  const { commits } = await deps.log.read({ tenant, runId }, 0, 1);
  const created = commits[0]?.events?.[0] as EventOf<"run.created"> | undefined;
  return created?.requestHash;
}

function keyIn(hash: string | undefined): string | undefined {
  return hash?.split("/")[0];
}
