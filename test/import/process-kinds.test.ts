import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { ADMIN, house } from "../support/house.ts";
import { begun, connections, inARow, outcome } from "./process-cases.ts";

describe("a task of a process", () => {
  test("that is a script sees the data, may change it, and has its result merged", async () => {
    const script = "processData.seen = true; return { risk: processData.amount > 1000 ? 9 : 1 };";

    const came = await outcome(inARow({ id: "s", type: "scriptTask", data: { script } }), {
      amount: 5_000,
    });

    expect(came.output).toEqual({ amount: 5_000, seen: true, risk: 9 });
  });

  test("that is a script may call the functions that scripts have there", async () => {
    const script = `const data = addToArray(updateField(processData, "a", 1), "list", "x");
      return { ...mergeData(data, { b: 2 }), text: formatString("{a}!", { a: "hi" }),
        missing: validateRequired(processData, ["nope"]).missing, got: getField(data, "a"),
        some: filterArray({ l: [1, 2] }, "l", (n) => n > 1).l, year: getCurrentDate().slice(0, 4) };`;

    const came = await outcome(
      inARow({ id: "s", type: "scriptTask", script }),
      {},
      { now: () => Date.UTC(2031, 0, 1) },
    );

    expect(came.output).toEqual({
      a: 1,
      b: 2,
      list: ["x"],
      text: "hi!",
      missing: ["nope"],
      got: 1,
      some: [2],
      year: "2031",
    });
  });

  test("that is a script sees nothing of the machine, and fails by itself", async () => {
    const at = (script: string) => outcome(inARow({ id: "s", type: "scriptTask", script }));

    expect(await at("return { home: process.env.HOME }")).toMatchObject({ code: "SCRIPT_ERROR" });
    expect(await at("throw new Error('no')")).toMatchObject({ status: "failed" });
    expect(await at("return [1, 2]")).toMatchObject({ output: {} });
  });

  test("that calls an address makes the tool that it describes, filled in from the data", async () => {
    const home = house({ call: () => ({ ok: true }) });
    const data = {
      label: "Charge",
      apiConfig: {
        url: "https://pay.example/orders/${orderId}",
        headers: { "x-for": "${processData.customer.name}" },
        body: { sum: "${amount}", note: "for ${customer.name}" },
        timeout: 1_500,
      },
    };

    const key = await begun(home, inARow({ id: "pay", type: "serviceTask", data }), {
      order_id: "o/1",
      amount: 5,
      customer: { name: "Ada" },
    });

    const { output } = await home.read(key);
    expect(output).toMatchObject({ apiResponse: { ok: true }, status: 200, amount: 5 });
    const [call] = home.calls;
    const tool = await home.engine.tools.get(ADMIN, call?.tool.name ?? "");
    expect(tool).toMatchObject({
      value: { kind: "http", description: "Charge", config: { method: "POST" } },
    });
    expect(call?.input).toMatchObject({ order_id: "o/1" });
  });

  test("that calls an address calls the tool that is named for it", async () => {
    const home = house({ call: ({ tool }) => tool.name });
    await home.engine.tools.put(ADMIN, "mine", { kind: "worker" });
    const document = inARow({ id: "pay", type: "dataProcess", url: "https://pay.example/" });

    const imported = await home.engine.workflows.import(ADMIN, {
      dialect: "process",
      document,
      tools: { "https://pay.example/": "mine" },
    });

    expect(imported).toMatchObject({ ok: true });
    expect(imported.ok && imported.value.tools).toBeFalsy();
    expect(imported.ok && imported.value.document["nodes"]).toMatchObject([
      {},
      { tool: "mine" },
      {},
    ]);
  });

  test("that calls nothing says so, and goes on", async () => {
    const came = await outcome(inARow({ id: "c", type: "serviceTask", data: { label: "Book" } }));

    expect(came.output).toEqual({ message: "Service task executed: Book" });
  });

  test("that sends a message tells it to whom it names, or to who started the process", async () => {
    const home = house();
    const message = "Dear ${customer}, see ${ missing }";
    const document = inARow(
      { id: "one", type: "sendTask", data: { recipient: "${mail}", subject: "Hi", message } },
      { id: "two", type: "notification", data: { message: "done" } },
    );

    const key = await begun(home, document, { customer: "Bob", mail: "bob@example.com" });

    expect(home.notices).toMatchObject([
      { to: ["bob@example.com"], subject: "Hi", text: "Dear Bob, see ${ missing }\n" },
      { to: ["ada@example.com"], subject: "Workflow Notification", text: "done\n" },
    ]);
    expect((await home.read(key)).output).toMatchObject({
      notificationSent: true,
      channel: "email",
    });
  });

  test("that looks at rules tells which have passed", async () => {
    const rules = [{ name: "small", condition: "amount < 100" }, "amount > 0", "is polite"];
    const document = inARow({ id: "r", type: "businessRuleTask", data: { rules } });

    const results = (passed: boolean) => [
      { rule: "small", passed },
      { rule: "amount > 0", passed: true },
      { rule: "is polite", passed: true },
    ];
    expect((await outcome(document, { amount: 500 })).output).toMatchObject({
      validationPassed: false,
      results: results(false),
    });
    expect((await outcome(document, { amount: 5 })).output).toMatchObject({
      validationPassed: true,
      results: results(true),
    });
  });

  test("that asks a model keeps its answer under the name that is given", async () => {
    const data = { model: "mock/echo", prompt: "About ${topic}", outputVariable: "summary" };

    const came = await outcome(inARow({ id: "l", type: "llmTask", data }), { topic: "birds" });

    expect(came.output).toMatchObject({ llmExecuted: true, model: "mock/echo" });
    expect((came.output as JsonObject)["summary"]).toContain("About birds");
  });

  test("that is a timer waits as long as it says", async () => {
    const home = house();
    const key = await begun(
      home,
      inARow({ id: "t", type: "timerEvent", data: { duration: "2h" } }),
    );

    const { waitingOn } = await home.read(key);

    const [wait] = waitingOn;
    expect(wait?.kind).toBe("timer");
    expect(Date.parse(wait?.until ?? "") - Date.parse(wait?.since ?? "")).toBe(7_200_000);
  });
});

