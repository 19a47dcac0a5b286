import { parseInstant } from "../../kernel/duration.ts";
import type { Item } from "../../ports/table.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import type { EngineDeps } from "../deps.ts";
import type { RunFilter } from "../filters.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Listing, Paging, RunSummary } from "../views.ts";
import { runSummary } from "./run-view.ts";

const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const PAGE = 200;
/** Rows that one answer looks at; a rare filter then continues with the next cursor. */
const ROWS_MAX = 2_000;

/**
 * Runs, newest first. The live and the ended are apart in the index, so that a list of what is
 * going on never walks over what is done; a list of both merges the two.
 */
export async function listRuns(
  deps: EngineDeps,
  tenant: string,
  filter: RunFilter,
  { limit, cursor }: Paging,
): Promise<Result<Listing<RunSummary>>> {
  const after = readCursor("runs", cursor);
  if (after === false) return refuse("INVALID_REQUEST", "the cursor is not one of this list");
  const sources = partitions(filter).map((name) => source(deps, `${tenant}#runs#${name}`, after));
  const data: RunSummary[] = [];
  let last: string | undefined = after;
  for (let looked = 0; looked < ROWS_MAX; looked++) {
    const row = await newest(sources);
    if (!row) return ok({ data, nextCursor: null });
    const summary = await refined(deps, tenant, row);
    if (isWanted(summary, filter)) {
      if (data.length === limit) return ok({ data, nextCursor: cursorOf("runs", last ?? null) });
      data.push(summary);
    }
    last = String(row["listSk"]);
  }
  return ok({ data, nextCursor: cursorOf("runs", last ?? null) });
}

function partitions({ status }: RunFilter): readonly string[] {
  if (!status || status.length === 0) return ["live", "done"];
  const names = new Set(status.map((one) => (ENDED.has(one) ? "done" : "live")));
  return [...names];
}

type Source = { next(): Promise<Item | undefined>; take(): void };

/** One partition of the index, read page by page as it is used up. */
function source(deps: EngineDeps, pk: string, after: string | undefined): Source {
  let items: readonly Item[] = [];
  let more = true;
  let at = after;
  let index = 0;
  return {
    async next() {
      while (index >= items.length && more) {
        const from = at === undefined ? {} : { after: at };
        const range = { pk, index: "list", reverse: true, limit: PAGE, ...from } as const;
        const page = await deps.table.query(range);
        ({ items, more } = page);
        index = 0;
        at = String(items.at(-1)?.["listSk"] ?? at);
      }
      return items[index];
    },
    take() {
      index++;
    },
  };
}

async function newest(sources: readonly Source[]): Promise<Item | undefined> {
  let best: { row: Item; from: Source } | undefined;
  for (const from of sources) {
    const row = await from.next();
    if (row && (!best || String(row["listSk"]) > String(best.row["listSk"]))) best = { row, from };
  }
  best?.from.take();
  return best?.row;
}

/** The start of a run's first step changes no row; so a run that says queued is looked at. */
async function refined(deps: EngineDeps, tenant: string, row: Item): Promise<RunSummary> {
  const summary = runSummary(row);
  if (summary.status !== "queued" || summary.waitingOn.length > 0) return summary;
  const [newestCommit] = await deps.log.readBack({ tenant, runId: summary.id }, 1e12 - 1, 1);
  const begun = newestCommit && newestCommit.seq > 1;
  return begun ? { ...summary, status: "running" } : summary;
}

function isWanted(run: RunSummary, filter: RunFilter): boolean {
  const { status, workflow, tag, waitingOn, parent, from, to } = filter;
  if (status && status.length > 0 && !status.includes(run.status)) return false;
  if (workflow !== undefined && run.workflow !== workflow) return false;
  if (parent !== undefined && run.parent !== parent) return false;
  if (waitingOn !== undefined && !run.waitingOn.some((wait) => wait.kind === waitingOn)) {
    return false;
  }
  if (tag !== undefined && !hasTag(run.tags, tag)) return false;
  const createdAt = parseInstant(run.createdAt) ?? 0;
  const earliest = from === undefined ? undefined : parseInstant(from);
  const latest = to === undefined ? undefined : parseInstant(to);
  return createdAt >= (earliest ?? -Infinity) && createdAt <= (latest ?? Infinity);
}

function hasTag(tags: Readonly<Record<string, string>>, wanted: string): boolean {
  const colon = wanted.indexOf(":");
  if (colon < 0) return Object.hasOwn(tags, wanted);
  const name = wanted.slice(0, colon);
  return Object.hasOwn(tags, name) && tags[name] === wanted.slice(colon + 1);
}
