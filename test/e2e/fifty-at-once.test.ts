import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";
import type { Answer } from "../../scripts/support/client.ts";
import {
  begin,
  type EventShown,
  ended,
  eventsOf,
  publish,
  reaches,
  registerTool,
  taskOf,
} from "../support/runs.ts";
import { seeded } from "../support/seeded.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "act");
  const approval = { type: "approval", approvers: "ada@example.com", email: false };
  await publish(server.api, {
    name: "contested",
    nodes: [
      { id: "go", type: "set", split: "all" },
      { id: "ask", ...approval },
      { id: "listen", type: "wait", event: { name: "paid" } },
      { id: "act", type: "tool", tool: "act", join: "all", with: "{% $run.id %}" },
    ],
    edges: [
      { from: "go", to: "ask" },
      { from: "go", to: "listen" },
      { from: "ask", to: "act" },
      { from: "listen", to: "act" },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

type Asked = Readonly<{ what: "cancel" | "approved" | "rejected" | "signal"; n: number }>;
type Told = Asked & Readonly<{ answer: Answer }>;

type Mix = Readonly<Record<Asked["what"], number>>;

function shuffled(mix: Mix, seed: number): readonly Asked[] {
  const random = seeded(seed);
  const names = Object.keys(mix) as Asked["what"][];
  return names
    .flatMap((what) => Array.from({ length: mix[what] }, (_, n) => ({ what, n, at: random() })))
    .toSorted((one, other) => one.at - other.at);
}

function request(runId: string, taskId: string, { what, n }: Asked): Promise<Answer> {
  if (what === "cancel") return server.api.post(`/v1/runs/${runId}/cancel`, { reason: `c${n}` });
  if (what === "signal") {
    // Each id comes twice.
    const signal = { name: "paid", id: `s${n >> 1}`, payload: { n: n >> 1 } };
    return server.api.post(`/v1/runs/${runId}/signals`, signal);
  }
  const decision = { decision: what, as: "ada@example.com" };
  return server.api.post(`/v1/tasks/${taskId}/decide`, decision);
}

function count(events: readonly EventShown[], type: string): number {
  return events.filter((event) => event.type === type).length;
}

/** What the log and the run say of a request: the only answers to it that are true. */
function truthOf(
  { what, n }: Asked,
  run: RunView,
  events: readonly EventShown[],
): readonly string[] {
  const late = "409 RUN_ENDED";
  if (what === "cancel") return run.status === "cancelled" ? ["200", late] : [late];
  if (what === "signal") {
    const isTaken = events.some(
      ({ type, data }) => type === "signal.received" && data["id"] === `s${n >> 1}`,
    );
    return isTaken ? ["202", late] : [late];
  }
  const decision = events.find(({ type }) => type === "task.decided")?.data["decision"];
  if (decision === undefined) return ["409 TASK_CLOSED"];
  return decision === what
    ? [`200 ${what}`]
    : [`409 TASK_DECIDED ${textIn(decision)} ada@example.com`];
}

function saidIn({ status, body }: Answer): string {
  const { code, decision, decidedBy } = body;
  return [
    status,
    ...[code, decision, decidedBy].filter((part) => part !== undefined).map(textIn),
  ].join(" ");
}

function textIn(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Case = Readonly<{ how: string; mix: Mix; isCancelLate?: true }>;
const CASES: readonly Case[] = [
  { how: "in any order", mix: { cancel: 8, approved: 14, rejected: 6, signal: 22 } },
  { how: "that agree", mix: { cancel: 0, approved: 25, rejected: 0, signal: 25 } },
  { how: "that contradict each other", mix: { cancel: 0, approved: 20, rejected: 20, signal: 10 } },
  {
    how: "of which the cancels come when the first has been answered",
    mix: { cancel: 10, approved: 20, rejected: 0, signal: 20 },
    isCancelLate: true,
  },
];

describe("fifty cancels, approvals and signals at once on one run", () => {
  test.each(CASES.flatMap((one) => [1, 2, 3].map((seed) => ({ ...one, seed }))))(
    "$how have one outcome, and everyone is told the truth ($seed)",
    async ({ mix, isCancelLate, seed }) => {
      const { id } = await begin(server.api, "contested");
      await reaches(server.api, id, "waiting");
      const task = await taskOf(server.api, id);

      const first = Promise.withResolvers<void>();
      const ask = async (asked: Asked): Promise<Told> => {
        if (isCancelLate && asked.what === "cancel") await first.promise;
        const answer = await request(id, task.id, asked);
        first.resolve();
        return { ...asked, answer };
      };
      const told = await Promise.all(shuffled(mix, seed).map(ask));

      const run = await ended(server.api, id);
      const events = await eventsOf(server.api, id);
      expect(told).toHaveLength(50);
      const lies = told.filter(
        ({ answer, ...asked }) => !truthOf(asked, run, events).includes(saidIn(answer)),
      );
      expect(lies.map(({ what, answer }) => `${what}: ${answer.text}`)).toEqual([]);
      expectOneOutcome(run, events);
      expect(yesTo(told, "cancel").length).toBe(run.status === "cancelled" ? 1 : 0);
      const fresh = yesTo(told, "signal").filter(
        ({ answer }) => answer.body["duplicate"] === false,
      );
      expect(fresh).toHaveLength(count(events, "signal.received"));
      const effects = tools.callsOf("/act").filter(({ body }) => body === id);
      // A cancel may come while the call is under way; nothing calls twice.
      expect([run.status, effects.length]).toSatisfy(isRight);
      const verified = await server.api.get(`/v1/runs/${id}/ledger/verify`);
      expect(verified.body).toMatchObject({ ok: true, count: events.length });
    },
  );
});

function isRight([status, calls]: readonly [RunView["status"], number]): boolean {
  if (status === "succeeded") return calls === 1;
  return status === "cancelled" ? calls <= 1 : calls === 0;
}

function yesTo(told: readonly Told[], what: Asked["what"]): readonly Told[] {
  return told.filter((one) => one.what === what && one.answer.status < 300);
}

function expectOneOutcome(run: RunView, events: readonly EventShown[]): void {
  const ends = events.filter(({ type }) => /^run\.(succeeded|failed|cancelled)$/.test(type));
  expect(ends.map(({ type }) => type)).toEqual([`run.${run.status}`]);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(count(events, "task.decided") + count(events, "task.cancelled")).toBe(1);
}
