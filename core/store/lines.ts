import type { Instant } from "../kernel/json.ts";
import type { Line } from "../ports/senders.ts";
import type { Condition, Item, Operation, Table } from "../ports/table.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

/** How far a subscriber has been told of a run, and who is about to tell it more. */
export type LineState = Readonly<{
  /** Told up to this event. */
  seq: number;
  /** There is something for it up to this event. */
  owed: number;
  /**
   * idle: told of everything · owed: whoever comes first may send · claimed: somebody sends, and
   * until `due` nobody else does · waiting: the last attempt failed, the next is due at `due`.
   */
  state: "idle" | "owed" | "claimed" | "waiting";
  due: Instant;
  /** Names the sender that claimed it. */
  claim: string;
  /** Failed attempts of the event after `seq`. */
  failures: number;
  /** Events up to it are told again, unless their delivery succeeded. */
  recover: number;
  /** Grows with every change. */
  rev: number;
}>;

/** Where lines are kept: rows for those that must outlive a process, memory for the others. */
export interface Lines {
  get(line: Line): Promise<LineState | undefined>;
  /** False when it is no longer as `was` says; undefined for a line that was not there. */
  put(
    line: Line,
    next: LineState,
    was: LineState | undefined,
    also?: readonly Operation[],
  ): Promise<boolean>;
  remove(line: Line): Promise<void>;
  /** Those of a subscriber that is no more. */
  removeAll(of: Omit<Line, "runId">): Promise<void>;
}

export const NEW_LINE: LineState = {
  seq: 0,
  owed: 0,
  state: "idle",
  due: 0,
  claim: "",
  failures: 0,
  recover: 0,
  rev: 0,
};

const REMOVED_AT_ONCE = 100;

/** Lines as rows. One that is not idle is due, so that nothing depends on a hint. */
export function tableLines(table: Table): Lines {
  return {
    async get(line) {
      const item = await table.get(keyOf(line));
      return item && stateOf(item);
    },

    async put(line, next, was, also = []) {
      const item = itemOf(line, { ...next, rev: (was?.rev ?? 0) + 1 });
      const put: Operation = { type: "put", item, when: unchanged(was) };
      return (await table.write([put, ...also])).ok;
    },

    async remove(line) {
      await table.write([{ type: "remove", key: keyOf(line) }]);
    },

    async removeAll({ tenant, subscriber }) {
      const { pk } = rows.line(tenant, subscriber, "");
      for (let more = true; more; ) {
        const page = await table.query({ pk, limit: REMOVED_AT_ONCE });
        await table.write(page.items.map(({ sk }) => ({ type: "remove", key: { pk, sk } })));
        ({ more } = page);
      }
    },
  };
}

/** The line that a row of the `due` index is about. */
export function lineOf(row: Item): Line {
  return {
    tenant: String(row["tenant"]),
    subscriber: String(row["subscriber"]),
    runId: String(row["run"]),
  };
}

/** Whether a sender was at it, or was to be, when the process died. */
export function isUnderWay(row: Item): boolean {
  return row["state"] === "owed" || row["state"] === "claimed";
}

function keyOf({ tenant, subscriber, runId }: Line) {
  return rows.line(tenant, subscriber, runId);
}

function unchanged(was: LineState | undefined): Condition {
  return was === undefined ? { type: "absent" } : { type: "is", attributes: { rev: was.rev } };
}

function itemOf(line: Line, state: LineState): Item {
  const { tenant, subscriber, runId } = line;
  const { due, ...rest } = state;
  const id = `line#${subscriber}#${runId}`;
  const isDue = state.state !== "idle";
  return {
    ...keyOf(line),
    kind: "line",
    tenant,
    subscriber,
    run: runId,
    ...rest,
    ...(isDue && { due, dueShard: dueShard(runId), dueAt: dueAt(due, id) }),
  };
}

function stateOf(item: Item): LineState {
  const number = (name: string) => Number(item[name] ?? 0);
  return {
    seq: number("seq"),
    owed: number("owed"),
    state: String(item["state"]) as LineState["state"],
    due: number("due"),
    claim: String(item["claim"]),
    failures: number("failures"),
    recover: number("recover"),
    rev: number("rev"),
  };
}
