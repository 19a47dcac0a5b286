import {
  at,
  call,
  choose,
  count,
  exists,
  gt,
  gte,
  lt,
  orElse,
  plus,
  shape,
  text,
  times,
  tool,
  workflow,
} from "../../client/index.ts";

/** The workflows of `examples/`, drawn instead of written. */
const hello = workflow("hello", {
  title: "Say hello",
  input: {
    type: "object",
    properties: { name: { type: "string", minLength: 1 } },
    required: ["name"],
  },
})
  .set("greet", { with: ($) => text`Hello, ${$.input.name}!` })
  .build();

const askAPerson = workflow("ask-a-person", {
  title: "Ask a person before going on",
  input: {
    type: "object",
    properties: {
      question: { type: "string", minLength: 1 },
      approver: { type: "string", format: "email" },
    },
    required: ["question", "approver"],
  },
})
  .approval("ask", {
    title: ($) => text`${$.input.question}`,
    preview: ($) => ({ question: $.input.question, "asked for": $.run.id }),
    approvers: ($) => [$.input.approver],
    due: "P7D",
  })
  .set("yes", { with: ($) => text`${$.steps.ask.output.decidedBy} said yes.` })
  .after("ask")
  .on("rejected")
  .set("no", { with: ($) => text`${$.input.approver} said no.` })
  .after("ask")
  .on("timeout")
  .set("silence", { with: "Nobody answered within a week." })
  .build();

const crashAndResume = workflow("crash-and-resume", {
  title: "Three tool calls, of which the second is slow enough to kill the server in it",
  input: {
    type: "object",
    properties: { ms: { type: "integer", minimum: 0, maximum: 25000 } },
  },
})
  .tool("before", { tool: "echo", with: "done before the crash", answers: shape<string>() })
  .tool("slow", { tool: "sleep", with: ($) => ({ ms: orElse($.input.ms, 10000) }) })
  .tool("after", { tool: "echo", with: "done after it", answers: shape<string>() })
  .build(($) => [$.steps.before.output, $.steps.after.output]);

const modelCall = workflow("model-call", {
  title: "Ask a language model",
  input: {
    type: "object",
    properties: { text: { type: "string", minLength: 1 } },
    required: ["text"],
  },
})
  .llm("answer", {
    system: "You answer in one sentence.",
    prompt: ($) => text`What is this about? ${$.input.text}`,
    maxTokens: 200,
  })
  .build(($) => ({
    answer: $.steps.answer.output.text,
    model: $.steps.answer.output.model,
    tokens: $.steps.answer.output.usage.totalTokens,
  }));

const multiStep = workflow("multi-step", {
  title: "Add up an order: a loop over its lines, and a branch on the total",
  input: {
    type: "object",
    properties: {
      lines: {
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          properties: {
            item: { type: "string" },
            price: { type: "number", minimum: 0 },
            quantity: { type: "integer", minimum: 1 },
          },
          required: ["item", "price", "quantity"],
        },
      },
    },
    required: ["lines"],
  },
  vars: { at: 0, total: 0 },
  limits: { maxVisits: 500 },
})
  .set("add", {
    with: ($) => {
      const line = at($.input.lines, $.vars.at);
      return times(line.price, line.quantity);
    },
    assign: ($) => ({ total: plus($.vars.total, $.output), at: plus($.vars.at, 1) }),
  })
  .when(($) => lt($.vars.at, count($.input.lines)))
  .to("add")
  .when(($) => gte($.vars.total, 50))
  .set("free", { with: 0 })
  .after("add")
  .set("paid", { with: 4.9 })
  .after("free", "paid")
  .set("bill", {
    with: ({ vars, steps }) => ({
      lines: vars.at,
      goods: vars.total,
      delivery: choose(exists(steps.free.output), steps.free.output, steps.paid.output),
    }),
  })
  .build();

/** Names and types of a tool that several workflows call. */
const refund = tool<
  { order: string; item: string; amount: number },
  { receipt: string; amount: number }
>("refund");

