import type { Instant } from "../kernel/json.ts";
import type { Key } from "../ports/table.ts";

/**
 * Where every row lives: the one list of keys. The tenant comes first in each, except under
 * `platform`, which no tenant id can equal (those begin with `ten_`, or are `default`).
 */
export const rows = {
  /** All rows of one run share a partition, so one query reads its log. */
  run: (tenant: string, run: string) => `${tenant}#run#${run}`,
  head: (tenant: string, run: string): Key => ({ pk: rows.run(tenant, run), sk: "head" }),
  commit: (tenant: string, run: string, seq: number): Key => ({
    pk: rows.run(tenant, run),
    sk: `log#${padded(seq)}`,
  }),
  snapshot: (tenant: string, run: string): Key => ({ pk: rows.run(tenant, run), sk: "snapshot" }),
  /** What people call a snapshot: a name for one of the run's events. */
  bookmark: (tenant: string, run: string, name: string): Key => ({
    pk: rows.run(tenant, run),
    sk: `mark#${name}`,
  }),
  /** The newest signature of its head: see `core/engine/ledger/sign-head.ts`. */
  signature: (tenant: string, run: string): Key => ({
    pk: rows.run(tenant, run),
    sk: "signature",
  }),
  /** A run's children, in one partition, so that one query finds them all. */
  child: (tenant: string, parent: string, child: string): Key => ({
    pk: `${tenant}#children#${parent}`,
    sk: child,
  }),
  /** A large value of a run, by its content. */
  artifact: (tenant: string, id: string, owner: string): Key => ({
    pk: `${tenant}#artifact#${id}`,
    sk: owner,
  }),
  artifactsOf: (tenant: string, owner: string) => ({ listPk: `${tenant}#artifacts#${owner}` }),
  task: (tenant: string, task: string): Key => ({ pk: `${tenant}#task#${task}`, sk: "task" }),
  /** Work that goes on outside; its list is that of its tool. */
  job: (tenant: string, job: string): Key => ({ pk: `${tenant}#job#${job}`, sk: "job" }),
  jobsOffered: (tenant: string, tool: string) => `${tenant}#jobs#${tool}`,
  /** A mail that is owed; removed once it was handed to the mailer. */
  mail: (tenant: string, id: string): Key => ({ pk: `${tenant}#mail`, sk: id }),
  /** Who waits for a tenant event, and events that nobody waited for yet. */
  event: (tenant: string, name: string, key: string) =>
    `${tenant}#event#${separate(name)}#${separate(key)}`,
  /** An event that was sent with an id of the sender's own. */
  eventId: (tenant: string, id: string): Key => ({
    pk: `${tenant}#eventid#${separate(id)}`,
    sk: "id",
  }),
  counter: (tenant: string, name: string): Key => ({ pk: `${tenant}#counter`, sk: name }),
  /** Runs that stand in the line of a limit; the highest priority first, then the oldest. */
  inLine: (tenant: string, line: string, place: string): Key => ({
    pk: `${tenant}#inline#${line}`,
    sk: place,
  }),
  /** A line that may have somebody in it: looked at from time to time. */
  waitingLine: (tenant: string, line: string): Key => ({ pk: `${tenant}#lines`, sk: line }),
  /** When the next of a throttled group may begin, or which is the newest of a debounced one. */
  pace: (tenant: string, group: string): Key => ({ pk: `${tenant}#pace`, sk: group }),
  /** What models cost runs that ended in the month, in millionths of a dollar. */
  spent: (tenant: string, at: Instant): Key => ({
    pk: `${tenant}#counter`,
    sk: `microUsd#${new Date(at).toISOString().slice(0, 7)}`,
  }),
  /** What the runs of a day that is over came to. */
  usage: (tenant: string, date: string): Key => ({ pk: `${tenant}#usage`, sk: date }),
  /** Runs that a tenant started in the minute that begins then. */
  starts: (tenant: string, begin: Instant): Key => ({
    pk: `${tenant}#counter`,
    sk: `starts#${padded(begin / 60_000)}`,
  }),
  unit: (tenant: string, counter: string, holder: string): Key => ({
    pk: `${tenant}#unit#${counter}`,
    sk: holder,
  }),
  workflow: (tenant: string, name: string, version: number): Key => ({
    pk: `${tenant}#workflow#${name}`,
    sk: `v#${padded(version)}`,
  }),
  /** A version that was deleted: no new run finds it, and those that it has keep it. */
  workflowGone: (tenant: string, name: string, version: number): Key => ({
    pk: `${tenant}#workflow#${name}`,
    sk: `gone#${padded(version)}`,
  }),
  /** The highest number that a version ever had, where no version is left. */
  workflowLast: (tenant: string, name: string): Key => ({
    pk: `${tenant}#workflow#${name}`,
    sk: "last",
  }),
  workflowHead: (tenant: string, name: string): Key => ({
    pk: `${tenant}#workflows`,
    sk: name,
  }),
  schedule: (tenant: string, id: string): Key => ({ pk: `${tenant}#schedules`, sk: id }),
  tool: (tenant: string, name: string): Key => ({ pk: `${tenant}#tools`, sk: name }),
  /** What failed for good and waits for an operator. */
  deadLetter: (tenant: string, id: string): Key => ({ pk: `${tenant}#dead#${id}`, sk: "letter" }),
  secret: (tenant: string, name: string): Key => ({ pk: `${tenant}#secrets`, sk: name }),
  webhook: (tenant: string, id: string): Key => ({ pk: `${tenant}#webhooks`, sk: id }),
  /** An address for others' webhooks. */
  hook: (tenant: string, name: string): Key => ({ pk: `${tenant}#hooks`, sk: name }),
  /** Whom one run tells; it lives and dies with its run. */
  callback: (tenant: string, run: string): Key => ({ pk: rows.run(tenant, run), sk: "callback" }),
  /** Written with commits that a callback is to hear of: see `core/store/callbacks.ts`. */
  callbackOwed: (tenant: string, run: string): Key => ({
    pk: rows.run(tenant, run),
    sk: "callback#owed",
  }),
  /** How far one subscriber has been told of one run. */
  line: (tenant: string, subscriber: string, run: string): Key => ({
    pk: `${tenant}#line#${subscriber}`,
    sk: run,
  }),
  delivery: (tenant: string, id: string): Key => ({
    pk: `${tenant}#delivery#${id}`,
    sk: "delivery",
  }),
  /** A webhook that is being told again what it has missed. */
  recovery: (tenant: string, webhook: string): Key => ({
    pk: `${tenant}#recoveries`,
    sk: webhook,
  }),
  /** What was asked to be changed, by month; `sk` is its time and id. */
  audit: (tenant: string, month: string, sk: string): Key => ({
    pk: `${tenant}#audit#${month}`,
    sk,
  }),
  replay: (scope: string, key: string): Key => ({ pk: `${scope}#replays`, sk: key }),
  keyOfTenant: (tenant: string, id: string): Key => ({ pk: `${tenant}#keys`, sk: id }),
  /** When a key was last used; beside the key, which nothing but its owner changes. */
  keyUse: (tenant: string, id: string): Key => ({ pk: `${tenant}#keyuse`, sk: id }),
  tenant: (id: string): Key => ({ pk: "platform#tenants", sk: id }),
  /** A tenant that was deleted, until nothing of it is left. */
  closing: (tenant: string): Key => ({ pk: "platform#closing", sk: tenant }),
  /** Where the sweep stopped in a shard of the due index. */
  sweep: (shard: string): Key => ({ pk: "platform#sweep", sk: shard }),
  /** A connection of a tenant, and under it, after a `#`, its subscriptions. */
  connection: (tenant: string, id: string): Key => ({ pk: `${tenant}#sockets`, sk: id }),
  /** Whose connection it is: a frame comes with nothing but the connection's id. */
  connectionById: (id: string): Key => ({ pk: `platform#socket#${id}`, sk: "socket" }),
  ticket: (hash: string): Key => ({ pk: `platform#ticket#${hash}`, sk: "ticket" }),
  keyByHash: (hash: string): Key => ({ pk: `platform#key#${hash}`, sk: "key" }),
} as const;

