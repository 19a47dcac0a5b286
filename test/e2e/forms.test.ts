import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { ask } from "../support/ask.ts";
import {
  advance,
  ended,
  expectRefused,
  linkOf,
  publish,
  reaches,
  read,
  start,
  taskOf,
  typesOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ADA = "ada@example.com";
const BOB = "bob@example.com";
const ORDER = {
  type: "object",
  properties: {
    amount: { type: "number", minimum: 1, maximum: 10 },
    zip: { type: "string", pattern: "^[0-9]{5}$" },
    size: { enum: ["s", "m"] },
  },
  required: ["amount"],
};

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const node = { id: "f", type: "form" };
  await publish(server.api, { name: "order", nodes: [{ ...node, schema: ORDER, due: "P1D" }] });
  await publish(server.api, { name: "desk", nodes: [{ ...node, groups: ["desk"] }] });
  await publish(server.api, { name: "ada", nodes: [{ ...node, assignees: [ADA] }] });
  const question = { id: "q", type: "ask", prompt: "Which?", choices: ["red", "blue"] };
  await publish(server.api, { name: "ask", nodes: [question] });
  await publish(server.api, { name: "approve", nodes: [{ id: "a", type: "approval" }] });
});

afterAll(() => server.close());

const opened = async (workflow: string) => {
  const run = await start(server.api, workflow);
  return { run, task: await taskOf(server.api, run.id) };
};
const act = (task: string, what: string, body: object) =>
  server.api.post(`/v1/tasks/${task}/${what}`, body as never);

describe("a form that is passed on", () => {
  test("is mailed to who is asked now, and the link of the one before is dead", async () => {
    const { task } = await opened("ada");
    const old = await linkOf(server.api, task.id, ADA);
    expect((await ask("GET", old)).status).toBe(200);
    succeeded(await act(task.id, "reassign", { assignees: [BOB] }));
    const link = await linkOf(server.api, task.id, BOB);
    const nonce = /name="nonce" value="([^"]+)"/.exec((await ask("GET", link)).text)?.[1] ?? "";
    const answer = await ask("POST", link, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ data: { approved: true }, nonce }),
    });

    expect((await ask("GET", old)).status).toBe(410);
    expect(answer.status).toBe(200);
    expect(succeeded(await server.api.get(`/v1/tasks/${task.id}`))).toMatchObject({
      status: "done",
      decisions: [{ by: BOB, via: "email" }],
    });
  });
});

