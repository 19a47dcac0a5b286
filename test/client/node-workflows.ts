/* oxlint-disable unicorn/no-thenable -- so the cells of a table are called. */
import {
  eq,
  expr,
  get,
  gt,
  minus,
  modulo,
  over,
  plus,
  shape,
  text,
  tool,
  workflow,
} from "../../client/index.ts";

const object = "object" as const;

const greeting = workflow("greeting", {
  title: "Greet somebody",
  description: "The smallest workflow that has every part.",
  input: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
  vars: { word: "Hello" },
  limits: { maxVisits: 10, deadline: "P1D" },
})
  .set("greet", { with: ($) => text`${$.vars.word}, ${$.input.name}!` })
  .start("greet")
  .build(($) => ({ text: $.steps.greet.output }));

const set = workflow("node-set", { input: shape<{ price: number }>(), vars: { total: 10 } })
  .set("add", {
    with: ($) => ({ sum: plus($.vars.total, $.input.price) }),
    assign: ($) => ({ total: $.output.sum }),
  })
  .build(($) => ({ sum: $.steps.add.output.sum, total: $.vars.total }));

const script = workflow("node-script", { input: shape<{ orders: unknown }>() })
  .script("score", {
    with: ($) => ({ orders: $.input.orders }),
    code: "const late = input.orders.filter((order) => order.daysLate > 3); return { late: late.length, score: Math.round(100 * late.length / input.orders.length) };",
    answers: shape<{ late: number; score: number }>(),
  })
  .when(($) => gt($.steps.score.output.score, 50))
  .script("wrong", { code: "return process.env" })
  .after("score")
  .end("fine")
  .build(($) => $.steps.score.output);

const rules = workflow("node-rules", { input: shape<{ amount: number; customer: string }>() })
  .rules("discount", {
    with: ($) => ({ amount: $.input.amount, customer: $.input.customer }),
    table: {
      hitPolicy: "first",
      inputs: ["amount", "customer"],
      outputs: ["discount"],
      rules: [
        { when: ["> 100", '"gold"'], then: [{ feel: "amount * 0.2" }], annotation: "gold" },
        { when: ["> 100", "-"], then: [10] },
        { when: ["-", "-"], then: [0] },
      ],
    },
  })
  .build();

const llm = workflow("node-llm", { input: shape<{ customer: string }>() })
  .llm("plan", {
    model: "mock/script",
    system: "You answer in JSON.",
    prompt: ($) => text`How much should ${$.input.customer} get back?`,
    schema: { type: "object", properties: { amount: { type: "number" } } },
    script: [{ object: { amount: 40 } }],
  })
  .build(($) => $.steps.plan.output.object.amount);

const callTool = workflow("node-tool", { input: shape<{ order: string }>() })
  .tool("call", {
    tool: tool<{ order: string }>("echo"),
    with: ($) => ({ order: $.input.order }),
  })
  .build();

const approval = workflow("node-approval", { input: shape<{ amount: number }>() })
  .approval("ask", {
    title: ($) => text`Refund ${$.input.amount} EUR`,
    preview: ($) => ({ amount: $.input.amount }),
    approvers: ["ada@example.com", "bob@example.com"],
    quorum: 2,
    due: "P3D",
  })
  .build(
    ({ steps }) => expr`${steps.ask.output.decision} & ' by ' & ${steps.ask.output.decidedBy}`,
  );

const escalates = workflow("approval-that-escalates", { input: shape<{ boss: string }>() })
  .approval("ask", {
    approvers: "ada@example.com",
    reminders: ["P1D", "P2D"],
    escalation: ($) => [
      { after: "P3D", action: "reassign", to: [$.input.boss] },
      { after: "P7D", action: "decide", decision: "rejected" },
    ],
  })
  .set("paid", { with: "paid" })
  .after("ask")
  .on("rejected")
  .set("refused", { with: ($) => text`refused by ${$.steps.ask.output.decidedBy}` })
  .build();

const notify = workflow("node-notify", { input: shape<{ order: string; customer: string }>() })
  .notify("mail", {
    channel: "email",
    to: ($) => [$.input.customer, "desk@example.com"],
    subject: ($) => text`Order ${$.input.order} is on its way`,
    body: ($) => text`Dear customer,\n\nyour order ${$.input.order} has left us.`,
  })
  .notify("event", {
    channel: "event",
    subject: "order.sent",
    body: ($) => ({ order: $.input.order }),
  })
  .build(({ steps }) => [steps.mail.output.to, steps.event.output.subject]);

