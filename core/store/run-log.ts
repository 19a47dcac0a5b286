import type { Event } from "../kernel/event.ts";
import { evolve } from "../kernel/evolve.ts";
import type { Instant } from "../kernel/json.ts";
import { canonical, chainHash, type Skeleton } from "../kernel/ledger.ts";
import { type Actor, LANGUAGE_VERSION, type Run, unstarted } from "../kernel/run.ts";
import type { Artifacts } from "../ports/artifacts.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Item, Operation, Refused, Table } from "../ports/table.ts";
import { type Commit, commitOf } from "./commit.ts";
import { withStateBeside, withStateOf } from "./fork-state.ts";
import { padded, rows } from "./rows.ts";
import { checkLanguage, fromSnapshot, type Loaded, type Stores, snapshot } from "./run-snapshot.ts";

export type Committed =
  | Readonly<{ type: "won"; loaded: Loaded }>
  /** Another commit came first. */
  | Readonly<{ type: "lost"; winner: Item | undefined }>
  /** Another row of the same write refused: a limit, or a claimed name. */
  | Readonly<{ type: "refused"; refused: readonly Refused[] }>;

export type RunLog = Readonly<{
  /** A run that is not there yet: whether that is true, its first commit will say. */
  nothing(key: RunKey): Loaded;
  load(key: RunKey): Promise<Loaded>;
  /** The run as event `seq` left it; with a smaller `run.seq` when there is no such event yet. */
  loadAt(key: RunKey, seq: number): Promise<Loaded>;
  commit(
    key: RunKey,
    base: Loaded,
    next: { run: Run; events: readonly Event[]; at: Instant; actor: Actor },
    also: readonly Operation[],
    id: string,
  ): Promise<Committed>;
  /** Whether there is a commit beyond event `seq`, by one small read. */
  hasNewer(key: RunKey, seq: number): Promise<boolean>;
  /** Commits that hold events after `after`, oldest first; `more` when there are others. */
  read(
    key: RunKey,
    after: number,
    limit: number,
  ): Promise<{ commits: readonly Commit[]; more: boolean }>;
  /** The newest commits, newest first, from before event `before`. */
  readBack(key: RunKey, before: number, limit: number): Promise<readonly Commit[]>;
}>;

const PAGE = 200;
/** Commits that are kept with a run in memory. */
const COMMITS_KEPT_MAX = 64;

/**
 * The log of a run is the run: one conditional put a commit, which is lock, fence and checkpoint.
 *
 * The put needs `attribute_not_exists` on the commit's key, the number of its first event. Bases
 * end where commits end, so whoever decided on an older base asks for a key that is taken. A put
 * that was refused by a commit of our own id is an answer that was lost on its way: we won.
 */
export function runLog(deps: {
  table: Table;
  /** SHA-256 in base64url. */
  hash(text: string): string;
  salt(): string;
  artifacts: Artifacts;
}): RunLog {
  const { table } = deps;
  return {
    nothing: empty,
    load: (key) => load(deps, key),
    loadAt: (key, seq) => load(deps, key, seq),

    async commit(key, base, next, also, id) {
      const events = await withStateBeside(deps.artifacts, key, next.events);
      let made = commitItem(deps, key, base, { ...next, events }, id);
      const put: Operation = { type: "put", item: made.item, when: { type: "absent" } };
      const result = await table.write([put, ...also]);
      if (!result.ok) {
        const stored = result.refused.find((refused) => refused.operation === 0);
        if (stored?.item?.["id"] !== id) {
          return stored ? { type: "lost", winner: stored.item } : { type: "refused", ...result };
        }
        // An earlier try of ours is there, with a salt of its own, and so with a hash of its own.
        made = commitOf(stored.item);
      }
      const { item } = made;
      const hash = String(item["hash"]);
      const bytes = base.bytes + (item.content?.length ?? 0) + 400;
      const commits = withCommit(base.commits, made);
      const loaded = { run: next.run, hash, bytes, snapshotBytes: base.snapshotBytes, commits };
      return { type: "won", loaded: await snapshot(deps, key, loaded) };
    },

    async hasNewer(key, seq) {
      const pk = rows.run(key.tenant, key.runId);
      const after = `log#${padded(seq)}~`;
      const { items } = await table.query({ pk, prefix: "log#", after, limit: 1 });
      return items.length > 0;
    },

    async read(key, after, limit) {
      // The commit that holds event `after` + 1 may begin before it.
      const first = after === 0 ? 1 : await holding(table, key, after + 1);
      const page = await table.query({
        pk: rows.run(key.tenant, key.runId),
        prefix: "log#",
        after: `log#${padded(first - 1)}~`,
        limit,
      });
      return { commits: page.items.map(commitOf), more: page.more };
    },

    async readBack(key, before, limit) {
      const { items } = await table.query({
        pk: rows.run(key.tenant, key.runId),
        prefix: "log#",
        after: `log#${padded(before)}`,
        reverse: true,
        limit,
      });
      return items.map(commitOf);
    },
  };
}