const refundAgent = workflow("refund-agent", {
  title: "Plan the refunds of a complaint, pay the small ones, ask a person about the others",
  description:
    "The model is a mock that plays `script`. Name your own in `model` and delete `script`: nothing else changes.",
  input: {
    type: "object",
    properties: {
      order: { type: "string", minLength: 1 },
      complaint: { type: "string", minLength: 1 },
      approver: { type: "string", format: "email" },
    },
    required: ["order", "complaint", "approver"],
  },
  vars: { next: 0, paid: 0 },
})
  .llm("plan", {
    model: "mock/script",
    system: "You handle complaints. List what should be refunded, smallest amount first.",
    prompt: ({ input }) => text`Order ${input.order}. The customer writes: ${input.complaint}`,
    schema: {
      type: "object",
      properties: {
        refunds: {
          type: "array",
          minItems: 1,
          maxItems: 10,
          items: {
            type: "object",
            properties: {
              item: { type: "string" },
              amount: { type: "number", exclusiveMinimum: 0 },
              reason: { type: "string" },
            },
            required: ["item", "amount", "reason"],
          },
        },
      },
      required: ["refunds"],
    },
    script: [
      {
        object: {
          refunds: [
            { item: "delivery fee", amount: 9.9, reason: "it came a week late" },
            { item: "charging cable", amount: 24, reason: "it was missing" },
            { item: "headphones", amount: 249, reason: "the left side is silent" },
          ],
        },
      },
    ],
  })
  .set("choose", { with: ($) => at($.steps.plan.output.object.refunds, $.vars.next) })
  .when(($) => gt($.steps.choose.output.amount, 100))
  .approval("approve", {
    title: ({ steps, input }) =>
      text`Refund ${steps.choose.output.amount} EUR for order ${input.order}?`,
    description: "More than 100 EUR needs a person.",
    preview: ({ steps, input }) => ({
      order: input.order,
      item: steps.choose.output.item,
      amount: steps.choose.output.amount,
      reason: steps.choose.output.reason,
    }),
    approvers: ($) => [$.input.approver],
    due: "P3D",
  })
  .after("choose")
  .tool("refund", {
    tool: refund,
    with: ({ steps, input }) => ({
      order: input.order,
      item: steps.choose.output.item,
      amount: steps.choose.output.amount,
    }),
    timeout: "PT20S",
    assign: ($) => ({
      next: plus($.vars.next, 1),
      paid: call<number>("round", plus($.vars.paid, $.output.amount), 2),
    }),
  })
  .after("approve")
  .to("refund")
  .after("refund")
  .when(($) => lt($.vars.next, count($.steps.plan.output.object.refunds)))
  .to("choose")
  .end("done", { output: ($) => ({ refunds: $.vars.next, paid: $.vars.paid }) })
  .after("approve")
  .on("rejected")
  .end("declined", {
    output: ($) => ({
      refunds: $.vars.next,
      paid: $.vars.paid,
      declined: $.steps.choose.output.item,
    }),
  })
  .after("approve")
  .on("timeout")
  .to("declined")
  .build();

const waitUntil = workflow("wait-until", {
  title: "Wait until a given time, then remind",
  input: {
    type: "object",
    properties: {
      at: { type: "string", format: "date-time" },
      about: { type: "string", minLength: 1 },
    },
    required: ["at", "about"],
  },
})
  .wait("sleep", { until: ($) => $.input.at, payload: shape<{ firedAt: string }>() })
  .set("remind", {
    with: ($) => ({
      reminder: $.input.about,
      "asked for": $.input.at,
      "came at": $.steps.sleep.output.firedAt,
    }),
  })
  .build();

const pressForAnAnswer = workflow("press-for-an-answer", {
  title: "Ask, remind, ask somebody else, and decide at last",
  input: {
    type: "object",
    properties: {
      question: { type: "string", minLength: 1 },
      approver: { type: "string", format: "email" },
      boss: { type: "string", format: "email" },
    },
    required: ["question", "approver", "boss"],
  },
})
  .approval("ask", {
    title: ($) => text`${$.input.question}`,
    approvers: ($) => [$.input.approver],
    reminders: ["P1D"],
    escalation: ($) => [
      { after: "P2D", action: "reassign", to: [$.input.boss] },
      { after: "P4D", action: "decide", decision: "rejected" },
    ],
  })
  .set("yes", { with: "approved" })
  .after("ask")
  .on("rejected")
  .set("no", { with: "rejected" })
  .after("yes", "no")
  .notify("tell", {
    channel: "email",
    to: ($) => $.input.approver,
    subject: ($) => text`Decided: ${$.input.question}`,
    body: ({ steps: { ask } }) => text`It was ${ask.output.decision} by ${ask.output.decidedBy}.`,
  })
  .build(({ steps: { ask } }) => text`${ask.output.decision} by ${ask.output.decidedBy}`);

export const EXAMPLES = [
  hello,
  askAPerson,
  crashAndResume,
  modelCall,
  multiStep,
  pressForAnAnswer,
  refundAgent,
  waitUntil,
];
