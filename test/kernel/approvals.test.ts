import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { contextOf, createdAt, given, HALF, NOW } from "../support/given.ts";
import { type Sketch } from "../support/given-sketch.ts";
import { story } from "./story.ts";

const people = ["ada@example.com", "Bob@Example.com", "cy@example.com"];
const ask = (more: JsonObject = {}) => ({ id: "ok", type: "approval", approvers: people, ...more });
const branching = (more: JsonObject = {}): Sketch => ({
  nodes: [
    ask(more),
    { id: "yes", type: "set", with: "{% $steps.ok.output %}" },
    { id: "no", type: "set", with: "{% $steps.ok.output %}" },
  ],
  edges: [
    ["ok", "yes"],
    ["ok", "no", { on: "rejected" }],
  ],
});

describe("an approval", () => {
  const ids = { step: "ok.1", node: "ok", visit: 1, token: 1, attempt: 1 };

  test("opens a task that carries all that people are shown, and a digest of it", async () => {
    const task = "task_019b76da-a800-7800-8000-000000000000";
    const shown = { title: "Refund 7?", description: "for o-1", preview: { amount: 7 } };
    const fields = { title: "Refund {% $input.amount %}?", description: "for {% $input.order %}" };
    const node = ask({ ...fields, preview: { amount: "{% $input.amount %}" }, due: "PT1H" });
    await given(
      contextOf({ nodes: [node] }),
      createdAt("ok", { input: { amount: 7, order: "o-1" } }),
    )
      .when({ type: "run.advance" })
      .yields(
        { type: "step.started", ...ids, kind: "approval" },
        {
          type: "task.created",
          ...ids,
          ...shown,
          approvers: people,
          quorum: 1,
          options: [
            { id: "approved", label: "Approve" },
            { id: "rejected", label: "Reject" },
          ],
          priority: 0,
          email: true,
          task,
          kind: "approval",
          digest: HALF,
          due: NOW + 3_600_000,
        },
        {
          type: "step.waiting",
          ...ids,
          wait: { kind: "approval", task, until: NOW + 3_600_000 },
          dueAt: NOW + 3_600_000,
        },
        { type: "timer.set", ...ids, dueAt: NOW + 3_600_000 },
        {
          type: "run.waiting",
          waitingOn: [
            {
              kind: "approval",
              task,
              since: "2026-01-01T00:00:00.000Z",
              until: "2026-01-01T01:00:00.000Z",
              node: "ok",
              step: "ok.1",
            },
          ],
        },
      );
  });

  test("goes on by success when approved, with who, when and what was said", async () => {
    const tale = await story(branching());
    await tale.decides("approved", "ada@example.com", { comment: "fine", edits: { amount: 5 } });

    expect(tale.steps()).toEqual(["ok.1", "yes.1"]);
    expect(tale.run.output).toEqual({
      decision: "approved",
      decidedBy: "ada@example.com",
      comment: "fine",
      edits: { amount: 5 },
      at: "2026-01-01T00:00:00.000Z",
    });
  });

  test("goes by the port of the option when it is not approved", async () => {
    const tale = await story(branching());
    await tale.decides("rejected", "bob@example.com");

    expect(tale.steps()).toEqual(["ok.1", "no.1"]);
    expect(tale.run.output).toMatchObject({ decision: "rejected", comment: null, edits: null });
  });

  test("fails the run as REJECTED where no edge takes the rejection", async () => {
    const tale = await story({ nodes: [ask()] });
    await tale.decides("rejected", "ada@example.com");

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "REJECTED", node: "ok" } });
  });

  test("lets an error port take a rejection that no other edge takes", async () => {
    const tale = await story({
      nodes: [ask(), { id: "else", type: "set", with: "caught" }],
      edges: [["ok", "else", { on: "error", errors: ["REJECTED"] }]],
    });
    await tale.decides("rejected", "ada@example.com");

    expect(tale.run.output).toBe("caught");
  });

  test("may have options of its own, each a port", async () => {
    const options = ["approved", { id: "later", label: "Ask me later" }, "never_ever"];
    const tale = await story({
      nodes: [ask({ options }), { id: "wait", type: "set", with: "later" }],
      edges: [["ok", "wait", { on: "later" }]],
    });
    expect(tale.of("task.created")[0]?.options).toEqual([
      { id: "approved", label: "Approve" },
      { id: "later", label: "Ask me later" },
      { id: "never_ever", label: "Never ever" },
    ]);
    const refused = await tale.decides("rejected", "ada@example.com");
    await tale.decides("later", "ada@example.com");

    expect(refused).toEqual({
      type: "rejected",
      reason: "option_unknown",
      data: { options: ["approved", "later", "never_ever"] },
    });
    expect(tale.run.output).toBe("later");
  });

  test("asks only those it names, and knows them by any spelling of their address", async () => {
    const tale = await story(branching());

    expect(await tale.decides("approved", "eve@example.com")).toMatchObject({
      reason: "not_an_approver",
    });
    expect(await tale.decides("approved", " BOB@example.COM ")).toMatchObject({ type: "accepted" });
  });

  test("asks anybody who may decide where it names nobody", async () => {
    const tale = await story({ nodes: [{ id: "ok", type: "approval" }] });
    await tale.decides("approved", "key:k1");

    expect(tale.run.status).toBe("succeeded");
  });

  test("is refused when what was shown is not what is to be decided", async () => {
    const tale = await story(branching());
    const digest = Object.values(tale.run.tasks)[0]?.digest ?? "";

    expect(await tale.decides("approved", "ada@example.com", { digest: "other" })).toEqual({
      type: "rejected",
      reason: "digest_mismatch",
      data: { digest },
    });
    expect(await tale.decides("approved", "ada@example.com", { digest })).toMatchObject({
      type: "accepted",
    });
  });

  test("has another digest for another preview, and for another title", async () => {
    const digests = [];
    for (const node of [ask(), ask({ preview: 1 }), ask({ title: "x" }), ask({ preview: 1 })]) {
      const tale = await story({ nodes: [node] });
      digests.push(tale.of("task.created")[0]?.digest);
    }

    expect(new Set(digests).size).toBe(3);
    expect(digests[1]).toBe(digests[3]);
  });

  test("is closed once it is decided", async () => {
    const tale = await story({
      nodes: [ask(), { id: "hold", type: "wait", event: { name: "x" } }],
      edges: [["ok", "hold"]],
    });
    const [task = ""] = Object.keys(tale.run.tasks);
    await tale.decides("approved", "ada@example.com");

    expect(await tale.decides("rejected", "ada@example.com", { task })).toEqual({
      type: "rejected",
      reason: "task_closed",
    });
  });

  test("opens a task of its own for each visit", async () => {
    const tale = await story({
      nodes: [ask(), { id: "end", type: "end" }],
      edges: [
        ["ok", "end"],
        ["ok", "ok", { on: "rejected" }],
      ],
    });
    await tale.decides("rejected", "ada@example.com");
    await tale.decides("approved", "ada@example.com");

    const tasks = tale.of("task.created").map(({ task, digest }) => `${task} ${digest}`);
    expect(new Set(tasks).size).toBe(2);
    expect(tale.run.status).toBe("succeeded");
  });

  test("that is due goes by its timeout port, and its task is expired", async () => {
    for (const field of [{ due: "PT1H" }, { timeout: "PT1H" }, { due: "{% 'PT' & 1 & 'H' %}" }]) {
      const tale = await story({
        nodes: [ask(field), { id: "late", type: "set", with: "late" }],
        edges: [["ok", "late", { on: "timeout" }]],
      });
      await tale.passes(3_600_000);

      expect(tale.run).toMatchObject({ status: "succeeded", output: "late" });
      expect(tale.of("task.expired")).toHaveLength(1);
      expect(tale.run.tasks).toEqual({});
    }
  });

  test.each([
    [{ approvers: "{% 5 %}" }, "INVALID_APPROVERS"],
    [{ approvers: ["{% $input.nobody %}"] }, "INVALID_APPROVERS"],
    [{ approvers: "{% ['a@example.com'] %}", quorum: 2 }, "INVALID_APPROVERS"],
    [{ due: "{% 'soon' %}" }, "INVALID_TIME"],
    [{ title: "{% 1 + 'a' %}" }, "EXPRESSION_ERROR"],
  ])("that cannot be asked fails its step: %j", async (fields, code) => {
    const tale = await story({ nodes: [ask(fields)] });

    expect(tale.run.error).toMatchObject({ code, node: "ok" });
    expect(tale.of("task.created")).toEqual([]);
  });

  test("takes computed approvers, one or a list, each once", async () => {
    const one = await story({ nodes: [ask({ approvers: "{% 'ada@example.com' %}" })] });
    const several = await story(
      { nodes: [ask({ approvers: "{% $input %}" })] },
      { input: ["ada@example.com", " bob@example.com ", "ada@example.com"] },
    );

    expect(one.of("task.created")[0]?.approvers).toEqual(["ada@example.com"]);
    expect(several.of("task.created")[0]?.approvers).toEqual([
      "ada@example.com",
      "bob@example.com",
    ]);
  });

  test("is closed when its run is cancelled, fails or ends without it", async () => {
    const cancelled = await story({ nodes: [ask()] });
    await cancelled.cancels();
    const beside = {
      nodes: [
        { id: "go", type: "set", split: "all" },
        ask(),
        { id: "hold", type: "wait", event: { name: "x" } },
      ],
      edges: [
        ["go", "ok"],
        ["go", "hold"],
        ["hold", "stop"],
      ] as const,
    };
    for (const stop of [
      { id: "stop", type: "end", status: "failed" },
      { id: "stop", type: "end", terminate: true },
    ]) {
      const tale = await story({ ...beside, nodes: [...beside.nodes, stop] });
      await tale.signal("x");
      expect(tale.of("task.cancelled")).toHaveLength(1);
      expect(tale.run.tasks).toEqual({});
    }

    expect(cancelled.of("task.cancelled")).toHaveLength(1);
    expect(cancelled.run.status).toBe("cancelled");
  });
});

