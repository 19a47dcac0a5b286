import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../core/kernel/json.ts";
import { publish, registerTool } from "../../support/runs.ts";
import type { Tenant } from "../../support/server.ts";
import { type House, openHouse } from "../house.ts";
import { ended, expectClean, expectOnce, pays, persist } from "../journeys.ts";

const RUNS = 100;
const ILLS = { throttles: 0.1, lostAnswers: 0.15 };
const WITHIN_MS = 110_000;

let house: House;
let acme: Tenant;

beforeAll(async () => {
  house = await openHouse({ seed: 7 });
  acme = await house.tenant({ name: "Acme" });
  await registerTool(acme.api, house.tools, "pay");
  await publish(acme.api, {
    name: "payments",
    nodes: [pays("a", 1), pays("b", 2), { id: "rest", type: "wait", for: "PT1M" }, pays("c", 3)],
  });
});
afterAll(() => house?.close());

describe("when a tenth of all calls is throttled and a seventh of all answers is lost", () => {
  test("a hundred runs end, and each pays three times, once each", async () => {
    house.world.faults.set(ILLS);
    const ids = await Promise.all(
      Array.from({ length: RUNS }, (_, n) => startSurely(acme, `order-${n}`)),
    );

    const runs = [];
    for (const id of ids) runs.push(await ended(house, acme.api, id, WITHIN_MS));
    house.world.faults.set({ throttles: 0, lostAnswers: 0 });

    expect(new Set(ids).size).toBe(RUNS);
    expect(runs.filter(({ status }) => status !== "succeeded")).toEqual([]);
    expectOnce(house, ids, [1, 2, 3]);
    const { counts } = house.world.faults;
    expect(counts.lose).toBeGreaterThan(RUNS);
    expect(counts.throttle).toBeGreaterThan(RUNS);
    expectClean(house);
  }, 180_000);
});

/** Asks until it is known that the run is there: the key makes all of it one start. */
async function startSurely({ api }: Tenant, key: string, workflow = "payments"): Promise<string> {
  const body: JsonObject = { workflow, input: key };
  return persist(async () => {
    const answer = await api.post("/v1/runs", body, { "idempotency-key": key });
    if (answer.status === 201 || answer.status === 200) return answer.body["id"] as string;
    expect([429, 500, 502, 503], answer.text).toContain(answer.status);
    await pause(20);
    return undefined;
  });
}
