import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { ask } from "../support/ask.ts";
import {
  advance,
  ended,
  linkOf,
  publish,
  reaches,
  start,
  taskOf,
  typesOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ADA = "ada@example.com";
const BOSS = "boss@example.com";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const approval = { id: "ok", type: "approval", approvers: [ADA], title: "Refund?" };
  const no = { id: "no", type: "set", with: "{% $steps.ok.output.decidedBy %}" };
  const edges = [{ from: "ok", to: "no", on: "rejected" }];
  const flow = (name: string, more: JsonObject) =>
    publish(server.api, { name, nodes: [{ ...approval, ...more }, no], edges });
  await flow("reminded", { reminders: ["PT1H", "PT2H"], due: "PT3H" });
  await flow("passed-on", { escalation: [{ after: "PT1H", action: "reassign", to: BOSS }] });
  await flow("by-itself", {
    escalation: [{ after: "PT1H", action: "decide", decision: "rejected" }],
  });
});

afterAll(() => server.close());

async function mailsTo(to: string, run: string): Promise<readonly string[]> {
  const { data } = succeeded(await server.api.get("/dev/mail"));
  const mails = data as unknown as readonly { to: string; subject: string; text: string }[];
  return mails
    .filter((mail) => mail.to === to && mail.text.includes(run))
    .map(({ subject }) => subject.split(":")[0] ?? "")
    .toReversed();
}

const page = async (link: string) => (await ask("GET", link)).status;

describe("an approval that nobody answers", () => {
  test("is reminded of once for each reminder, over a crash too, and says what comes next", async () => {
    const { id } = await start(server.api, "reminded");
    const told = succeeded(await server.api.get(`/v1/runs/${id}/explain`));
    const { reminders } = await taskOf(server.api, id);
    expect(told["summary"]).toContain(`The next reminder goes out at ${reminders[0]?.at}`);
    expect(told["nextTimer"]).toBe(reminders[0]?.at);
    expect((await reaches(server.api, id, "waiting")).waitingOn).toMatchObject([
      { kind: "approval", until: (await taskOf(server.api, id)).due },
    ]);

    await advance(server.api, "PT1H");
    await server.killAndStart();
    await advance(server.api, "PT1H");

    const task = await taskOf(server.api, id);
    expect(task.reminders.map(({ doneAt }) => doneAt !== null)).toEqual([true, true]);
    expect(await mailsTo(ADA, id)).toEqual([
      "Decision needed",
      "Reminder, decision needed",
      "Reminder, decision needed",
    ]);
    await advance(server.api, "PT1H");
    expect(await ended(server.api, id)).toMatchObject({ error: { code: "TIMEOUT" } });
  });

  test("is passed on: the new link decides, the old one shows what every dead link shows", async () => {
    const { id } = await start(server.api, "passed-on");
    const task = await taskOf(server.api, id);
    const old = await linkOf(server.api, task.id, ADA);
    expect(await page(old)).toBe(200);
    await advance(server.api, "PT1H");

    const link = await linkOf(server.api, task.id, BOSS);
    const dead = await ask("GET", old);
    const unknown = await ask("GET", `${server.url}/approve/nothing`);
    expect([dead.status, dead.text]).toEqual([410, unknown.text]);
    expect(await mailsTo(BOSS, id)).toEqual(["Decision needed"]);
    const shown = await ask("GET", link);
    const nonce = /name="nonce" value="([^"]+)"/.exec(shown.text)?.[1] ?? "";
    const decided = await ask("POST", link, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ decision: "rejected", nonce }),
    });

    expect(decided.status).toBe(200);
    expect((await ended(server.api, id)).output).toBe(BOSS);
    expect(await taskOf(server.api, id)).toMatchObject({
      assignees: [BOSS],
      escalation: [{ action: "reassign", to: [BOSS] }],
    });
  });

  test("is decided by itself, on the edge of that decision", async () => {
    const { id } = await start(server.api, "by-itself");
    await advance(server.api, "PT1H");

    expect((await ended(server.api, id)).output).toBe("escalation");
    expect(await taskOf(server.api, id)).toMatchObject({
      status: "done",
      decisions: [{ by: "escalation", via: "escalation", decision: "rejected" }],
    });
    expect(await typesOf(server.api, id)).toContain("task.escalated");
  });
});
