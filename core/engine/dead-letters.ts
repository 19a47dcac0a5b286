import { instantText, parseInstant } from "../kernel/duration.ts";
import type { Item } from "../ports/table.ts";
import { changeLetter, type DeadLetter, deadLetterOf, readLetter } from "../store/dead-letters.ts";
import { listSk } from "../store/rows.ts";
import { cursorOf, readCursor } from "./cursor.ts";
import type { DeadLetterView } from "./dead-letter-view.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import type { DeadLetterFilter } from "./filters.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { retryRun } from "./retry-run.ts";
import { actorOf } from "./start-run.ts";
import type { Caller } from "./views.ts";

/** Letters that one request sends on; what is left over, the next one does. */
const REDRIVE_MAX = 1_000;
/** Sent on per second, unless the request says otherwise. */
const RATE_DEFAULT = 5;
const PAGE = 200;
/** Rows that one answer looks at; a rare filter then continues with the next cursor. */
const ROWS_MAX = 2_000;
/** After this, what a limit refused is tried again. */
const AGAIN_MS = 60_000;

/** What failed for good: looked at, sent on, or put away with a reason. */
export function deadLettersOf(deps: EngineDeps): Engine["deadLetters"] {
  return {
    async list({ tenant }, filter, { limit, cursor }) {
      const after = readCursor("dead", cursor);
      if (after === false) return refuse("INVALID_REQUEST", "the cursor is not one of this list");
      const data: DeadLetterView[] = [];
      let last = after;
      let looked = 0;
      for await (const letter of lettersOf(deps, tenant, filter, after)) {
        const wanted = isWanted(letter, filter);
        if (looked === ROWS_MAX || (wanted && data.length === limit)) {
          return ok({ data, nextCursor: cursorOf("dead", last ?? null) });
        }
        if (wanted) data.push(viewOf(letter));
        last = `${partitionOf(letter.status)}/${listSk(letter.createdAt, letter.id)}`;
        looked++;
      }
      return ok({ data, nextCursor: null });
    },

    async get({ tenant }, id) {
      const letter = await readLetter(deps.table, tenant, id);
      return letter ? ok(viewOf(letter)) : noLetter(id);
    },

    async redrive(caller, id) {
      const letter = await readLetter(deps.table, caller.tenant, id);
      if (!letter) return noLetter(id);
      if (letter.status !== "open") return closed(letter);
      const sent = await sendOn(deps, caller, letter);
      return sent.ok ? shown(deps, caller.tenant, id) : sent;
    },

    async discard(caller, id, reason) {
      const letter = await readLetter(deps.table, caller.tenant, id);
      if (!letter) return noLetter(id);
      if (letter.status !== "open") return closed(letter);
      const { redriveAt: _at, ...kept } = letter;
      const discarded: DeadLetter = {
        ...kept,
        status: "discarded",
        reason,
        closedAt: deps.clock.now(),
        closedBy: actorOf(caller),
      };
      if (await changeLetter(deps.table, discarded)) return ok(viewOf(discarded));
      return closed((await readLetter(deps.table, caller.tenant, id)) ?? letter);
    },

    async redriveAll(caller, filter, perSecond = RATE_DEFAULT) {
      const now = deps.clock.now();
      const redriveFor = actorOf(caller);
      let scheduled = 0;
      const open = { ...filter, status: "open" as const };
      for await (const letter of lettersOf(deps, caller.tenant, open, undefined)) {
        if (!isWanted(letter, open) || letter.redriveAt !== undefined) continue;
        if (scheduled === REDRIVE_MAX) return ok({ scheduled, until: null, more: true });
        const redriveAt = Math.ceil(now + (scheduled * 1_000) / perSecond);
        if (await changeLetter(deps.table, { ...letter, redriveAt, redriveFor })) scheduled++;
      }
      const until = instantText(Math.ceil(now + (scheduled * 1_000) / perSecond));
      return ok({ scheduled, until, more: false });
    },
  };
}

