import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { validateWorkflow } from "../../core/kernel/validate.ts";
import { NOW } from "../support/given.ts";
import { EVERYTHING, type Sketch } from "../support/given-sketch.ts";
import { story } from "./story.ts";

const ADA = "ada@example.com";
const BOB = "bob@example.com";
const BOSS = "boss@example.com";
const HOUR = 3_600_000;

const asking = (more: JsonObject): Sketch => ({
  nodes: [
    { id: "ok", type: "approval", approvers: [ADA, BOB], quorum: 2, ...more },
    { id: "yes", type: "set", with: "yes" },
    { id: "no", type: "set", with: "{% $steps.ok.output.decidedBy %}" },
    { id: "late", type: "set", with: "late" },
  ],
  edges: [
    ["ok", "yes"],
    ["ok", "no", { on: "rejected" }],
    ["ok", "late", { on: "timeout" }],
  ],
});

describe("reminders of a task", () => {
  test("go to those who have not decided, each at its time from the opening", async () => {
    const tale = await story(asking({ reminders: ["PT2H", "PT1H"], due: "PT3H" }));
    expect(tale.run.tokens["1"]).toMatchObject({ dueAt: NOW + HOUR });

    await tale.passes(HOUR);
    await tale.decides("approved", ADA);
    await tale.passes(HOUR);

    expect(tale.of("task.reminded")).toMatchObject([
      { n: 0, to: [ADA, BOB] },
      { n: 1, to: [BOB] },
    ]);
    expect(tale.run.tokens["1"]).toMatchObject({ dueAt: NOW + 3 * HOUR });
    await tale.passes(HOUR);
    expect(tale.run.output).toBe("late");
  });

  test("that are late with the task remind nobody, and one without an end goes on waiting", async () => {
    const late = await story(asking({ reminders: ["PT1H", "PT2H"], due: "PT2H" }));
    await late.passes(5 * HOUR);
    const open = await story(asking({ reminders: ["PT1H"] }));
    await open.passes(9 * HOUR);

    expect(late.of("task.reminded").map(({ to }) => to)).toEqual([[], []]);
    expect(late.run.output).toBe("late");
    expect(open.run).toMatchObject({ status: "waiting" });
    expect(open.run.tokens["1"]).not.toHaveProperty("dueAt");
  });

  test("go to whoever has claimed a form, and do not end while the run is paused", async () => {
    const form = { id: "f", type: "form", assignees: [ADA, BOB], reminders: ["PT1H", "PT2H"] };
    const tale = await story({ nodes: [form] });
    const [task = ""] = Object.keys(tale.run.tasks);
    await tale.tell({ type: "task.claim", task, by: BOB });
    await tale.pauses();
    await tale.passes(HOUR);
    expect(tale.of("task.reminded")).toEqual([]);
    await tale.resumes();
    await tale.passes(HOUR);

    expect(tale.of("task.reminded").map(({ to }) => to)).toEqual([[BOB], [BOB]]);
  });
});

