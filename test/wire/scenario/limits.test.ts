import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../../scripts/support/client.ts";
import { publish } from "../../support/runs.ts";
import { type House, openHouse } from "../house.ts";
import { expectClean } from "../journeys.ts";

const ACTIVE_MAX = 10;
const STARTS = 200;

let house: House;

beforeAll(async () => {
  house = await openHouse({ environmentsMax: { api: 2 } });
});
afterAll(() => house?.close());

describe("a tenant that may have ten runs at once", () => {
  test("has ten, when two instances of the API take two hundred starts at the same time (H11)", async () => {
    const { api } = await house.tenant({ limits: { maxActiveRuns: ACTIVE_MAX } });
    await publish(api, { name: "rest", nodes: [{ id: "a", type: "wait", for: "P1D" }] });

    const answers = await Promise.all(
      Array.from({ length: STARTS }, () => api.post("/v1/runs", { workflow: "rest" })),
    );

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(ACTIVE_MAX);
    expect(statuses.filter((status) => status === 429)).toHaveLength(STARTS - ACTIVE_MAX);
    const { data } = succeeded(await api.get("/v1/runs?limit=200"));
    expect(data).toHaveLength(ACTIVE_MAX);
    expect(house.world.pool("api").counts().environments).toBe(2);
    expectClean(house);
  });
});
