import type { ChildEnd } from "../kernel/command.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Item, Operation } from "../ports/table.ts";
import { awaitedBy } from "../store/child-rows.ts";
import { rows } from "../store/rows.ts";
import { handleDeps } from "./contexts.ts";
import type { EngineDeps } from "./deps.ts";
import { type Handled, handle } from "./handle.ts";
import { cancelLeft, leadChildren } from "./lead-children.ts";
import { asRead, endIn, make } from "./make-children.ts";

const DRIVER = { kind: "system", id: "driver" } as const;
/** Children whose ends go into one commit. */
const ENDS_MAX = 20;
const PAGE = 200;

/** What became of a child, and the row that said so. */
type Told = Readonly<{ end: ChildEnd; row: Item }>;

/**
 * Does what is owed between a run and its children: makes those that are to be made, tells the run
 * of those that have ended, cancels those that it awaits no more, and leads the others.
 *
 * Only the run's own driver does this, so ends are taken together, one commit for many. Each row
 * goes in the write by which it is done with, so whoever dies on the way leaves it to the next.
 * @returns whether the run was told something, and may go on.
 */
export async function lookAfterChildren(
  deps: EngineDeps,
  key: RunKey,
  until: number,
): Promise<boolean> {
  const found = await rowsOf(deps, key);
  if (found.length === 0) return false;
  const told: Told[] = [];
  for (const row of found) {
    if (row["state"] !== "start" && row["state"] !== "held") continue;
    told.push(...(await make(deps, key, row, until)).map((end) => ({ end, row })));
  }
  for (const row of found) {
    if (row["state"] === "started") told.push({ end: { child: row.sk, status: "started" }, row });
    if (row["state"] === "ended") told.push({ end: await endOf(deps, key, row.sk), row });
  }
  const goesOn = await tell(deps, key, told, until);
  const cancel = found.find((row) => row["state"] === "cancel");
  if (cancel) await cancelLeft(deps, key, found, cancel, until);
  const follow = found.find((row) => row["state"] === "follow");
  if (follow) await leadChildren(deps, key, await rowsOf(deps, key), follow, until);
  return goesOn;
}

async function rowsOf(deps: EngineDeps, key: RunKey): Promise<readonly Item[]> {
  const { pk } = rows.child(key.tenant, key.runId, "");
  const found: Item[] = [];
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await deps.table.query({ pk, limit: PAGE, ...(after !== undefined && { after }) });
    found.push(...page.items);
    after = page.items.at(-1)?.sk;
    more = page.more && after !== undefined;
  }
  return found;
}

async function endOf(deps: EngineDeps, { tenant }: RunKey, child: string): Promise<ChildEnd> {
  const key = { tenant, runId: child };
  const known = deps.cache.isAuthority ? deps.cache.get(key) : undefined;
  const { run } = known ?? (await deps.log.load(key));
  return { ...endIn(run), child };
}

/** Tells the run, some in a commit. What it does not wait for any more, it does not ask about. */
async function tell(
  deps: EngineDeps,
  key: RunKey,
  all: readonly Told[],
  until: number,
): Promise<boolean> {
  let goesOn = false;
  for (let from = 0; from < all.length; from += ENDS_MAX) {
    const some = all.slice(from, from + ENDS_MAX);
    const command = { type: "child.end", ends: some.map(({ end }) => end) } as const;
    const handled = await handle(handleDeps(deps), { key, command, actor: DRIVER, until });
    goesOn ||= handled.type === "accepted" && handled.committed;
    const done = some.filter(({ end }) => !stillAwaits(handled, end.child));
    for (const { end, row } of done) await remove(deps, key, end, row);
  }
  return goesOn;
}

/** The row of a child that was made just now says so: it is not the one that was read. */
async function remove({ table }: EngineDeps, key: RunKey, end: ChildEnd, row: Item): Promise<void> {
  const at = rows.child(key.tenant, key.runId, end.child);
  const wasMade = row["state"] === "start" || row["state"] === "held";
  const isLeft = end.status === "refused" || end.status === "lost";
  const state = end.status === "started" ? "started" : "ended";
  const when = wasMade && !isLeft ? ({ type: "is", attributes: { state } } as const) : asRead(row);
  const operation: Operation = { type: "remove", key: at, when };
  await table.write([operation]);
}

function stillAwaits(handled: Handled, child: string): boolean {
  return handled.type === "accepted" && awaitedBy(handled.run).has(child);
}