const form = workflow("node-form", { input: shape<{ order: string }>() })
  .form("address", {
    title: ($) => text`Where to for order ${$.input.order}`,
    schema: {
      type: object,
      properties: { street: { type: "string", minLength: 1 }, zip: { type: "string" } },
      required: ["street"],
    },
    assignees: ["ada@example.com"],
    due: "P2D",
  })
  .build(($) => $.steps.address.output.street);

const ask = workflow("node-ask", { input: shape<{ item: string }>() })
  .ask("colour", {
    prompt: ($) => text`Which colour for ${$.input.item}?`,
    choices: ["red", "blue"],
  })
  .build(($) => $.steps.colour.output.response);

const wait = workflow("node-wait", { input: shape<{ date: string; order: string }>() })
  .wait("a-day", { for: "P1D" })
  .wait("a-date", { until: ($) => $.input.date })
  .wait("payment", { event: ($) => ({ name: "paid", key: $.input.order }) })
  .build();

const waitForAny = workflow("wait-for-any", { input: shape<{ offer: string }>() })
  .wait("answer", {
    any: ($) => [
      { event: { name: "accepted", key: $.input.offer } },
      { event: { name: "declined", key: $.input.offer } },
      { for: "P7D" },
    ],
    payload: shape<{ by: string }>(),
  })
  .when(($) => eq($.steps.answer.won, 0))
  .set("accepted", { with: ($) => $.steps.answer.output.by })
  .after("answer")
  .when(($) => eq($.steps.answer.won, 1))
  .set("declined", { with: "declined" })
  .after("answer")
  .set("silent", { with: "silent" })
  .build();

const waitForAll = workflow("wait-for-all")
  .wait("an-hour", { for: "PT1H" })
  .wait("papers", {
    all: [{ event: { name: "contract" } }, { event: { name: "passport" } }, { for: "P1D" }],
    timeout: "P30D",
  })
  .build(
    ({ steps: { papers } }) =>
      expr`${get(papers.output, 0, "signed")} & ' ' & ${get(papers.output, 1, "number")}`,
  );

const map = workflow("node-map", {
  input: shape<{ people: readonly { name: string; polite?: boolean }[] }>(),
})
  .map(
    "each",
    ($) => $.input.people,
    (each) =>
      each
        .set("word", { with: ($) => expr<string>`${$.item.polite} ? 'Dear' : 'Hi'` })
        .set("greet", { with: ($) => text`${$.steps.word.output} ${$.item.name}` }),
    { concurrency: 2 },
  )
  .build();

const keyed = workflow("map-keyed", { input: shape<{ [name: string]: number }>() })
  .map(
    "halve",
    ($) => $.input,
    (each) =>
      each
        .set("test")
        .when(($) => eq(modulo($.item, 2), 0))
        .set("half", { with: ($) => over($.item, 2) })
        .after("test")
        .end("odd", {
          status: "failed",
          error: ($) => ({ code: "ODD", message: text`${$.key} is odd` }),
        }),
    { tolerate: 1 },
  )
  .build();

const subflow = workflow("node-subflow", { input: shape<{ n: number }>() })
  .set("test")
  .when(($) => gt($.input.n, 0))
  .subflow("below", {
    workflow: "node-subflow",
    with: ($) => ({ n: minus($.input.n, 1) }),
    answers: shape<number>(),
  })
  .set("sum", { with: ($) => plus($.input.n, $.steps.below.output) })
  .after("test")
  .set("zero", { with: 0 })
  .build();

const end = workflow("node-end", { input: shape<{ amount: number }>() })
  .set("check", { with: ($) => $.input.amount })
  .when(($) => gt($.input.amount, 100))
  .end("too-much", {
    status: "failed",
    error: ($) => ({ code: "TOO_MUCH", message: text`${$.input.amount} is too much` }),
  })
  .after("check")
  .end("fine", { output: ($) => ({ paid: $.steps.check.output }) })
  .build();

export const NODES = {
  greeting,
  set,
  script,
  rules,
  llm,
  callTool,
  approval,
  escalates,
  notify,
  form,
  ask,
  wait,
  waitForAny,
  waitForAll,
  map,
  keyed,
  subflow,
  end,
};