/** The number of the commit that holds an event. */
async function holding(table: Table, key: RunKey, seq: number): Promise<number> {
  const { items } = await table.query({
    pk: rows.run(key.tenant, key.runId),
    prefix: "log#",
    after: `log#${padded(seq)}~`,
    reverse: true,
    limit: 1,
  });
  return items[0] ? Number(items[0]["seq"]) : 1;
}

function commitItem(
  deps: { hash(text: string): string; salt(): string },
  key: RunKey,
  base: Loaded,
  next: { events: readonly Event[]; at: Instant; actor: Actor },
  id: string,
): Commit {
  const seq = base.run.seq + 1;
  const content = { salt: deps.salt(), events: next.events };
  const actor = canonical(next.actor);
  const types = next.events.map((event) => event.type);
  const skeleton: Skeleton = {
    version: 1,
    run: key.runId,
    seq,
    types,
    at: next.at,
    actor,
    prev: base.hash,
    digest: deps.hash(canonical(content)),
  };
  const hash = chainHash(skeleton, (text) => deps.hash(text));
  const item: Item = {
    ...rows.commit(key.tenant, key.runId, seq),
    id,
    seq,
    at: next.at,
    actor,
    types: types.join(","),
    prev: base.hash,
    digest: skeleton.digest,
    hash,
    language: LANGUAGE_VERSION,
    // As it was written: the digest is over its canonical form, so order is not part of the proof.
    content: JSON.stringify(content),
  };
  return { seq, at: next.at, actor: next.actor, types, events: next.events, item };
}

async function load(stores: Stores, key: RunKey, until = Infinity): Promise<Loaded> {
  const { table, artifacts } = stores;
  const saved = await table.get(rows.snapshot(key.tenant, key.runId));
  const isOfUse = saved && Number(saved["seq"]) <= until;
  let loaded = (isOfUse && (await fromSnapshot(artifacts, key, saved))) || empty(key);
  for (let more = true; more && loaded.run.seq < until; ) {
    const page = await table.query({
      pk: rows.run(key.tenant, key.runId),
      prefix: "log#",
      after: `log#${padded(loaded.run.seq)}~`,
      limit: PAGE,
    });
    for (const item of page.items) {
      if (loaded.run.seq < until) loaded = await fold(stores, key, loaded, item, until);
    }
    more = page.more;
  }
  return loaded;
}

function empty(key: RunKey): Loaded {
  const run = unstarted(key.tenant, key.runId);
  return { run, hash: "", bytes: 0, snapshotBytes: 0, commits: [] };
}

function withCommit(commits: readonly Commit[] | undefined, commit: Commit) {
  return commits && commits.length < COMMITS_KEPT_MAX ? [...commits, commit] : undefined;
}

async function fold(
  { artifacts }: Stores,
  key: RunKey,
  loaded: Loaded,
  item: Item,
  until: number,
): Promise<Loaded> {
  checkLanguage(item);
  const commit = commitOf(item);
  const { at, seq } = commit;
  if (!commit.events) throw new Error(`commit ${item.sk} of ${item.pk} has no content to fold`);
  const events = await withStateOf(artifacts, key, commit.events.slice(0, until - seq + 1));
  const run = events.reduce((state, event) => evolve(state, event, at), loaded.run);
  const bytes = loaded.bytes + (item.content?.length ?? 0) + 400;
  const commits = withCommit(loaded.commits, commit);
  return { ...loaded, run, hash: String(item["hash"]), bytes, commits };
}
