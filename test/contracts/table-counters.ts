import { expect, test } from "vitest";
import type { TableUnderTest } from "./table.contract.ts";

export function counterPromises({ table, partition }: TableUnderTest): void {
  test("a counter begins as 0 when there is no row, and keeps the row's other attributes", async () => {
    const pk = partition();
    const named = { pk, sk: "named", name: "runs", content: "text", listPk: pk, listSk: "1" };
    await table().write([{ type: "put", item: named }]);

    await table().write([{ type: "add", key: { pk, sk: "new" }, by: 5 }]);
    await table().write([{ type: "add", key: named, by: -2 }]);

    expect(await table().get({ pk, sk: "new" })).toEqual({ pk, sk: "new", count: 5 });
    expect(await table().get(named)).toEqual({ ...named, count: -2 });
  });

  test("a counter that says until when it is needed keeps that, and counts on", async () => {
    const key = { pk: partition(), sk: "minute" };
    const add = (expiresAt: number) => table().write([{ type: "add", key, by: 1, expiresAt }]);

    await add(1_500);
    await add(61_000);
    await table().write([{ type: "add", key, by: 1 }]);

    expect(await table().get(key)).toEqual({ ...key, count: 3, expiresAt: 61_000, ttl: 61 });
  });

  test("a counter reaches its bounds and never passes them", async () => {
    const key = { pk: partition(), sk: "count" };
    const add = (by: number) => table().write([{ type: "add", key, by, max: 3, min: 0 }]);

    const results = [await add(3), await add(1), await add(-3), await add(-1), await add(0)];

    expect(results.map(({ ok }) => ok)).toEqual([true, false, true, false, true]);
    expect(results[1]).toEqual({ ok: false, refused: [{ operation: 0 }] });
    expect(await table().get(key)).toEqual({ ...key, count: 0 });
  });

  test("a counter that does not exist is not made by what its bounds refuse", async () => {
    const key = { pk: partition(), sk: "count" };

    const above = await table().write([{ type: "add", key, by: 4, max: 3 }]);
    const below = await table().write([{ type: "add", key, by: -1, min: 0 }]);
    const never = await table().write([{ type: "add", key, by: 1, min: 5, max: 3 }]);

    expect([above.ok, below.ok, never.ok]).toEqual([false, false, false]);
    expect(await table().get(key)).toBeUndefined();
  });

  test("a row without a count counts as 0 against the bounds", async () => {
    const key = { pk: partition(), sk: "row" };
    await table().write([{ type: "put", item: { ...key, name: "x" } }]);

    const tooMany = await table().write([{ type: "add", key, by: 4, max: 3 }]);
    const enough = await table().write([{ type: "add", key, by: 3, max: 3 }]);

    expect([tooMany.ok, enough.ok]).toEqual([false, true]);
    expect(await table().get(key)).toEqual({ ...key, name: "x", count: 3 });
  });

  test("a counter stays within what a number can hold exactly", async () => {
    const key = { pk: partition(), sk: "count" };
    const max = Number.MAX_SAFE_INTEGER;

    const first = await table().write([{ type: "add", key, by: max, max }]);
    const second = await table().write([{ type: "add", key, by: 1 }]);
    const back = await table().write([{ type: "add", key, by: -max, max, min: -max }]);

    expect([first.ok, second.ok, back.ok]).toEqual([true, false, true]);
    expect(await table().get(key)).toEqual({ ...key, count: 0 });
  });

  test("of fifty at once who take from ten, ten get one", async () => {
    const key = { pk: partition(), sk: "count" };

    const results = await Promise.all(
      Array.from({ length: 50 }, () => table().write([{ type: "add", key, by: 1, max: 10 }])),
    );

    expect(results.filter(({ ok }) => ok)).toHaveLength(10);
    expect(await table().get(key)).toEqual({ ...key, count: 10 });
  });

  test("of twenty at once who take from five together with a row, five have one", async () => {
    const pk = partition();

    const results = await Promise.all(
      Array.from({ length: 20 }, (_, holder) =>
        table().write([
          { type: "add", key: { pk, sk: "count" }, by: 1, max: 5 },
          { type: "put", item: { pk, sk: `unit#${holder}` }, when: { type: "absent" } },
        ]),
      ),
    );

    expect(results.filter(({ ok }) => ok)).toHaveLength(5);
    expect((await table().query({ pk, prefix: "unit#" })).items).toHaveLength(5);
    expect(await table().get({ pk, sk: "count" })).toMatchObject({ count: 5 });
  });

  test("a count that is no number is a fault, alone and beside other writes", async () => {
    const key = { pk: partition(), sk: "row" };
    await table().write([{ type: "put", item: { ...key, count: "many" } }]);

    const [fault, beside] = await Promise.allSettled([
      table().write([{ type: "add", key, by: 1 }]),
      table().write([{ type: "put", item: { ...key, sk: "beside" } }]),
    ]);

    expect(fault).toMatchObject({
      status: "rejected",
      reason: { name: "Fault", retryable: false },
    });
    expect(beside).toEqual({ status: "fulfilled", value: { ok: true } });
    expect(await table().get(key)).toEqual({ ...key, count: "many" });
  });
}
