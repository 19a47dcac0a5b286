import type { Event } from "../kernel/event.ts";
import type { Instant, Json } from "../kernel/json.ts";
import { type Run, stepOf, type Token, tokensOf } from "../kernel/run.ts";
import type { Item, Operation } from "../ports/table.ts";
import { dueAt, dueShard, listSk, rows } from "./rows.ts";

/** Why a job is closed; only a job that was done or failed by its lease is answered for again. */
export type ClosedAs = "completed" | "failed" | "expired" | "cancelled";

/** Work that goes on outside, as its row keeps it. */
export type JobRecord = Readonly<{
  id: string;
  tenant: string;
  runId: string;
  node: string;
  step: string;
  tool: string;
  attempt: number;
  input: Json;
  idempotencyKey: string;
  /** When the attempt's time is over, whoever has the job. */
  until: Instant;
  /** Since when it has been offered. */
  since: Instant;
  /** away: done without being taken, under the name `ref`, and looked at from time to time. */
  status: "offered" | "leased" | "away" | "closed";
  lease?: string;
  worker?: string;
  ref?: string;
  /** How often one that is away was looked at. */
  looks?: number;
  closedAs?: ClosedAs;
  /** Goes on elsewhere though nobody wants it any more. */
  unwanted?: boolean;
  /** When somebody must look: the lease is over, or the row has been kept long enough. */
  lookAt?: Instant;
}>;

/** A closed job is remembered so long: whoever did it may ask twice, because an answer was lost. */
const CLOSED_KEPT_MS = 60 * 60 * 1_000;
/** The first look at what is away; later ones are further apart. */
export const FIRST_LOOK_MS = 2_000;

/** The jobs whose rows must be read before `jobRows` can be asked. */
export function jobsTouched(before: Run, after: Run): readonly string[] {
  const now = openJobs(after);
  return [...openJobs(before).keys()].filter((id) => !now.has(id));
}

/** A row for each job that a commit opens or closes. `found` are the rows as they are now. */
export function jobRows(
  before: Run,
  after: Run,
  events: readonly Event[],
  found: ReadonlyMap<string, Item>,
): { opened: readonly Operation[]; closed: readonly Operation[] } {
  const old = openJobs(before);
  const opened: Operation[] = [];
  const closed: Operation[] = [];
  for (const [id, token] of openJobs(after)) {
    if (old.get(id)?.attempt === token.attempt) continue;
    opened.push({ type: "put", item: jobItem(newJob(after, token)) });
  }
  for (const [id, token] of old) {
    const row = found.get(id);
    if (!row || openJobs(after).has(id)) continue;
    const record = closedJob(jobOf(row), closedBy(events, token), after, token);
    closed.push({ type: "put", item: jobItem(record) });
  }
  return { opened, closed };
}

const NONE: ReadonlyMap<string, Token> = new Map();

function openJobs(run: Run): ReadonlyMap<string, Token> {
  // Asked of every commit of every run, and few have any.
  let jobs: Map<string, Token> | undefined;
  for (const token of tokensOf(run)) {
    if (token.status !== "waiting" || token.wait?.kind !== "job") continue;
    jobs ??= new Map();
    jobs.set(token.wait.job, token);
  }
  return jobs ?? NONE;
}

function newJob(run: Run, token: Token): JobRecord {
  const { wait, node, attempt, input, key } = token;
  if (wait?.kind !== "job") throw new Error(`token ${token.id} of run ${run.id} has no job`);
  return {
    id: wait.job,
    tenant: run.tenant,
    runId: run.id,
    node,
    step: stepOf(token),
    tool: wait.tool,
    attempt,
    input: input ?? null,
    idempotencyKey: key ?? "",
    until: wait.until,
    since: run.at,
    status: wait.ref === undefined ? "offered" : "away",
    ...(wait.ref !== undefined && { ref: wait.ref, looks: 0, lookAt: run.at + FIRST_LOOK_MS }),
  };
}

const NOT_BY_ITS_LEASE = new Set(["TIMEOUT", "WORKER_LOST", "OUTCOME_UNKNOWN"]);

function closedBy(events: readonly Event[], token: Token): ClosedAs {
  const step = stepOf(token);
  for (const event of events) {
    if (!("step" in event) || event.step !== step) continue;
    if (event.type === "step.succeeded") return "completed";
    if (event.type === "step.failed" || event.type === "step.retrying") {
      return NOT_BY_ITS_LEASE.has(event.error.code) ? "expired" : "failed";
    }
  }
  return "cancelled";
}

function closedJob(job: JobRecord, closedAs: ClosedAs, after: Run, token: Token): JobRecord {
  const now = after.tokens[token.id];
  const isTriedAgain = now?.visit === token.visit && now.node === token.node;
  const unwanted = job.ref !== undefined && closedAs !== "completed" && !isTriedAgain;
  const lookAt = unwanted ? after.at : after.at + CLOSED_KEPT_MS;
  return { ...job, status: "closed", closedAs, input: null, lookAt, ...(unwanted && { unwanted }) };
}

/** Only what is offered is on the list of its tool, and only what somebody must look at is due. */
export function jobItem(job: JobRecord): Item {
  const { tenant, id, lookAt, status } = job;
  return {
    ...rows.job(tenant, id),
    ...(status === "offered" && {
      listPk: rows.jobsOffered(tenant, job.tool),
      listSk: listSk(job.since, id),
    }),
    ...(lookAt !== undefined && { dueShard: dueShard(id), dueAt: dueAt(lookAt, id) }),
    kind: "job",
    tenant,
    job: id,
    status,
    attempt: job.attempt,
    looks: job.looks ?? 0,
    ...(job.lease !== undefined && { lease: job.lease }),
    content: JSON.stringify(job),
  };
}

export function jobOf(row: Item): JobRecord {
  return JSON.parse(row.content ?? "{}") as JobRecord;
}