describe("the escalation of a task", () => {
  test("asks others instead: they decide, and whoever was asked before does not", async () => {
    const escalation = [{ after: "PT1H", action: "reassign", to: [BOSS, ADA] }];
    const tale = await story(asking({ escalation }));
    await tale.decides("approved", ADA);
    await tale.passes(HOUR);

    expect(tale.of("task.escalated")).toMatchObject([{ action: "reassign", to: [BOSS, ADA] }]);
    expect(await tale.decides("approved", BOB)).toMatchObject({ reason: "not_an_approver" });
    await tale.decides("approved", BOSS);
    expect(tale.run.output).toBe("yes");
  });

  test("decides, on the edge of its decision, and says that it did", async () => {
    const escalation = [{ after: "PT1H", action: "decide", decision: "rejected" }];
    const tale = await story(asking({ escalation, due: "PT1H" }));
    await tale.passes(HOUR);

    expect(tale.of("task.decided")).toMatchObject([
      { vote: { decision: "rejected", by: "escalation", via: "escalation" }, settled: true },
    ]);
    expect(tale.of("task.expired")).toEqual([]);
    expect(tale.run).toMatchObject({ status: "succeeded", output: "escalation" });
  });

  test("does all that is due in the order of its times, and what comes after the end never", async () => {
    const escalation = [
      { after: "PT5H", action: "decide", decision: "approved" },
      { after: "PT1H", action: "remind" },
      { after: "PT2H", action: "reassign", to: ["{% $input.boss %}", BOB] },
    ];
    const more = { escalation, reminders: ["PT2H"], due: "PT4H" };
    const tale = await story(asking(more), { input: { boss: BOSS } });
    await tale.passes(3 * HOUR);

    const happened = tale.events().filter(({ type }) => /reminded|escalated/.test(type));
    expect(happened).toMatchObject([
      { type: "task.escalated", action: "remind", to: [ADA, BOB] },
      { type: "task.reminded", to: [ADA, BOB] },
      { type: "task.escalated", action: "reassign", to: [BOSS, BOB] },
    ]);
    await tale.passes(9 * HOUR);
    expect(tale.of("task.decided")).toEqual([]);
    expect(tale.run.output).toBe("late");
  });

  test("to fewer people than must decide, or at no time, fails the step when it opens", async () => {
    const few = await story(
      asking({ escalation: [{ after: "P1D", action: "reassign", to: BOSS }] }),
    );
    const never = await story(asking({ reminders: ["{% $input %}"] }), { input: "soon" });

    expect(few.run.error).toMatchObject({ code: "INVALID_APPROVERS" });
    expect(never.run.error).toMatchObject({ code: "INVALID_TIME" });
  });

  test("begins anew when a failed run is retried, with the task that is asked anew", async () => {
    const sketch: Sketch = {
      nodes: [
        { id: "go", type: "set", split: "all" },
        { id: "ok", type: "approval", approvers: [ADA], reminders: ["PT2H"] },
        { id: "call", type: "tool", tool: "charge", retry: { maxAttempts: 1 } },
      ],
      edges: [
        ["go", "ok"],
        ["go", "call"],
      ],
    };
    const tale = await story(sketch);
    tale.later(HOUR);
    await tale.breaks("call");
    await tale.retries();
    await tale.passes(HOUR);
    expect(tale.of("task.reminded")).toEqual([]);
    await tale.passes(HOUR);

    expect(tale.of("task.reminded")).toHaveLength(1);
  });
});

describe("publishing an agenda", () => {
  const faults = (node: JsonObject) => {
    const asked = node["type"] === undefined ? { type: "approval", approvers: [ADA] } : {};
    const nodes = [{ id: "a", ...asked, ...node }];
    const { errors } = validateWorkflow({ name: "flow", nodes }, EVERYTHING);
    return errors.map(({ path, code }) => `${path.replace("nodes[0].", "")} ${code}`);
  };
  const decide = { after: "P1D", action: "decide", decision: "rejected" };

  test.each<JsonObject>([
    { reminders: ["PT1H", "{% $input.when %}"] },
    { escalation: [decide, { after: "P1D", action: "remind" }] },
    {
      type: "form",
      assignees: [ADA],
      reminders: ["P1D"],
    },
  ])("takes %j", (node) => {
    expect(faults(node)).toEqual([]);
  });

  test.each<[string, JsonObject]>([
    ["reminders INVALID_TYPE", { reminders: "P1D" }],
    ["reminders[0] INVALID_DURATION", { reminders: ["soon"] }],
    ["reminders LIMIT", { reminders: Array.from({ length: 11 }, () => "P1D") }],
    ["escalation[0].after REQUIRED", { escalation: [{ ...decide, after: undefined as never }] }],
    ["escalation[0].action REQUIRED", { escalation: [{ after: "P1D" }] }],
    ["escalation[0].action INVALID_VALUE", { escalation: [{ after: "P1D", action: "shout" }] }],
    ["escalation[0].to REQUIRED", { escalation: [{ after: "P1D", action: "reassign" }] }],
    ["escalation[0].to INVALID_VALUE", { escalation: [{ ...decide, to: [BOSS] }] }],
    ["escalation[0].decision REQUIRED", { escalation: [{ after: "P1D", action: "decide" }] }],
    ["escalation[0].decision INVALID_VALUE", { escalation: [{ ...decide, decision: "maybe" }] }],
    [
      "escalation[0].decision INVALID_VALUE",
      { escalation: [{ after: "P1D", action: "remind", decision: "approved" }] },
    ],
    ["escalation[0].action INVALID_VALUE", { type: "ask", prompt: "?", escalation: [decide] }],
  ])("refuses %s: %j", (fault, node) => {
    expect(faults(node)).toEqual([fault]);
  });
});
