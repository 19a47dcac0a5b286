import { parseInstant } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Item } from "../../ports/table.ts";
import type { Endpoint } from "../../store/endpoints.ts";
import { NEW_LINE } from "../../store/lines.ts";
import {
  putRecovery,
  type Recovery,
  readRecovery,
  removeRecovery,
} from "../../store/recoveries.ts";
import { wantsType } from "../../store/wants-type.ts";
import type { FanOutDeps } from "./deps.ts";
import { eventsAfter } from "./events-after.ts";
import { wantsRun } from "./wanted.ts";

const PAGE = 100;
/** When the sweep goes on with a recovery whose process died. */
const STALLED_MS = 60_000;

/**
 * Tells a webhook again whatever it has not taken since an instant, from the logs of the runs.
 *
 * Only the wish is written here, so it holds whatever happens; `goOnRecovering` carries it out.
 */
export async function recover(
  deps: FanOutDeps,
  { tenant, id }: Endpoint,
  since: Instant,
): Promise<void> {
  const due = deps.clock.now();
  const wish = { tenant, webhook: id, since, part: "live", after: null, due } as const;
  await putRecovery(deps.table, { ...wish, id: deps.randomness.hex() });
  await deps.senders.owed({ type: "recovery", tenant, webhook: id });
}

/** Goes through the tenant's runs, a page at a time, until all are done or the time is over. */
export async function goOnRecovering(
  deps: FanOutDeps,
  of: Readonly<{ tenant: string; webhook: string }>,
  until: number,
): Promise<void> {
  for (;;) {
    const recovery = await readRecovery(deps.table, of);
    if (!recovery) return;
    const endpoint = await deps.endpoints.get(of.tenant, of.webhook);
    if (!endpoint) return removeRecovery(deps.table, recovery);

    const { items, more } = await deps.table.query({
      pk: `${of.tenant}#runs#${recovery.part}`,
      index: "list",
      limit: PAGE,
      ...(recovery.after !== null && { after: recovery.after }),
    });
    for (const head of items) await recoverRun(deps, endpoint, head, recovery.since);

    if (!more && recovery.part === "done") return removeRecovery(deps.table, recovery);
    const next: Recovery = {
      ...recovery,
      part: more ? recovery.part : "done",
      after: more ? (items.at(-1)?.listSk ?? null) : null,
      due: deps.clock.now() + STALLED_MS,
    };
    const same = { type: "is", attributes: { id: recovery.id } } as const;
    if (!(await putRecovery(deps.table, next, same))) continue;
    if (deps.elapsed() >= until) return deps.senders.owed({ type: "recovery", ...of });
  }
}

/** Puts the cursor of one run back to where the time begins. */
async function recoverRun(
  deps: FanOutDeps,
  endpoint: Endpoint,
  head: Item,
  since: Instant,
): Promise<void> {
  const runId = String(head["run"]);
  const { tenant } = endpoint;
  // The row of a live run does not move with its steps, so only the log knows.
  if (head["endedAt"] !== undefined && Number(head["updatedAt"]) < since) return;
  const facts = await deps.factsOf({ tenant, runId });
  if (!facts || !wantsRun(endpoint, facts)) return;

  const found = await firstSince(deps, { tenant, runId }, since, endpoint.types);
  if (!found) return;
  const line = { tenant, subscriber: endpoint.id, runId };
  for (;;) {
    const was = await deps.lines.get(line);
    const next = {
      ...(was ?? NEW_LINE),
      seq: found.before,
      owed: Math.max(found.last, was?.owed ?? 0),
      recover: found.last,
      state: "owed",
      due: deps.clock.now(),
      failures: 0,
      // Whoever sends meanwhile must not put the cursor on again.
      claim: "",
    } as const;
    if (await deps.lines.put(line, next, was)) break;
  }
  await deps.senders.owed({ type: "line", ...line });
}

/** The event before the time begins, and the newest, if something after it is wanted. */
async function firstSince(
  deps: FanOutDeps,
  key: { tenant: string; runId: string },
  since: Instant,
  types: readonly string[],
): Promise<{ before: number; last: number } | undefined> {
  let before = 0;
  let last = 0;
  let wanted = false;
  for (let more = true; more; ) {
    const page = await eventsAfter(deps, key, last);
    for (const { seq, at, type } of page.events) {
      last = seq;
      if ((parseInstant(at) ?? 0) < since) before = seq;
      else if (wantsType(types, type)) wanted = true;
    }
    more = page.more;
  }
  return wanted ? { before, last } : undefined;
}