describe("a form over HTTP", () => {
  test("is listed with its schema, filled in, and its run goes on", async () => {
    const { run, task } = await opened("order");
    expect(run.waitingOn).toMatchObject([{ kind: "form", task: task.id }]);
    expect(task).toMatchObject({ kind: "form", status: "open", schema: ORDER, data: null });
    const done = succeeded(await act(task.id, "complete", { data: { amount: 5 } }));

    expect(done).toMatchObject({ status: "done", data: { amount: 5 }, decision: "completed" });
    expect((await reaches(server.api, run.id, "succeeded")).output).toEqual({ amount: 5 });
  });

  test("refuses each fault by its field, and stays open over a crash", async () => {
    const { task } = await opened("order");
    const answer = await act(task.id, "complete", { data: { zip: "x", size: "xl" } });
    expectRefused(answer, 422, "INVALID_FORM");
    const paths = (answer.body["errors"] as unknown as { path: string }[]).map(({ path }) => path);
    expect(paths.toSorted().join()).toMatch(/amount|data/);
    expect(paths.length).toBeGreaterThanOrEqual(3);
    await server.killAndStart();

    expect(succeeded(await server.api.get(`/v1/tasks/${task.id}`))).toMatchObject({
      status: "open",
    });
    expect((await act(task.id, "complete", { data: { amount: 1 } })).status).toBe(200);
  });

  test("answered twice alike gives one receipt, answered otherwise says who was first", async () => {
    const { run, task } = await opened("ada");
    const first = await act(task.id, "complete", { data: { approved: true }, as: ADA });
    const again = await act(task.id, "complete", { data: { approved: true }, as: ADA });
    const other = await act(task.id, "complete", { data: { approved: false }, as: ADA });

    expect(again.body).toEqual(first.body);
    expectRefused(other, 409, "TASK_DECIDED");
    expect(other.body).toMatchObject({ decidedBy: ADA });
    expect((await typesOf(server.api, run.id)).filter((type) => type === "task.completed")).toEqual(
      ["task.completed"],
    );
  });

  test("that a group is asked is claimed, released, reassigned and completed", async () => {
    const { task } = await opened("desk");
    expect(task).toMatchObject({ groups: ["desk"], assignees: [] });
    const claimed = succeeded(await act(task.id, "claim", { as: ADA }));
    expect(claimed).toMatchObject({ status: "claimed", claimedBy: ADA });
    const list = succeeded(await server.api.get("/v1/tasks?status=claimed&group=desk"));
    expect(list["data"]).toMatchObject([{ id: task.id }]);
    const others = await act(task.id, "complete", { data: { approved: true }, as: BOB });
    expectRefused(others, 409, "TASK_CLAIMED");
    expect(others.body).toMatchObject({ claimedBy: ADA });

    expect(succeeded(await act(task.id, "release", { as: ADA }))).toMatchObject({
      claimedBy: null,
    });
    const moved = succeeded(await act(task.id, "reassign", { assignees: [BOB] }));
    expect(moved).toMatchObject({ assignees: [BOB], groups: [], status: "open" });
    const mine = succeeded(await server.api.get(`/v1/tasks?status=open&assignee=${BOB}`));
    expect(mine["data"]).toMatchObject([{ id: task.id }]);
    expectRefused(
      await act(task.id, "complete", { data: { approved: true }, as: ADA }),
      403,
      "NOT_AN_APPROVER",
    );
    expect((await act(task.id, "complete", { data: { approved: true }, as: BOB })).status).toBe(
      200,
    );
  });

  test("that is too late fails its run, and is answered no more", async () => {
    const { run, task } = await opened("order");
    await advance(server.api, "P1D");

    expect((await ended(server.api, run.id)).error).toMatchObject({ code: "TIMEOUT" });
    expectRefused(await act(task.id, "complete", { data: { amount: 1 } }), 409, "TASK_CLOSED");
  });

  test("is filled in by its own person with a key of his own, and by no other key", async () => {
    const { task } = await opened("ada");
    const ada = await server.key({ name: "ada", role: "approver", person: ADA });
    const nobody = await server.key({ name: "nobody", role: "approver" });
    const viewer = await server.key({ name: "viewer", role: "viewer" });
    const path = `/v1/tasks/${task.id}/complete`;
    const body = { data: { approved: true } };

    expectRefused(await nobody.api.post(path, body), 403, "NOT_AN_APPROVER");
    expectRefused(await viewer.api.post(path, body), 403, "FORBIDDEN");
    expect((await ada.api.post(path, body)).status).toBe(200);
  });

  test("is no approval, and an approval is no form", async () => {
    const form = await opened("desk");
    const approval = await opened("approve");

    expectRefused(
      await act(form.task.id, "decide", { decision: "approved", as: ADA }),
      409,
      "TASK_IS_FORM",
    );
    const data = { approved: true };
    expectRefused(await act(approval.task.id, "complete", { data }), 409, "TASK_IS_APPROVAL");
    expectRefused(await act(approval.task.id, "claim", {}), 409, "TASK_IS_APPROVAL");
  });
});

describe("a question over HTTP", () => {
  test("is answered by respond, by one of its choices", async () => {
    const { run } = await opened("ask");
    const respond = (body: object) => server.api.post(`/v1/runs/${run.id}/respond`, body as never);
    expectRefused(await respond({ response: "green" }), 422, "INVALID_FORM");
    expect((await respond({ response: "blue" })).status).toBe(200);

    const { output } = await reaches(server.api, run.id, "succeeded");
    expect(output).toEqual({ response: "blue" });
  });

  test("is answered for those who are asked by whoever runs the house, as himself", async () => {
    const { run, task } = await opened("ada");
    await server.api.post(`/v1/runs/${run.id}/respond`, { approved: true });
    const { decisions } = await taskOf(server.api, run.id);

    expect((await read(server.api, run.id)).status).toBe("succeeded");
    expect(task.id).toBeDefined();
    expect(decisions).toMatchObject([{ by: expect.stringMatching(/^key:/) as string }]);
  });
});
