import type { Item } from "../ports/table.ts";
import { isOwedMail } from "../store/outbox.ts";

/** What is done when a row of the `due` index is due. Rows may fire early, late and twice. */
export type DueHandler = Readonly<{
  fire(row: Item): void | Promise<void>;
  /** Whether the row must fire at once after a crash, though its time has not come. */
  isOwed?(row: Item): boolean;
}>;

/** One handler for each kind of row that can be due. */
export type DueHandlers = Readonly<Partial<Record<DueKind, DueHandler>>>;

/** Mails are told by their key, all others by their attribute `kind`. */
export type DueKind =
  | "mail"
  | "run"
  | "tenant"
  | "closing"
  | "schedule"
  | "job"
  | "event"
  | "eventId"
  | "eventWait"
  | "line"
  | "delivery"
  | "recovery"
  | "letter"
  | "ticket"
  | "callback"
  | "line-of-runs"
  | "connection";

function kindOf(row: Item): DueKind {
  return isOwedMail(row) ? "mail" : (String(row["kind"]) as DueKind);
}

/** The one dispatcher behind the ticker of a laptop and the sweep and timers of a deployment. */
export function fireDue(handlers: DueHandlers): Required<DueHandler> {
  return {
    fire: (row) => handlers[kindOf(row)]?.fire(row),
    isOwed: (row) => handlers[kindOf(row)]?.isOwed?.(row) ?? false,
  };
}
