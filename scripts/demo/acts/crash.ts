import { money, START, START_KEY } from "../complaint.ts";
import { look, runIn } from "../look.ts";
import type { Stage } from "../stage.ts";

/** Act 2: tools act, and in the middle of the second call the server is killed. */
export async function killInTheMiddle(stage: Stage, runId: string): Promise<void> {
  const { screen, claims, desk } = stage;
  screen.act("Act 2 · Tools act, and the server dies in the middle");
  await stage.held;
  for (const { key, item, amount } of desk.calls()) {
    screen.fact("paid", `${money(amount)}  ${item.padEnd(14)}  key ${key}`);
  }
  screen.fact("", "The desk has paid this one too, and holds its answer back.");
  const steps = await look.steps(stage, runId);
  claims.check({
    what: "one refund is on record as done, one as being done",
    came: steps.filter(({ node }) => node === "refund").map(({ id, status }) => `${id} ${status}`),
    expected: ["refund.1 succeeded", "refund.2 running"],
    seen: "1 done, 1 running",
  });

  const { pid } = stage.server();
  const exit = await stage.server().kill();
  screen.fact("kill -9", `process ${pid} is gone; it was not asked, and it was not told`);
  claims.check({
    what: "the server was killed by SIGKILL, with the call in flight",
    came: [exit.signal, desk.calls().length],
    expected: ["SIGKILL", 2],
    seen: "SIGKILL, 2 calls, 1 answered",
  });
}

/** Act 3: the same command again, and the run goes on by itself. */
export async function restart(stage: Stage, runId: string): Promise<void> {
  const { screen, claims, desk } = stage;
  screen.act("Act 3 · It starts again, and the run goes on by itself");
  const server = await stage.start();
  screen.fact("server", `process ${server.pid}, the same command on the same data`);

  // The request that began the run, sent again: this is how one waits for it without a loop.
  const again = await stage.client().post("/v1/runs?wait=20", START, START_KEY);
  const calls = desk.calls();
  for (const { key, amount } of desk.payments()) {
    const asked = calls.filter((call) => call.key === key).length;
    const times = asked === 1 ? "once" : `${asked} times`;
    screen.fact("desk", `${money(amount)}  key ${key}: asked ${times}, paid once`);
  }
  claims.check({
    what: "the start, sent again, answered with the same run",
    came: [runIn(again).id, again.headers["idempotency-replayed"]],
    expected: [runId, "true"],
    seen: "Idempotency-Replayed: true",
  });
  claims.check({
    what: "the call that was cut off was repeated, with the same key",
    came: [calls.length, calls[2]?.key, calls[2]?.repeated],
    expected: [3, calls[1]?.key, true],
    seen: `…${calls[2]?.key.slice(-16)}`,
  });
  claims.check({
    what: "the desk paid each key once",
    came: desk.payments().map(({ amount }) => amount),
    expected: [9.9, 24],
    seen: "9.90 and 24.00 EUR, 3 calls",
  });
  const steps = await look.steps(stage, runId);
  const named = (id: string) => steps.find((step) => step.id === id);
  claims.check({
    what: "the record says that a lost worker was taken over from",
    came: [named("refund.2")?.status, named("refund.2")?.recoveries],
    expected: ["succeeded", 1],
    seen: "refund.2: recoveries 1",
  });
  claims.check({
    what: "what was done before the crash was not done again",
    came: [named("plan.1")?.attempt, named("refund.1")?.attempt],
    expected: [1, 1],
    seen: "plan.1, refund.1: attempt 1",
  });
}
