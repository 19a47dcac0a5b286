import {
  choose,
  exists,
  expr,
  gt,
  gte,
  lt,
  plus,
  shape,
  times,
  typed,
  workflow,
} from "../../client/index.ts";

const absent = workflow("absent-values", {
  input: shape<{ note?: string; amount?: number }>(),
  vars: { note: typed<string | undefined>() },
})
  .set("read-order", {
    with: ($) => ({
      note: $.input.note,
      notes: [$.input.note],
      text: "note: {% $input.note %}",
      isSame: expr`${$.input.note} = 'x'`,
      isOther: expr`${$.input.note} != 'x'`,
      isLarge: gt($.input.amount, 100),
      sum: plus($.input.amount, 1),
    }),
    assign: ($) => ({ note: $.output.note }),
  })
  .when(($) => gt($.input.amount, 100))
  .set("large", { with: "large" })
  .after("read-order")
  .set("small", { with: "small" })
  .build(($) => [$.steps["read-order"].output, $.vars.note, $.steps.small.output]);

const sequence = workflow("sequence")
  .set("one", { with: 1 })
  .tool("two", {
    tool: "echo",
    with: ($) => plus($.steps.one.output, 1),
    answers: shape<number>(),
  })
  .set("three", { with: ($) => plus($.steps.two.output, 1) })
  .build();

const exclusive = workflow("exclusive-choice", { input: shape<number>() })
  .set("choose")
  .when(($) => gte($.input, 100))
  .set("large", { with: "large" })
  .after("choose")
  .when(($) => gte($.input, 0))
  .set("small", { with: "small" })
  .after("large", "small")
  .set("after", { with: ($) => expr`${$.input} & ' has passed'` })
  .build();

const parallel = workflow("parallel")
  .set("go", { split: "all" })
  .tool("stock", { tool: "echo", with: 7, answers: shape<number>() })
  .after("go")
  .tool("price", { tool: "echo", with: 3, answers: shape<number>() })
  .after("stock", "price")
  .set("both", {
    join: "all",
    with: ({ steps }) => times(steps.stock.output, steps.price.output),
  })
  .build();

const multiChoice = workflow("multi-choice", {
  input: shape<{ amount: number; public?: boolean }>(),
})
  .set("go", { split: "all" })
  .tool("legal", { tool: "echo", with: "legal" })
  .after("go")
  .when(($) => gt($.input.amount, 100))
  .tool("finance", { tool: "echo", with: "finance" })
  .after("go")
  .when(($) => $.input.public)
  .tool("press", { tool: "echo", with: "press" })
  .after("legal", "finance", "press")
  .set("all-said", {
    join: "all",
    with: ({ steps }) => [steps.legal.output, steps.finance.output, steps.press.output],
  })
  .build();

const loop = workflow("loop", {
  input: shape<{ times: number }>(),
  vars: { n: 0 },
  limits: { maxVisits: 5 },
})
  .set("count", { with: ($) => plus($.vars.n, 1), assign: ($) => ({ n: $.output }) })
  .when(($) => lt($.vars.n, $.input.times))
  .to("count")
  .end("done", { output: ($) => ({ n: $.vars.n }) })
  .build();

const errorEdge = workflow("error-edge", { input: shape<{ code: string }>() })
  .tool("find", {
    tool: "fail",
    with: ($) => ({ code: $.input.code, message: "no such order" }),
  })
  .on("error", ["HTTP_4*", "GONE"])
  .set("missing", { with: ($) => $.steps.find.error.message })
  .build();

const timeoutEdge = workflow("timeout-edge")
  .wait("answer", { event: { name: "answer" }, timeout: "P2D" })
  .on("timeout")
  .set("late", { with: "nobody answered" })
  .build();

const rejectionEdge = workflow("rejection-edge")
  .approval("ask", {
    approvers: "ada@example.com",
    options: ["approved", "rejected", { id: "later", label: "Ask again" }],
    with: ($) => $.input,
  })
  .set("pay", { with: "paid" })
  .after("ask")
  .on("rejected")
  .set("refuse", { with: "refused" })
  .after("ask")
  .on("later")
  .to("ask")
  .build();

const cancels = workflow("cancels")
  .set("go", { split: "all" })
  .wait("remind", { for: "P7D" })
  .after("go")
  .wait("answer", { event: { name: "answer" }, cancels: ["remind"] })
  .build();

const terminate = workflow("terminate")
  .set("go", { split: "all" })
  .wait("slow", { for: "P30D" })
  .after("go")
  .wait("fast", { event: { name: "enough" } })
  .end("stop", { terminate: true, output: "enough" })
  .build();

const quorum = workflow("quorum")
  .set("go", { split: "all" })
  .wait("a", { event: { name: "a" }, timeout: "P1D" })
  .after("go")
  .wait("b", { event: { name: "b" }, timeout: "P1D" })
  .after("go")
  .wait("c", { event: { name: "c" }, timeout: "P1D" })
  .after("a", "b", "c")
  .on("timeout")
  .set("late")
  .after("a", "b", "c")
  .set("two-of-three", { join: { atLeast: 2 }, with: "enough" })
  .on("error", ["JOIN_UNSATISFIED"])
  .set("too-few", { with: "too few" })
  .build(($) => choose($.steps["too-few"].output, "too few", "enough"));

const discriminator = workflow("discriminator")
  .set("go", { split: "all" })
  .wait("a", { event: { name: "a" } })
  .after("go")
  .wait("b", { event: { name: "b" } })
  .after("a", "b")
  .set("first", {
    join: { atLeast: 1, rest: "ignore" },
    with: () => expr`${exists(expr`$steps.b`)} ? 'b' : 'a'`,
  })
  .build(($) => ({ first: $.steps.first.output }));

const retry = workflow("retry")
  .tool("call", {
    tool: "fail",
    with: { code: "HTTP_503", retryable: true },
    retry: { maxAttempts: 2, backoff: { initial: "PT5S", jitter: "none" } },
  })
  .build();

const delivery = workflow("delivery")
  .tool("pay", {
    tool: "fail",
    with: { code: "NETWORK", retryable: true },
    delivery: "at-most-once",
  })
  .on("error")
  .set("look", { with: ($) => $.steps.pay.error.code })
  .build();

const compensate = workflow("compensate")
  .tool("book", { tool: "echo", with: "H-1", answers: shape<string>() })
  .tool("pay", { tool: "fail", with: { code: "HTTP_402", retryable: false } })
  .undo("book")
  .tool("leave", { tool: "echo", with: ($) => $.steps.book.output })
  .build();

export const ROUTING = {
  absent,
  sequence,
  exclusive,
  parallel,
  multiChoice,
  loop,
  errorEdge,
  timeoutEdge,
  rejectionEdge,
  cancels,
  terminate,
  quorum,
  discriminator,
  retry,
  delivery,
  compensate,
};
