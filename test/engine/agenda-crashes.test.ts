import { expect, test } from "vitest";
import { fireDue } from "../../core/engine/fire-due.ts";
import type { Mail } from "../../core/ports/mailer.ts";
import type { Item, Table } from "../../core/ports/table.ts";
import { DUE_SHARDS } from "../../core/store/rows.ts";
import { dueHandlers } from "../../wiring/due-handlers.ts";
import { faultyTable, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const [ADA, BOB] = ["ada@example.com", "bob@example.com"];

async function dueRows(table: Table, now: number): Promise<readonly Item[]> {
  const until = `${String(now).padStart(15, "0")}#~`;
  const pages = await Promise.all(
    Array.from({ length: DUE_SHARDS }, (_, shard) =>
      table.query({ pk: `due#${shard}`, index: "due", until }),
    ),
  );
  return pages.flatMap(({ items }) => items);
}

/** An approval that reminds, asks another and decides by itself; the n-th write has bad luck. */
async function told(write: number, misfortune: Misfortune) {
  const inner = memoryTable();
  let now = START;
  const first = house({ table: inner, now: () => now });
  await first.publish({
    name: "ask",
    nodes: [
      {
        id: "ok",
        type: "approval",
        approvers: [ADA],
        reminders: ["PT1H"],
        escalation: [
          { after: "PT2H", action: "reassign", to: [BOB] },
          { after: "PT3H", action: "decide", decision: "rejected" },
        ],
      },
      { id: "no", type: "set", with: "no" },
    ],
    edges: [{ from: "ok", to: "no", on: "rejected" }],
  });
  const key = await first.start("ask");
  await first.drive(key);

  /** As a laptop's mailbox has them: one mail for one id, however often it is sent. */
  const mails = new Map<string, Mail>();
  let writes = 0;
  async function pass(table: Table): Promise<void> {
    const { deps, drive } = house({ table, now: () => now });
    const quiet = { info: () => undefined, error: () => undefined };
    const { fire } = fireDue(
      dueHandlers({
        engine: deps,
        queue: { wake: (run) => drive(run) },
        access: { dropKeys: async () => true },
        mailer: { send: async (mail) => void mails.set(mail.id, mail) },
        publicUrl: "http://127.0.0.1",
        log: quiet,
        data: [],
      }),
    );
    for (const row of await dueRows(inner, now)) await Promise.allSettled([fire(row)]);
  }
  for (let hours = 0; hours < 4; hours++) {
    // A process may die at its task's commit, and the next one at the mail that it owed.
    for (let lives = 0; lives < 2; lives++) {
      await pass(faultyTable(inner, () => (++writes === write ? misfortune : "none")));
    }
    await pass(inner);
    now += HOUR;
  }
  const events = await first.types(key);
  const run = await first.read(key);
  const [task] = (await first.engine.tasks.list(ADMIN, { run: key.runId }, { limit: 1 })).data;
  return {
    writes,
    mails: [...mails.values()].map(({ to, subject }) => `${to} ${subject.split(":")[0]}`),
    happened: events.filter((type) => type.startsWith("task.")),
    output: run.output,
    task,
  };
}

test.each<Misfortune>(["die before", "die after", "before", "after"])(
  "a task reminds, is passed on and is decided once each, whichever write meets: %s",
  async (misfortune) => {
    const { writes } = await told(Number.POSITIVE_INFINITY, misfortune);
    expect(writes).toBeGreaterThan(5);
    for (let write = 1; write <= writes; write++) {
      const seen = await told(write, misfortune);
      expect(seen, `write ${write}`).toMatchObject({
        mails: [
          `${ADA} Decision needed`,
          `${ADA} Reminder, decision needed`,
          `${BOB} Decision needed`,
        ],
        happened: [
          "task.created",
          "task.reminded",
          "task.escalated",
          "task.escalated",
          "task.decided",
        ],
        output: "no",
        task: { decision: "rejected", status: "done", assignees: [BOB] },
      });
      expect(seen.task?.reminders.map(({ doneAt }) => doneAt !== null)).toEqual([true]);
      expect(seen.task?.escalation.map(({ doneAt }) => doneAt !== null)).toEqual([true, true]);
    }
  },
);