describe("a task for people", () => {
  async function asked(data: JsonObject) {
    const home = house();
    const key = await begun(home, inARow({ id: "u", type: "userTask", data }), { who: "Bob" });
    const [task] = (await home.engine.tasks.list(ADMIN, { run: key.runId }, { limit: 5 })).data;
    if (task === undefined) throw new Error("nobody was asked");
    const complete = async (answer: Json, as?: string) => {
      const done = await home.engine.tasks.complete(ADMIN, task.id, { data: answer, as });
      if (!done.ok) return done.refusal.errors?.map(({ path }) => path) ?? done.refusal.code;
      await home.drive(key);
      return (await home.read(key)).output;
    };
    return { task, complete };
  }

  test("asks for a decision and a comment when it says nothing else", async () => {
    const { task, complete } = await asked({ label: "Approve for ${who}", priority: "high" });

    expect(task).toMatchObject({ title: "Approve for Bob", priority: 100 });
    expect(await complete({ comments: "hm" })).toEqual(["data.approved"]);
    expect(await complete({ approved: true, more: 1 })).toEqual({
      who: "Bob",
      approved: true,
      more: 1,
    });
  });

  test("takes what fits its fields, and refuses the rest field by field", async () => {
    const { complete } = await asked({
      formFields: [
        { fieldName: "name", type: "text", required: true, maxLength: 5 },
        { name: "age", type: "number", min: 18, max: 99 },
        { name: "size", type: "dropdown", options: ["S", { value: "M", label: "Medium" }] },
        { name: "zip", type: "text", pattern: "^[0-9]{5}$" },
        { name: "why", type: "textarea", required: true, showWhen: { field: "age", value: 20 } },
        { name: "extras", type: "multiselect", options: "bag, box" },
      ],
    });

    const bad = { name: "", age: 5, size: "XL", zip: "x", extras: ["cup"] };
    const faults = (await complete(bad)) as readonly string[];
    expect(faults.toSorted()).toEqual([
      "data.age",
      "data.extras[0]",
      "data.name",
      "data.size",
      "data.zip",
    ]);
    const good = { name: "Ada", age: 20, size: "M", zip: "12345", extras: ["box"] };
    expect(await complete(good)).toMatchObject(good);
  });

  test("asks people by their addresses, and groups by their names", async () => {
    const { task } = await asked({ assignedTo: "ada@example.com", candidateGroups: ["desk"] });

    expect(task).toMatchObject({ assignees: ["ada@example.com"], groups: ["desk"] });
  });
});

