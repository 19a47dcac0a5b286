import { instantText, parseInstant } from "../kernel/duration.ts";
import type { Instant } from "../kernel/json.ts";
import type { Clock } from "../ports/clock.ts";
import type { Table } from "../ports/table.ts";
import {
  type AuditRecord,
  type AuditStore,
  auditStore,
  firstMonth,
  monthBefore,
  monthOf,
  placeOf,
} from "../store/audit.ts";
import { cursorOf, readCursor } from "./cursor.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import type { Listing, Paging } from "./views.ts";

/** What is known of a request before it is carried out. */
export type Asking = Omit<AuditRecord, "id" | "at" | "outcome" | "status" | "code" | "replayed">;
export type Outcome = Pick<AuditRecord, "outcome" | "status" | "code" | "replayed">;

export type AuditView = Readonly<Omit<AuditRecord, "at" | "tenant"> & { at: string }>;

export type AuditFilter = Readonly<{
  actor?: string | undefined;
  action?: string | undefined;
  outcome?: AuditRecord["outcome"] | undefined;
  from?: string | undefined;
  to?: string | undefined;
}>;

/** Who asked for what, when, from where, and what became of it. */
export interface Audit {
  /** Says that it is about to happen; `end` with the mark says how it went. */
  begin(asking: Asking): Promise<Mark>;
  end(asking: Asking, outcome: Outcome, mark?: Mark): Promise<void>;
  /** Newest first. `tenant` is `platform` for what belongs to none. */
  list(tenant: string, filter: AuditFilter, paging: Paging): Promise<Result<Listing<AuditView>>>;
}

export type Mark = Readonly<{ id: string; at: Instant }>;

export type AuditDeps = Readonly<{
  table: Table;
  clock: Clock;
  /** A new id that sorts by time, after its prefix. */
  newId: (prefix: string) => string;
}>;

export const PLATFORM = "platform";
const PAGE = 200;
/** Rows that one answer looks at; a rare filter then continues with the next cursor. */
const ROWS_MAX = 2_000;
const MINUTE_MS = 60_000;

export function auditOf(deps: AuditDeps): Audit {
  const { clock, newId } = deps;
  const store = auditStore(deps.table);

  return {
    async begin(asking) {
      const mark = { id: newId("aud_"), at: clock.now() };
      await store.put({ ...asking, ...mark, outcome: "begun" });
      return mark;
    },

    async end(asking, outcome, mark) {
      if (mark) return store.put({ ...asking, ...mark, ...outcome });
      const at = clock.now();
      if (outcome.status !== 429) {
        return store.put({ ...asking, ...outcome, id: newId("aud_"), at });
      }
      // Who floods is told of once a minute: the record must not become the flood's next victim.
      const minute = at - (at % MINUTE_MS);
      const id = `aud_${asking.actor.id}.${asking.action}.${outcome.code ?? ""}`;
      return store.add({ ...asking, ...outcome, id, at: minute });
    },

    async list(tenant, filter, { limit, cursor }) {
      const after = readCursor("audit", cursor);
      if (after === false) return refuse("INVALID_REQUEST", "the cursor is not one of this list");
      const span = spanOf(filter, clock.now());
      const data: AuditView[] = [];
      let last = after;
      let looked = 0;
      for await (const record of recordsOf(store, tenant, span, after)) {
        const wanted = isWanted(record, filter, span);
        if (looked === ROWS_MAX || (wanted && data.length === limit)) {
          return ok({ data, nextCursor: cursorOf("audit", last ?? null) });
        }
        if (wanted) data.push(viewOf(record));
        last = `${monthOf(record.at)}/${placeOf(record)}`;
        looked++;
      }
      return ok({ data, nextCursor: null });
    },
  };
}

type Span = Readonly<{ oldest: Instant; newest: Instant; now: Instant }>;

function spanOf({ from, to }: AuditFilter, now: Instant): Span {
  const oldest = from === undefined ? undefined : parseInstant(from);
  const newest = to === undefined ? undefined : parseInstant(to);
  return { oldest: oldest ?? 0, newest: newest ?? now, now };
}

/** Month by month, back to the first that can have any. */
async function* recordsOf(
  store: AuditStore,
  tenant: string,
  { oldest, newest, now }: Span,
  after: string | undefined,
): AsyncGenerator<AuditRecord> {
  const [place, before] = after?.split("/") ?? [];
  const first = [firstMonth(now), monthOf(Math.max(0, oldest))].toSorted().at(-1) ?? "";
  let from = before;
  for (let month = place ?? monthOf(newest); month >= first; month = monthBefore(month)) {
    let more = true;
    while (more) {
      const page = await store.month(tenant, month, { before: from, limit: PAGE });
      yield* page.records;
      more = page.more;
      from = page.last;
    }
    from = undefined;
  }
}

function isWanted(record: AuditRecord, filter: AuditFilter, { oldest, newest }: Span): boolean {
  const { actor, action, outcome } = filter;
  if (record.at < oldest || record.at > newest) return false;
  if (action !== undefined && record.action !== action) return false;
  if (outcome !== undefined && record.outcome !== outcome) return false;
  return actor === undefined || record.actor.id === actor || record.person === actor;
}

function viewOf({ tenant: _tenant, at, ...record }: AuditRecord): AuditView {
  return { ...record, at: instantText(at) };
}
