import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../../scripts/support/client.ts";
import { begin, eventsOf, publish, read, registerTool } from "../../support/runs.ts";
import type { Tenant } from "../../support/server.ts";
import { type House, openHouse } from "../house.ts";
import { ended, expectClean, expectOnce, pays } from "../journeys.ts";

let house: House;
let acme: Tenant;

beforeAll(async () => {
  house = await openHouse({ seed: 3 });
  acme = await house.tenant({ name: "Acme" });
  await registerTool(acme.api, house.tools, "pay");
  await publish(acme.api, { name: "two", nodes: [pays("a", 1), pays("b", 2)] });
});
afterAll(() => house?.close());

const isDrivers = (operation: RegExp) => (call: { caller: string; operation: string }) =>
  call.caller === house.world.pool("step").settings.id && operation.test(call.operation);
const WRITE = /^(PutItem|TransactWriteItems)$/;

describe("when the function that drives a run is killed", () => {
  test.each(["kill-before", "kill-after"] as const)(
    "at any of its writes (%s), the run ends and each payment is made once",
    async (misfortune) => {
      // A run of two steps has three commits; what is beyond the last strikes nobody.
      for (let nth = 1; nth <= 3; nth++) {
        let writes = 0;
        const struck = house.world.faults.next(misfortune, (call) => {
          if (!isDrivers(WRITE)(call)) return false;
          writes++;
          return writes === nth;
        });
        const { id } = await begin(acme.api, "two");

        expect((await ended(house, acme.api, id)).status).toBe("succeeded");
        await struck;
        expectOnce(house, [id], [1, 2]);
      }
      expect(house.world.faults.counts[misfortune]).toBe(3);
    },
  );

  test("while a tool works, the tool is called again under the same key", async () => {
    const { tools, world } = house;
    tools.on("/slow", ({ n, body }) => {
      if (n > 1) return { body: { again: true } };
      world.killOne(world.driverOf((body as { run: string }).run) ?? "");
      return "hang";
    });
    await registerTool(acme.api, tools, "slow");
    await publish(acme.api, {
      name: "slow",
      nodes: [{ id: "a", type: "tool", tool: "slow", with: { run: "{% $run.id %}" } }],
    });
    const { id } = await begin(acme.api, "slow");

    expect(await ended(house, acme.api, id)).toMatchObject({ status: "succeeded" });
    const keys = tools.callsOf("/slow").map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    const starts = (await eventsOf(acme.api, id)).filter(({ type }) => type === "step.started");
    expect(starts.map(({ data }) => data["recovery"] ?? 0)).toEqual([0, 1]);
  });
});

describe("a step that always kills its function", () => {
  test("fails its own run, holds up no other, and can be sent on as a dead letter (C13)", async () => {
    const { tools, world } = house;
    let isDeadly = true;
    tools.on("/poison", ({ body }) => {
      if (!isDeadly) return { body: { cured: true } };
      world.killOne(world.driverOf((body as { run: string }).run) ?? "");
      return "hang";
    });
    await registerTool(acme.api, tools, "poison");
    await publish(acme.api, {
      name: "poisoned",
      nodes: [{ id: "a", type: "tool", tool: "poison", with: { run: "{% $run.id %}" } }],
    });
    const { id } = await begin(acme.api, "poisoned");
    const others = await Promise.all(Array.from({ length: 6 }, () => begin(acme.api, "two")));

    const failed = await ended(house, acme.api, id, 100_000);
    expect(failed).toMatchObject({ status: "failed", error: { code: "WORKER_LOST" } });
    for (const other of others) {
      const run = await read(acme.api, other.id);
      expect(run.status).toBe("succeeded");
      expect(Date.parse(run.endedAt ?? "")).toBeLessThan(Date.parse(failed.endedAt ?? ""));
    }
    isDeadly = false;
    const letters = succeeded(await acme.api.get(`/v1/dead-letters?run=${id}`));
    const [letter] = letters["data"] as unknown as readonly { id: string }[];
    const redriven = await acme.api.post(`/v1/dead-letters/${letter?.id}/redrive`);
    expect(redriven.status, redriven.text).toBeLessThan(300);
    expect((await ended(house, acme.api, id)).status).toBe("succeeded");
  });
});

describe("a message that no lane could work off", () => {
  test("gives its run another chance, later", async () => {
    const { world } = house;
    world.feeding.outage(true);
    const { id } = await begin(acme.api, "two");
    const lane = world.queues.named(
      world.queues.names().find((name) => name.includes(acme.id)) ?? "",
    );
    const body = lane.bodies().find((one) => one.includes(id)) ?? "";
    for (const { receipt } of lane.receive(10, undefined)) lane.delete(receipt ?? "");
    const letters = world.queues.names().find((name) => name.includes("LanesLettersQueue"));
    world.queues.named(letters ?? "").send({ body, group: id, dedupId: "letter" });
    world.feeding.outage(false);

    expect((await ended(house, acme.api, id)).status).toBe("succeeded");
    expect(world.pool("dead-letter").counts().invocations).toBeGreaterThan(0);
    expectOnce(house, [id], [1, 2]);
  });
});

describe("ten minutes in which nothing works", () => {
  test("fail no healthy run", async () => {
    const { world } = house;
    const ids = await Promise.all(Array.from({ length: 5 }, () => begin(acme.api, "two")));
    world.faults.set({ throttles: 1, lostAnswers: 0 });
    const over = world.clock.now() + 10 * 60_000;
    await world.until("ten minutes", () => {
      // A driver would go on trying for as long as its function may run, in real time.
      for (const pool of world.pools.values()) pool.killBusy();
      return world.clock.now() > over ? true : undefined;
    });
    world.faults.set({ throttles: 0, lostAnswers: 0 });

    for (const { id } of ids) expect((await ended(house, acme.api, id)).status).toBe("succeeded");
    expectOnce(
      house,
      ids.map(({ id }) => id),
      [1, 2],
    );
  });
});

test("nobody has asked for what a role does not grant", () => expectClean(house));