/** A letter whose time to be sent on has come. Fired early, late or twice, it is sent on once. */
export async function redriveDue(deps: EngineDeps, row: Item): Promise<void> {
  const tenant = String(row["tenant"]);
  const letter = await readLetter(deps.table, tenant, String(row["letter"]));
  const now = deps.clock.now();
  if (letter?.status !== "open" || letter.redriveAt === undefined || letter.redriveAt > now) return;
  const { redriveAt: _at, redriveFor, ...rest } = letter;
  const by = redriveFor ?? { kind: "system", id: "redrive" };
  const sent = await sendOn(deps, { tenant, keyId: by.id }, letter, by);
  if (sent.ok) return;
  const refused = sent.refusal.message;
  // A limit passes by itself; any other refusal is for the operator to read.
  const isPassing = sent.refusal.code === "LIMIT_REACHED";
  const again = isPassing ? { redriveAt: now + AGAIN_MS, redriveFor: by } : {};
  await changeLetter(deps.table, { ...rest, ...again, refused });
}

/** What each kind of letter needs to go on; the write that lets it go on closes the letter. */
async function sendOn(
  deps: EngineDeps,
  caller: Pick<Caller, "tenant" | "keyId" | "person">,
  letter: DeadLetter,
  actor = actorOf(caller),
): Promise<Result<unknown>> {
  if (letter.kind === "step") return retryRun(deps, caller, letter.runId, undefined, actor);
  return refuse("DEAD_LETTER_CLOSED", `letters of kind ${letter.kind} cannot be sent on`);
}

async function* lettersOf(
  deps: EngineDeps,
  tenant: string,
  { status }: DeadLetterFilter,
  after: string | undefined,
): AsyncGenerator<DeadLetter> {
  const names = status === undefined ? ["open", "closed"] : [partitionOf(status)];
  const slash = after?.indexOf("/") ?? -1;
  const from = after?.slice(0, slash) ?? names[0] ?? "open";
  let at = after?.slice(slash + 1);
  for (const name of names.slice(Math.max(0, names.indexOf(from)))) {
    for (let more = true; more; ) {
      const start = at === undefined ? {} : { after: at };
      const pk = `${tenant}#dead#${name}`;
      const range = { pk, index: "list", reverse: true, limit: PAGE, ...start } as const;
      const page = await deps.table.query(range);
      for (const item of page.items) yield deadLetterOf(item);
      at = String(page.items.at(-1)?.listSk ?? at);
      ({ more } = page);
    }
    at = undefined;
  }
}

function partitionOf(status: DeadLetter["status"]): "open" | "closed" {
  return status === "open" ? "open" : "closed";
}

function isWanted(letter: DeadLetter, filter: DeadLetterFilter): boolean {
  const { kind, status, workflow, run, code, from, to } = filter;
  const earliest = from === undefined ? undefined : parseInstant(from);
  const latest = to === undefined ? undefined : parseInstant(to);
  return (
    (kind === undefined || letter.kind === kind) &&
    (status === undefined || letter.status === status) &&
    (workflow === undefined || letter.workflow === workflow) &&
    (run === undefined || letter.runId === run) &&
    (code === undefined || letter.error.code === code) &&
    letter.createdAt >= (earliest ?? -Infinity) &&
    letter.createdAt <= (latest ?? Infinity)
  );
}

async function shown(deps: EngineDeps, tenant: string, id: string) {
  const letter = await readLetter(deps.table, tenant, id);
  return letter ? ok(viewOf(letter)) : noLetter(id);
}

function viewOf(letter: DeadLetter): DeadLetterView {
  const { tenant: _tenant, redriveFor: _for, createdAt, redriveAt, closedAt, ...shownAs } = letter;
  return {
    ...shownAs,
    createdAt: instantText(createdAt),
    ...(redriveAt !== undefined && { redriveAt: instantText(redriveAt) }),
    ...(closedAt !== undefined && { closedAt: instantText(closedAt) }),
  };
}

function closed({ id, status, closedAt, closedBy }: DeadLetter) {
  const at = closedAt === undefined ? null : instantText(closedAt);
  const message = `dead letter ${id} was ${status} ${at === null ? "" : `at ${at}`}`.trim();
  return refuse("DEAD_LETTER_CLOSED", message, { data: { status, at, by: closedBy ?? null } });
}

function noLetter(id: string) {
  return refuse("NOT_FOUND", `there is no dead letter ${id}`);
}