/** No two texts become one, and none becomes longer than the key of a row may be. */
function separate(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("#", "%23");
}

/** Twelve digits: sorts as text like the number does. */
export function padded(n: number): string {
  return String(n).padStart(12, "0");
}

/** The partitions of the `due` index. Fixed: changing it strands the rows of the old shards. */
export const DUE_SHARDS = 8;

/** Spreads due rows over the shards by the tail of an id (ids end in randomness). */
export function dueShard(id: string): string {
  let sum = 0;
  for (let i = Math.max(0, id.length - 4); i < id.length; i++) sum += id.charCodeAt(i);
  return `due#${sum % DUE_SHARDS}`;
}

/** Sorts by time, then by id, which makes it unique in its shard. */
export function dueAt(at: Instant, id: string): string {
  return `${String(Math.max(0, Math.ceil(at))).padStart(15, "0")}#${id}`;
}

/**
 * For rows that nobody needs after `at`. DynamoDB removes them some days later by `ttl`, which is
 * in seconds; whoever reads them goes by `expiresAt`.
 */
export function expiring(at: Instant): { expiresAt: Instant; ttl: number } {
  return { expiresAt: at, ttl: Math.ceil(at / 1_000) };
}

/** Lists go newest first: instants as text that sorts, then the id. */
export function listSk(at: Instant, id: string): string {
  return dueAt(at, id);
}
