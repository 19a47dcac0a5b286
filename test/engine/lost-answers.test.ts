import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { rows } from "../../core/store/rows.ts";
import { faultyTable, isCommit, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const TWO: JsonObject = {
  name: "two",
  nodes: ["a", "b"].map((id) => ({ id, type: "tool", tool: "echo", with: id })),
  edges: [{ from: "a", to: "b" }],
};
const HOLD: JsonObject = {
  name: "hold",
  nodes: [{ id: "hold", type: "wait", event: { name: "go" } }],
};

/** Loses the answer of the first try of every commit. */
function losingAnswers(times = 1) {
  const tries = new Map<string, number>();
  return faultyTable(memoryTable(), (_, operations): Misfortune => {
    const [first] = operations;
    if (first?.type !== "put" || !isCommit(operations)) return "none";
    const name = `${first.item.pk}/${first.item.sk}`;
    const before = tries.get(name) ?? 0;
    tries.set(name, before + 1);
    return before < times ? "after" : "none";
  });
}

describe("rule 1: a lost answer is not a lost race", () => {
  test("the chain goes on from what is stored, not from what was offered again", async () => {
    const home = house({ table: losingAnswers(2) });
    await home.publish(TWO);
    const key = await home.start("two");
    await home.drive(key);

    expect(await home.engine.runs.verify(ADMIN, key.runId)).toMatchObject({
      ok: true,
      value: { ok: true, errors: [] },
    });
  });

  test("what is remembered after it is what is stored", async () => {
    const table = losingAnswers();
    const home = house({ table });
    await home.publish(HOLD);
    const key = await home.start("hold");

    expect(home.deps.cache.get(key)).toEqual(await house({ table }).deps.log.load(key));
  });

  test("the last unit of a limit is not refused to the one who took it", async () => {
    const table = losingAnswers();
    const limits = { maxActiveRuns: 1 };
    const home = house({ table, limits });
    await home.publish(HOLD);
    const { runId } = await home.start("hold");
    const other = await home.engine.runs.start(ADMIN, { workflow: "hold" });

    expect(other).toMatchObject({ ok: false, refusal: { code: "LIMIT_REACHED" } });
    await home.engine.runs.cancel(ADMIN, runId);
    expect((await table.get(rows.counter("default", "activeRuns")))?.["count"]).toBe(0);
  });

  test("a limit is a refusal and a race is decided again: they are told apart", async () => {
    const table = memoryTable();
    const limits = { maxActiveRuns: 1 };
    const homes = [house({ table, limits }), house({ table, limits })];
    await homes[0]?.publish(HOLD);
    const request = { workflow: "hold", idempotencyKey: "k", bodyHash: "b" };

    const started = await Promise.all(homes.map(({ engine }) => engine.runs.start(ADMIN, request)));
    const replayed = started.map((one) => one.ok && one.value.replayed);

    expect(new Set(replayed)).toEqual(new Set([false, true]));
  });

  test("of two decisions on the same state one wins, and the other is decided on what it left", async () => {
    const table = memoryTable();
    const homes = Array.from({ length: 4 }, () => house({ table }));
    await homes[0]?.publish(HOLD);
    const { runId } = (await homes[0]?.start("hold")) ?? { runId: "" };
    for (const home of homes) await home.read({ tenant: "default", runId });

    const answers = await Promise.all(
      homes.map(({ engine }, n) => engine.runs.signal(ADMIN, runId, { name: "go", payload: n })),
    );

    const accepted = answers.filter(({ ok }) => ok);
    const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.refusal.code]));
    expect(accepted).toHaveLength(1);
    expect(refused).toEqual(["RUN_ENDED", "RUN_ENDED", "RUN_ENDED"]);
  });

  test("a signal whose answer was lost may be sent again by its id, and counts once", async () => {
    const home = house();
    await home.publish({
      name: "twice",
      nodes: ["a", "b"].map((id) => ({ id, type: "wait", event: { name: "go" } })),
      edges: [{ from: "a", to: "b" }],
    });
    const key = await home.start("twice");
    const send = () => home.engine.runs.signal(ADMIN, key.runId, { name: "go", id: "evt-1" });

    expect(await send()).toMatchObject({ ok: true, value: { duplicate: false } });
    expect(await send()).toMatchObject({ ok: true, value: { duplicate: true } });
    expect((await home.read(key)).waitingOn).toMatchObject([{ node: "b" }]);
  });
});
