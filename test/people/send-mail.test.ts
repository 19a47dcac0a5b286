import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { readLink } from "../../core/engine/people/link-token.ts";
import { sendOwed } from "../../core/engine/people/send-mail.ts";
import type { TaskView } from "../../core/engine/views.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { Mail } from "../../core/ports/mailer.ts";
import type { Operation, Table } from "../../core/ports/table.ts";
import { isOwedMail, type OwedMail, owedMail, tableOutbox } from "../../core/store/outbox.ts";
import { dueShard, rows } from "../../core/store/rows.ts";
import { localSigner } from "../../local/local-signer.ts";
import { memoryTable } from "../support/memory-table.ts";
import { aTask } from "./a-task.ts";

const START = Date.UTC(2026, 0, 1);
const signer = localSigner(randomBytes(32));
const owed: OwedMail = {
  tenant: "ten_a",
  id: "mail_1",
  runId: "run_1",
  task: "task_1",
  approver: "ada@example.com",
  version: 3,
};
const KEY = rows.mail(owed.tenant, owed.id);

let now = START;
let table = memoryTable();
let task: TaskView | undefined;
let sent: Mail[] = [];
let failure: Error | undefined;
let logged: unknown[] = [];

beforeEach(async () => {
  now = START;
  task = aTask({ id: "task_1", runId: "run_1" });
  sent = [];
  failure = undefined;
  logged = [];
  await owe();
});

async function owe(mail: OwedMail = owed) {
  table = memoryTable();
  await table.write([{ type: "put", item: owedMail(mail, START) }]);
}

function send(over: Table = table) {
  const log = (message: string, fields?: object) => void logged.push(message, fields);
  return sendOwed(
    {
      outbox: tableOutbox(over),
      taskOf: async () => task,
      mailer: {
        send: async (mail) => {
          if (failure) throw failure;
          sent.push(mail);
        },
      },
      signer,
      clock: { now: () => now },
      publicUrl: "http://127.0.0.1:8787",
      log: { info: log, error: log },
    },
    KEY,
  );
}

async function dueRows() {
  const { items } = await table.query({ index: "due", pk: dueShard(owed.task) });
  return items;
}

/** A process that dies at its first write: before the write, or just after it. */
function dying(inner: Table, at: "before" | "after"): Table {
  return {
    ...inner,
    write: async (operations: readonly Operation[]) => {
      if (at === "after") await inner.write(operations);
      throw new Fault("the process died", { retryable: true });
    },
  };
}

describe("a mail that is owed", () => {
  test("is found by the sweep, and known for what it is", async () => {
    const [row] = await dueRows();

    expect(row && isOwedMail(row)).toBe(true);
    expect(isOwedMail(rows.head("ten_a", "run_1"))).toBe(false);
    expect(isOwedMail({ pk: "ten_a#run#mail", sk: "head" })).toBe(false);
  });

  test("is sent with a live link for its approver, and is then owed no more", async () => {
    expect(await send()).toBe("sent");

    const [mail] = sent;
    expect(mail).toMatchObject({ id: "mail_1", to: "ada@example.com" });
    const token = mail?.links[0]?.split("/approve/")[1] ?? "";
    expect(await readLink(signer, token, now)).toEqual({
      tenant: "ten_a",
      runId: "run_1",
      task: "task_1",
      approver: "ada@example.com",
      expires: Date.parse("2026-01-02T12:00:00.000Z"),
      version: 3,
    });
    expect(await table.get(KEY)).toBeUndefined();
    expect(await send()).toBe("nothing to do");
    expect(sent).toHaveLength(1);
  });

  test("is sent for a task that somebody has claimed", async () => {
    task = aTask({ status: "claimed" });
    expect(await send()).toBe("sent");
  });

  test.each(["done", "expired", "cancelled"] as const)(
    "is dropped once its task is %s",
    async (status) => {
      task = aTask({ status });

      expect(await send()).toBe("no longer wanted");
      expect(sent).toEqual([]);
      expect(await table.get(KEY)).toBeUndefined();
    },
  );

  test("has a link that lives for 90 days when its task is never due", async () => {
    task = aTask({ due: null });
    await send();

    const token = sent[0]?.links[0]?.split("/approve/")[1] ?? "";
    expect((await readLink(signer, token, now))?.expires).toBe(START + 90 * 86_400_000);
  });

  test.each(["ada", "a@x, b@x", "a@x;b@x", "a@x b@x", "<a@x>", "@", ""])(
    "goes to nobody when its approver is %j",
    async (approver) => {
      await owe({ ...owed, approver });

      expect(await send()).toBe("given up");
      expect(sent).toEqual([]);
    },
  );
});

describe("a mailer that fails", () => {
  test("is asked again later, and later still", async () => {
    failure = new Error("busy");
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      expect(await send()).toBe("postponed");
      const [row] = await dueRows();
      const next = Number(row?.["notBefore"]);
      waits.push((next - now) / 1000);
      now = next - 1;
      expect(await send()).toBe("nothing to do");
      now = next;
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);

    failure = undefined;
    expect(await send()).toBe("sent");
  });

  test("is given up after ten times, with the row kept for an operator", async () => {
    failure = new Error("busy");
    for (let i = 0; i < 9; i++) {
      await send();
      now += 3_600_000;
    }
    expect(await send()).toBe("given up");

    expect(await dueRows()).toEqual([]);
    expect(await table.get(KEY)).toMatchObject({ dead: true, attempts: 10 });
    failure = undefined;
    expect(await send()).toBe("nothing to do");
  });

  test("is given up at once when asking again cannot help", async () => {
    failure = new Fault("the address is refused", { retryable: false });
    expect(await send()).toBe("given up");
    expect(logged).toContainEqual(expect.objectContaining({ reason: "the address is refused" }));
  });

  test("never brings the link into a log", async () => {
    failure = new Error("cannot send: http://127.0.0.1:8787/approve/abc");
    await send();
    expect(JSON.stringify(logged)).not.toContain("approve");
  });

  test("does not owe again what another process has sent meanwhile", async () => {
    failure = new Error("busy");
    const slow = {
      ...table,
      write: async (operations: readonly Operation[]) => {
        await table.write([{ type: "remove", key: KEY }]);
        return table.write(operations);
      },
    };
    await send(slow);
    expect(await table.get(KEY)).toBeUndefined();
  });
});

test("a task that cannot be read yet postpones its mail", async () => {
  task = undefined;
  expect(await send()).toBe("postponed");
  expect(await table.get(KEY)).toMatchObject({ attempts: 1 });
});

describe("a crash", () => {
  test("after the mail was sent sends it again under the same id and link", async () => {
    await expect(send(dying(table, "before"))).rejects.toThrow("died");
    expect(await send()).toBe("sent");

    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });

  test("after the row was removed sends nothing more", async () => {
    await expect(send(dying(table, "after"))).rejects.toThrow("died");
    expect(await send()).toBe("nothing to do");
    expect(sent).toHaveLength(1);
  });

  test.each(["before", "after"] as const)("%s a postponement loses nothing", async (at) => {
    failure = new Error("busy");
    await expect(send(dying(table, at))).rejects.toThrow("died");
    failure = undefined;
    now += 30_000;

    expect(await send()).toBe("sent");
    expect(sent).toHaveLength(1);
  });
});
