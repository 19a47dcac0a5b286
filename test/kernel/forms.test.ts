import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { waitingOn } from "../../core/kernel/waiting-on.ts";
import { type Story, story } from "./story.ts";

const DAY = 86_400_000;
const ADA = "ada@example.com";
const BOB = "bob@example.com";

const asking = (node: JsonObject, input: Json = null) =>
  story({ nodes: [{ id: "f", type: "form", ...node }] }, { input });
const taskIn = (tale: Story) => Object.keys(tale.run.tasks)[0] ?? "none";
const complete = (tale: Story, by: string, data: Json = { approved: true }) =>
  tale.tell({ type: "task.complete", task: taskIn(tale), by, data });
const claim = (tale: Story, by: string) =>
  tale.tell({ type: "task.claim", task: taskIn(tale), by });

describe("a form", () => {
  test("waits, and its answer is the output of the step", async () => {
    const tale = await asking({ assignees: ADA, due: "P2D" });
    expect(waitingOn(tale.run)).toMatchObject([
      { kind: "form", until: "2026-01-03T00:00:00.000Z" },
    ]);
    await complete(tale, "Ada@example.com ", { approved: false });

    expect(tale.run).toMatchObject({ status: "succeeded", output: { approved: false } });
    expect(tale.of("task.completed")).toMatchObject([{ vote: { decision: "completed" } }]);
  });

  test("without a schema asks for approved and comments", async () => {
    const tale = await asking({});

    expect(tale.of("task.created")[0]?.schema).toMatchObject({
      required: ["approved"],
      properties: { approved: { type: "boolean" }, comments: { type: "string" } },
    });
  });

  test("is answered by those whom it names, and by nobody else", async () => {
    const tale = await asking({ assignees: [ADA, "carl"] });

    expect(await complete(tale, BOB)).toMatchObject({ reason: "not_an_approver" });
    expect(await complete(tale, "carl")).toMatchObject({ type: "accepted" });
    expect(await complete(tale, ADA)).toMatchObject({ reason: "task_closed" });
  });

  test("that asks a group is answered by anybody, and a claim keeps it from the others", async () => {
    const tale = await asking({ groups: ["desk"] });
    await claim(tale, ADA);
    expect(await claim(tale, BOB)).toMatchObject({ reason: "task_claimed" });
    expect(await complete(tale, BOB)).toMatchObject({
      reason: "task_claimed",
      data: { claimedBy: ADA },
    });
    const task = taskIn(tale);
    expect(await tale.tell({ type: "task.release", task, by: BOB })).toMatchObject({
      reason: "task_claimed",
    });
    await tale.tell({ type: "task.release", task, by: ADA });

    expect(await complete(tale, BOB)).toMatchObject({ type: "accepted" });
  });

  test("that is claimed twice by one person is claimed once", async () => {
    const tale = await asking({});
    await claim(tale, ADA);
    await claim(tale, ADA);

    expect(tale.of("task.claimed")).toHaveLength(1);
  });

  test("that is reassigned asks the others, and is claimed by nobody", async () => {
    const tale = await asking({ groups: ["desk"] });
    await claim(tale, ADA);
    await tale.tell({ type: "task.reassign", task: taskIn(tale), by: "boss", assignees: [BOB] });

    expect(await complete(tale, ADA)).toMatchObject({ reason: "not_an_approver" });
    expect(await complete(tale, BOB)).toMatchObject({ type: "accepted" });
  });

  test("that is too late goes by its timeout edge", async () => {
    const tale = await story({
      nodes: [
        { id: "f", type: "form", due: "P1D" },
        { id: "late", type: "set", with: "late" },
      ],
      edges: [["f", "late", { on: "timeout" }]],
    });
    await tale.passes(DAY);

    expect(tale.run.output).toBe("late");
    expect(tale.of("task.expired")).toHaveLength(1);
  });

  test("goes with its run", async () => {
    const tale = await asking({});
    const task = taskIn(tale);
    await tale.cancels();

    expect(tale.of("task.cancelled")).toMatchObject([{ task }]);
    expect(await tale.tell({ type: "task.complete", task, by: ADA, data: 1 })).toMatchObject({
      reason: "task_closed",
    });
  });

  test("is not decided, and an approval is not completed", async () => {
    const form = await asking({});
    const approval = await story({ nodes: [{ id: "a", type: "approval" }] });

    expect(await form.decides("approved", ADA)).toMatchObject({ reason: "task_is_form" });
    expect(await complete(approval, ADA)).toMatchObject({ reason: "task_is_approval" });
  });

  test("is not answered as an event would be: the answer must fit its schema first", async () => {
    const tale = await asking({});

    expect(await tale.tell({ type: "run.respond", body: 1 })).toMatchObject({
      reason: "answer_is_task",
      data: { task: taskIn(tale) },
    });
  });

  test.each<[JsonObject, string]>([
    [{ assignees: "{% [1] %}" }, "INVALID_ASSIGNEES"],
    [{ due: "{% 'soon' %}" }, "INVALID_TIME"],
    [{ type: "ask", prompt: "?", choices: "{% 5 %}" }, "INVALID_CHOICES"],
    [{ preview: "{% $pad('x', 70000) %}" }, "PREVIEW_TOO_LARGE"],
  ])("with what a template makes of %j is %s", async (node, code) => {
    expect((await asking(node)).run.error).toMatchObject({ code });
  });
});

describe("a question", () => {
  const responseIn = async (node: JsonObject, input: Json = null) => {
    const tale = await asking({ type: "ask", prompt: "Which?", ...node }, input);
    const [{ schema, title } = { schema: null, title: "" }] = tale.of("task.created");
    return { title, response: (schema as JsonObject)["properties"] as JsonObject };
  };

  test("asks for one of its choices, or for any text", async () => {
    expect(await responseIn({ choices: "{% $input %}" }, ["a", "b"])).toMatchObject({
      title: "Which?",
      response: { response: { enum: ["a", "b"] } },
    });
    expect(await responseIn({})).toMatchObject({ response: { response: { type: "string" } } });
    expect(await responseIn({ choices: ["a", "b"], freeText: true })).toMatchObject({
      response: { response: { type: "string", examples: ["a", "b"] } },
    });
  });

  test("waits as what it is", async () => {
    const tale = await asking({ type: "ask", prompt: "Which?" });

    expect(waitingOn(tale.run)).toMatchObject([{ kind: "ask", task: taskIn(tale) }]);
  });
});