describe("a quorum", () => {
  test("is reached when enough have approved, and what each said is on record", async () => {
    const tale = await story(branching({ quorum: 2 }));
    await tale.decides("approved", "ada@example.com", { comment: "first" });
    expect(tale.run).toMatchObject({ status: "waiting" });
    await tale.decides("approved", "cy@example.com", { comment: "second", via: "email" });

    expect(tale.steps()).toEqual(["ok.1", "yes.1"]);
    expect(tale.of("task.decided")).toMatchObject([
      { settled: false, vote: { by: "ada@example.com", via: "api", comment: "first" } },
      { settled: true, vote: { by: "cy@example.com", via: "email", comment: "second" } },
    ]);
  });

  test("is vetoed by one rejection", async () => {
    const tale = await story(branching({ quorum: 3 }));
    await tale.decides("approved", "ada@example.com");
    await tale.decides("rejected", "cy@example.com");

    expect(tale.steps()).toEqual(["ok.1", "no.1"]);
  });

  test("counts nobody twice, by whatever spelling", async () => {
    const tale = await story(branching({ quorum: 2 }));
    await tale.decides("approved", "ada@example.com");

    expect(await tale.decides("approved", "ADA@example.com")).toEqual({
      type: "rejected",
      reason: "already_voted",
      data: { decision: "approved", decidedBy: "ada@example.com", at: "2026-01-01T00:00:00.000Z" },
    });
    expect(tale.run.status).toBe("waiting");
  });
});

