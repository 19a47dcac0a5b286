import { instantText } from "../kernel/duration.ts";
import type { RunKey } from "../ports/queue.ts";
import { type Bookmark, bookmarkOf, bookmarkRow } from "../store/bookmarks.ts";
import { listSk, rows } from "../store/rows.ts";
import { cursorOf, readCursor } from "./cursor.ts";
import type { EngineDeps } from "./deps.ts";
import { readRunAt } from "./read/read-run.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { noRun } from "./run-refusals.ts";
import type { Caller, Listing, Paging, RunView } from "./views.ts";

export type SnapshotRequest = Readonly<{
  name: string;
  /** The newest event unless said. */
  at?: number | undefined;
  description?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
}>;

export type SnapshotView = Readonly<{
  name: string;
  runId: string;
  seq: number;
  description: string;
  tags: Readonly<Record<string, string>>;
  createdAt: string;
}>;

export type SnapshotFilter = Readonly<{
  /** `name:text` or `name`, whatever its case. */
  tag?: string | undefined;
  /** In the name or the description, whatever its case. */
  q?: string | undefined;
}>;

/** Names for moments of runs, and how a run was at one. Nothing of a run changes by them. */
export interface Snapshots {
  make(caller: Caller, runId: string, request: SnapshotRequest): Promise<Result<SnapshotView>>;
  list(
    caller: Caller,
    runId: string,
    filter: SnapshotFilter,
    paging: Paging,
  ): Promise<Result<Listing<SnapshotView>>>;
  remove(caller: Caller, runId: string, name: string): Promise<Result<null>>;
  /** The run as it was after an event, or Infinity, in the words in which it is shown now. */
  state(caller: Caller, runId: string, at: number | string): Promise<Result<RunView>>;
}

const SNAPSHOTS_MAX = 1_000;

export function snapshotsOf(deps: EngineDeps): Snapshots {
  const { table, clock } = deps;
  const all = (key: RunKey) =>
    table.query({
      pk: rows.run(key.tenant, key.runId),
      prefix: "mark#",
      limit: SNAPSHOTS_MAX,
    });

  return {
    async make({ tenant }, runId, { name, at, description = "", tags = {} }) {
      const key = { tenant, runId };
      const { run } = await deps.log.load(key);
      if (run.seq === 0) return noRun(runId);
      const seq = at ?? run.seq;
      if (seq > run.seq) return noEvent(runId, run.seq, seq);
      if ((await all(key)).items.length >= SNAPSHOTS_MAX) {
        return refuse("LIMIT_REACHED", `a run has at most ${SNAPSHOTS_MAX} snapshots`);
      }
      const bookmark = { name, seq, description, tags, createdAt: clock.now() };
      const item = bookmarkRow(key, bookmark);
      const written = await table.write([{ type: "put", item, when: { type: "absent" } }]);
      if (written.ok) return ok(viewOf(runId, bookmark));
      const there = written.refused[0]?.item;
      const before = there && bookmarkOf(there);
      // The answer of the first try was lost, or somebody repeats it: either way it is there.
      if (before && isSame(before, bookmark)) return ok(viewOf(runId, before));
      return refuse("SNAPSHOT_EXISTS", `run ${runId} has a snapshot "${name}" already`);
    },

    async list({ tenant }, runId, filter, { limit, cursor }) {
      const after = readCursor("snapshots", cursor);
      if (after === false) return refuse("INVALID_REQUEST", "the cursor is not one of this list");
      const key = { tenant, runId };
      const { items } = await all(key);
      if (items.length === 0 && (await deps.log.load(key)).run.seq === 0) return noRun(runId);
      const found = items
        .map(bookmarkOf)
        .filter((one) => isWanted(one, filter))
        .map((one) => ({ place: listSk(one.createdAt, one.name), view: viewOf(runId, one) }))
        .filter(({ place }) => after === undefined || place < after)
        .toSorted((a, b) => (a.place < b.place ? 1 : -1));
      const page = found.slice(0, limit);
      const last = found.length > limit ? (page.at(-1)?.place ?? null) : null;
      return ok({ data: page.map(({ view }) => view), nextCursor: cursorOf("snapshots", last) });
    },

    async remove({ tenant }, runId, name) {
      const key = rows.bookmark(tenant, runId, name);
      const removed = await table.write([{ type: "remove", key, when: { type: "present" } }]);
      return removed.ok ? ok(null) : noSnapshot(runId, name);
    },

    async state({ tenant }, runId, at) {
      const key = { tenant, runId };
      const found = await seqAt(deps, key, at);
      if (!found.ok) return found;
      const run = await readRunAt(deps, key, found.value);
      if (!run) return noRun(runId);
      const isPast = run.seq < found.value && found.value !== Infinity;
      return isPast ? noEvent(runId, run.seq, found.value) : ok(run);
    },
  };
}

/** The number of the event that a snapshot names; what is a number names itself. */
export async function seqAt(
  { table }: Pick<EngineDeps, "table">,
  { tenant, runId }: RunKey,
  at: number | string,
): Promise<Result<number>> {
  if (typeof at === "number") return ok(at);
  const item = await table.get(rows.bookmark(tenant, runId, at));
  return item ? ok(bookmarkOf(item).seq) : noSnapshot(runId, at);
}

export function noEvent(runId: string, seq: number, at: number) {
  const message = `run ${runId} has ${seq} events, and no event ${at}`;
  const errors = [{ path: "at", code: "INVALID_VALUE", message }];
  return refuse("INVALID_REQUEST", message, { errors });
}

function noSnapshot(runId: string, name: string) {
  return refuse("NOT_FOUND", `run ${runId} has no snapshot "${name}"`);
}

function isWanted({ name, description, tags }: Bookmark, { tag, q }: SnapshotFilter): boolean {
  const words = q?.toLowerCase() ?? "";
  if (!`${name}\n${description}`.toLowerCase().includes(words)) return false;
  if (tag === undefined) return true;
  const wanted = tag.toLowerCase();
  return Object.entries(tags).some(([key, value]) =>
    [key, `${key}:${value}`].some((one) => one.toLowerCase() === wanted),
  );
}

function isSame(a: Bookmark, b: Bookmark): boolean {
  const { createdAt: _a, ...before } = a;
  const { createdAt: _b, ...now } = b;
  return JSON.stringify(before) === JSON.stringify(now);
}

function viewOf(runId: string, { createdAt, ...bookmark }: Bookmark): SnapshotView {
  return { ...bookmark, runId, createdAt: instantText(createdAt) };
}
