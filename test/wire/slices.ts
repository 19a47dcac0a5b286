import assert from "node:assert/strict";
import type { JsonClient } from "../../scripts/support/client.ts";
import { begin, publish, read, registerTool } from "../support/runs.ts";
import { type House, type HouseOptions, openHouse } from "./house.ts";
import { expectClean, pays } from "./journeys.ts";

/** A deployment for as long as one slice is told. */
async function during(
  options: HouseOptions,
  tell: (house: House, api: JsonClient) => Promise<void>,
): Promise<void> {
  const house = await openHouse({ environmentsMax: { api: 2, step: 1 }, ...options });
  try {
    const { api } = await house.tenant({ limits: { maxActiveRuns: 2 } });
    await registerTool(api, house.tools, "pay");
    await publish(api, { name: "pays", nodes: [pays("a", 1)] });
    await publish(api, { name: "rests", nodes: [{ id: "a", type: "wait", for: "P1D" }] });
    await tell(house, api);
  } finally {
    await house.close();
  }
}

/** Parts of the suite, small enough to be told thrice; each throws when its promise is broken. */
export const SLICES = {
  "every call is granted to the function that makes it": (options: HouseOptions) =>
    during(options, async (house, api) => {
      const { id } = await begin(api, "pays");
      await house.world.until("an end, or a denial", async () => {
        const isDenied = house.world.authority.denials.length > 0;
        return isDenied || (await read(api, id)).endedAt ? true : undefined;
      });
      expectClean(house);
    }),
  "a tenant has no more runs than its limit": (options: HouseOptions) =>
    during(options, async (_, api) => {
      const statuses = [];
      for (let n = 0; n < 4; n++) {
        statuses.push((await api.post("/v1/runs", { workflow: "rests" })).status);
      }
      assert.deepEqual(statuses, [201, 201, 429, 429], "statuses of four starts");
    }),
  "the same start is one run": (options: HouseOptions) =>
    during(options, async (_, api) => {
      const key = { "idempotency-key": "order-1" };
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => api.post("/v1/runs", { workflow: "rests" }, key)),
      );
      const first = answers.filter(({ headers }) => headers["idempotency-replayed"] === undefined);
      assert.equal(new Set(answers.map(({ body }) => body["id"])).size, 1);
      assert.equal(first.length, 1, "starts that were the first");
    }),
} as const;