describe("a tool that needs a person first", () => {
  const tools = { charge: { hash: "h", approval: { approvers: people, quorum: 2 } } };
  const pay = { id: "pay", type: "tool", tool: "charge", with: { amount: "{% $input %}" } };

  test("waits for a decision on exactly this input, and is called after it", async () => {
    const tale = await story({ nodes: [pay] }, { tools, input: 7 });

    expect(tale.calling()).toEqual([]);
    expect(tale.of("task.created")).toMatchObject([
      {
        title: 'Call "charge"',
        preview: { tool: "charge", input: { amount: 7 } },
        approvers: people,
        quorum: 2,
      },
    ]);
    await tale.decides("approved", "ada@example.com");
    expect(tale.calling()).toEqual([]);
    await tale.decides("approved", "cy@example.com");

    expect(tale.tokenAt("pay", "running")).toMatchObject({
      attempt: 1,
      call: 1,
      key: "seed-pay-1",
      input: { amount: 7 },
    });
    await tale.works("pay", "paid");
    expect(tale.run.output).toBe("paid");
  });

  test("is not called when they say no: the step fails as REJECTED", async () => {
    const failed = await story({ nodes: [pay] }, { tools, input: 7 });
    await failed.decides("rejected", "ada@example.com");
    const caught = await story(
      {
        nodes: [pay, { id: "else", type: "set", with: "left alone" }],
        edges: [["pay", "else", { on: "error", errors: ["REJECTED"] }]],
      },
      { tools, input: 7 },
    );
    await caught.decides("rejected", "ada@example.com");

    expect(failed.run.error).toMatchObject({ code: "REJECTED", node: "pay", retryable: false });
    expect(caught.run.output).toBe("left alone");
  });

  test("is retried and recovered without being asked for again", async () => {
    const tale = await story({ nodes: [pay] }, { tools, input: 7 });
    await tale.decides("approved", "ada@example.com");
    await tale.decides("approved", "cy@example.com");
    await tale.crashes();
    await tale.breaks("pay");
    await tale.passes(60_000);
    await tale.works("pay", "paid");

    expect(tale.of("task.created")).toHaveLength(1);
    expect(tale.of("step.started").map(({ attempt }) => attempt)).toEqual([1, 1, 2, 3]);
    expect(tale.run.output).toBe("paid");
  });

  test("is asked for again on its next visit: that is another call", async () => {
    const tale = await story(
      {
        nodes: [pay, { id: "end", type: "end" }],
        edges: [
          ["pay", "pay", { when: "{% $steps.pay.visits < 2 %}" }],
          ["pay", "end"],
        ],
      },
      { tools: { charge: { hash: "h", approval: { approvers: [] } } }, input: 7 },
    );
    await tale.decides("approved", "ada");
    await tale.works("pay");
    expect(tale.calling()).toEqual([]);
    await tale.decides("approved", "ada");
    await tale.works("pay");

    expect(tale.of("task.created")).toHaveLength(2);
    expect(tale.run.status).toBe("succeeded");
  });
});
