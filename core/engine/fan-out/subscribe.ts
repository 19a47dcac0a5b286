import { instantText, parseInstant } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Line } from "../../ports/senders.ts";
import type { Connection, Subscription } from "../../store/connections.ts";
import { NEW_LINE } from "../../store/lines.ts";
import { rows } from "../../store/rows.ts";
import { runsChangedSince } from "./changed-runs.ts";
import { eventsAfter } from "./events-after.ts";
import { owe } from "./line.ts";
import { type LiveDeps, lineDeps } from "./live-deps.ts";

export type Subscribing = Readonly<{
  id: string;
  runs: readonly string[] | "*";
  types?: readonly string[] | undefined;
  /** The last event of each run that the client has. */
  after?: Readonly<Record<string, number>> | undefined;
  /** With all runs: when the client began to be away. */
  since?: string | undefined;
}>;

/** Of one connection. */
export const SUBSCRIPTIONS_MAX = 50;
/** What a client saw last may have been told a little out of the order of runs. */
const SLACK_MS = 60_000;

/** Makes a subscription, and has its lines told from their cursors. */
export async function subscribe(
  deps: LiveDeps,
  connection: Connection,
  request: Subscribing,
): Promise<void> {
  const problem = await problemOf(deps, connection, request);
  if (problem) {
    const frame = { type: "error", subscription: request.id, ...problem };
    await deps.sockets.send(connection.id, JSON.stringify(frame));
    return;
  }
  const { tenant } = connection;
  const subscription: Subscription = {
    tenant,
    connection: connection.id,
    id: request.id,
    subscriber: `ws_${connection.id}/${deps.randomness.hex().slice(0, 12)}`,
    runs: request.runs,
    types: request.types ?? [],
  };
  const begunAt = deps.clock.now();
  const cursors = await cursorsOf(deps, tenant, request);
  // Lines first: a commit that is heard of before its line is there would begin at event 1.
  const lines = await begin(deps, subscription, cursors);
  const before = await deps.connections.subscribe(subscription);
  if (before) await deps.lines.removeAll(before);
  const frame = { type: "subscribed", subscription: request.id, at: instantText(begunAt) };
  await deps.sockets.send(connection.id, JSON.stringify(frame));
  for (const line of lines) await deps.owed(line);

  // Where other processes push, they know of it only after a while: what they missed is looked for.
  if (deps.connections.lagMs > 0) {
    await deps.pause(deps.connections.lagMs);
    for (const line of lines) await lookAgain(deps, line);
  }
  if (request.runs === "*") await findNew(deps, subscription, begunAt);
}

async function problemOf(
  deps: LiveDeps,
  connection: Connection,
  { id, runs, after = {} }: Subscribing,
): Promise<{ code: string; message: string } | undefined> {
  const own = await deps.connections.of(connection);
  if (own.length >= SUBSCRIPTIONS_MAX && own.every((one) => one.id !== id)) {
    const message = `a connection has at most ${SUBSCRIPTIONS_MAX} subscriptions`;
    return { code: "LIMIT_REACHED", message };
  }
  if (runs === "*") return undefined;
  const stranger = Object.keys(after).find((run) => !runs.includes(run));
  if (stranger !== undefined) {
    return {
      code: "INVALID_REQUEST",
      message: `\`after\` names ${stranger}, and \`runs\` does not`,
    };
  }
  for (const run of runs) {
    const head = await deps.table.get(rows.head(connection.tenant, run));
    if (!head) return { code: "NOT_FOUND", message: `there is no run ${run}` };
  }
  return undefined;
}

/** Where each run begins that is to be told now; others begin when something happens in them. */
async function cursorsOf(
  deps: LiveDeps,
  tenant: string,
  { runs, after = {}, since }: Subscribing,
): Promise<ReadonlyMap<string, number>> {
  if (runs !== "*") return new Map(runs.map((run) => [run, after[run] ?? 0]));
  const cursors = new Map(Object.entries(after));
  const awaySince = since === undefined ? await lastSeen(deps, tenant, after) : parseInstant(since);
  if (awaySince === undefined) return cursors;
  for (const run of await runsChangedSince(deps.table, tenant, awaySince - SLACK_MS)) {
    // A run of which the client has nothing is told from its first event.
    if (!cursors.has(run)) cursors.set(run, 0);
  }
  return cursors;
}

/** The time of the newest event that the client has. */
async function lastSeen(
  deps: LiveDeps,
  tenant: string,
  after: Readonly<Record<string, number>>,
): Promise<Instant | undefined> {
  let latest: Instant | undefined;
  for (const [runId, seq] of Object.entries(after)) {
    if (seq === 0) continue;
    const { events } = await eventsAfter(deps, { tenant, runId }, seq - 1);
    const at = parseInstant(events[0]?.at ?? "");
    if (at !== undefined && (latest === undefined || at > latest)) latest = at;
  }
  return latest;
}

async function begin(
  deps: LiveDeps,
  { tenant, subscriber }: Subscription,
  cursors: ReadonlyMap<string, number>,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const [runId, seq] of cursors) {
    const line = { tenant, subscriber, runId };
    const state = {
      ...NEW_LINE,
      seq,
      owed: seq,
      state: "owed",
      due: deps.lineClock.now(),
    } as const;
    await deps.lines.put(line, state, undefined);
    lines.push(line);
  }
  return lines;
}

async function lookAgain(deps: LiveDeps, line: Line): Promise<void> {
  const was = await deps.lines.get(line);
  if (was?.state !== "idle") return;
  const next = { ...was, state: "owed", due: deps.lineClock.now() } as const;
  if (await deps.lines.put(line, next, was)) await deps.owed(line);
}

/** Runs that changed after the client was asked for and before commits were heard for it. */
async function findNew(
  deps: LiveDeps,
  { tenant, subscriber }: Subscription,
  since: Instant,
): Promise<void> {
  for (const runId of await runsChangedSince(deps.table, tenant, since)) {
    const line = { tenant, subscriber, runId };
    if (await owe(lineDeps(deps), line, 1)) await deps.owed(line);
  }
}