describe("a gateway of a process", () => {
  const task = (id: string) => ({
    id,
    type: "scriptTask",
    script: `return { ${id}: true, trail: (processData.trail ?? "") + "${id}" };`,
  });
  const around = [
    { id: "first", type: "startProcess" },
    { id: "last", type: "endEvent" },
  ];

  test("that is exclusive takes the first that holds, wherever the default stands", async () => {
    const document = (type: string, more = {}) => ({
      name: "x",
      nodes: [...around, { id: "g", type, ...more }, task("a"), task("b"), task("c")],
      edges: connections(
        "first -> g",
        "g -> c [else]",
        "g -> a [processData.amount >= 1000 && vip === true]",
        "g -> b [${amount} >= 1000 || status == 'new']",
        "a -> last",
        "b -> last",
        "c -> last",
      ),
    });
    const trail = async (input: JsonObject, type = "exclusiveGateway", more = {}) =>
      ((await outcome(document(type, more), input)).output as JsonObject)["trail"];

    expect(await trail({ amount: 2_000, vip: true })).toBe("a");
    expect(await trail({ amount: 2_000 })).toBe("b");
    expect(await trail({ status: "new" }, "decision")).toBe("b");
    expect(await trail({}, "gateway", { data: { gatewayType: "exclusive" } })).toBe("c");
  });

  test("that is exclusive fails where nothing holds and there is no default", async () => {
    const nodes = [...around, { id: "g", type: "exclusive" }];

    const came = await outcome(
      { name: "x", nodes, connections: connections("first -> g", "g -> last [ok == true]") },
      { ok: false },
    );

    expect(came.code).toBe("NO_EDGE");
  });

  test("does not need to stand where a task already chooses by conditions", async () => {
    const home = house();
    const key = await begun(home, {
      name: "expense",
      nodes: [...around, { id: "ask", type: "userTask" }, task("pay"), task("tell")],
      connections: connections(
        "first -> ask",
        "ask -> pay [approved == true]",
        "ask -> tell [approved == false]",
        "pay -> last",
        "tell -> last",
      ),
    });
    const [open] = (await home.engine.tasks.list(ADMIN, { run: key.runId }, { limit: 5 })).data;

    await home.engine.tasks.complete(ADMIN, open?.id ?? "", { data: { approved: false } });
    await home.drive(key);

    expect((await home.read(key)).output).toMatchObject({ trail: "tell" });
  });

  test("that is parallel takes all, and joins once when all have come", async () => {
    const home = house();
    const user = (id: string) => ({ id, type: "userTask", data: { label: id } });
    const key = await begun(home, {
      name: "p",
      nodes: [
        ...around,
        { id: "split", type: "parallelGateway" },
        { id: "join", type: "parallelGateway" },
        user("one"),
        user("two"),
        task("after"),
      ],
      connections: connections(
        "first -> split",
        "split -> one",
        "split -> two",
        "one -> join",
        "two -> join",
        "join -> after",
        "after -> last",
      ),
    });
    const open = async () =>
      (await home.engine.tasks.list(ADMIN, { run: key.runId, status: "open" }, { limit: 5 })).data;

    const both = await open();
    expect(both.map(({ title }) => title).toSorted()).toEqual(["one", "two"]);
    for (const { id, title } of both) {
      const data = { approved: true, [title]: 1 };
      expect(await home.engine.tasks.complete(ADMIN, id, { data })).toMatchObject({ ok: true });
      await home.drive(key);
    }

    const { output, steps } = await home.read(key);
    expect(output).toMatchObject({ one: 1, two: 1, trail: "after" });
    expect(steps.filter(({ node }) => node === "after" || node === "last")).toHaveLength(2);
  });

  test("that is inclusive takes all that hold, else the default, and waits for those", async () => {
    const document = {
      name: "i",
      nodes: [
        ...around,
        { id: "split", type: "inclusiveGateway" },
        { id: "join", type: "inclusive" },
        task("a"),
        task("b"),
        task("c"),
        task("z"),
      ],
      connections: connections(
        "first -> split",
        "split -> a [n > 1]",
        "split -> b [n > 10]",
        "split -> c [else]",
        "a -> join",
        "b -> join",
        "c -> join",
        "join -> z",
        "z -> last",
      ),
    };
    const trail = async (n: number) =>
      ((await outcome(document, { n })).output as JsonObject)["trail"];

    expect(["abz", "baz"]).toContain(await trail(20));
    expect(await trail(5)).toBe("az");
    expect(await trail(0)).toBe("cz");
  });

  test("may lead back, as often as it needs", async () => {
    const script = "return { n: (processData.n ?? 0) + 1 };";

    const came = await outcome({
      name: "loop",
      nodes: [
        ...around,
        { id: "count", type: "scriptTask", script },
        { id: "g", type: "decision" },
      ],
      connections: connections(
        "first -> count",
        "count -> g",
        "g -> count [n < 5]",
        "g -> last [else]",
      ),
    });

    expect(came.output).toEqual({ n: 5 });
  });
});
