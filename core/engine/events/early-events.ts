import type { Event } from "../../kernel/event.ts";
import { openEvents } from "../../kernel/open-events.ts";
import type { Run } from "../../kernel/run.ts";
import { Fault } from "../../ports/fault.ts";
import type { Item, Operation, Table } from "../../ports/table.ts";
import { rows } from "../../store/rows.ts";
import { SENT, sentEventOf, takeSent } from "../../store/tenant-events.ts";
import type { Given, Handled } from "../handle.ts";
import { signalOf } from "./signal-of.ts";

type Accepted = Extract<Handled, { type: "accepted" }>;

/** Whether a commit opened a wait for an event. */
export function opensEventWait(events: readonly Event[]): boolean {
  return events.some(
    (event) =>
      event.type === "step.waiting" &&
      (event.wait.kind === "event" || event.wait.kind === "several"),
  );
}

/**
 * Events of the tenant that came before a run waited for them.
 *
 * The sender writes its event and then reads who waits; we have written who waits, and now read
 * what was sent. So whichever was first, one of the two sees the other. Should we die here, the
 * row of the wait is due, and somebody looks for us.
 */
export async function takeEarly(
  deps: { table: Table },
  given: Given,
  handled: Accepted,
  handleOnce: (given: Given) => Promise<Handled>,
): Promise<Accepted> {
  let last = handled;
  try {
    for (;;) {
      const next = await takeOne(deps, given, last.run, handleOnce);
      if (!next) return last;
      last = { ...next, events: [...last.events, ...next.events] };
    }
  } catch (error) {
    // What was committed stands, and is told.
    if (error instanceof Fault && error.retryable) return last;
    throw error;
  }
}

async function takeOne(
  { table }: { table: Table },
  { key, until }: Given,
  run: Run,
  handleOnce: (given: Given) => Promise<Handled>,
): Promise<Accepted | undefined> {
  for (const pk of partitions(run)) {
    const { items } = await table.query({ pk, prefix: SENT });
    for (const row of items) {
      if (row["taken"] === true) continue;
      const handled = await handleOnce({
        ...signalOf(sentEventOf(row)),
        key,
        until,
        also: () => [takeSent(row)],
      });
      if (handled.type === "rejected") return undefined;
      if (handled.type === "accepted" && handled.committed) return handled;
    }
  }
  return undefined;
}

/** Where events are that the run waits for. */
function partitions(run: Run): ReadonlySet<string> {
  return new Set(openEvents(run).map(({ name, key }) => rows.event(run.tenant, name, key ?? "")));
}

/** Marks an event as had by somebody, in the commit of the run that has it. */
export function markTaken(row: Item): Operation {
  return { type: "put", item: { ...row, taken: true }, when: { type: "present" } };
}
