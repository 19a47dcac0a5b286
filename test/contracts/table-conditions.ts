import { expect, test } from "vitest";
import type { Item, Operation } from "../../core/ports/table.ts";
import type { TableUnderTest } from "./table.contract.ts";

const absent = { type: "absent" } as const;
const present = { type: "present" } as const;

export function conditionPromises({ table, partition }: TableUnderTest): void {
  test("a row is there as soon as its write was answered", async () => {
    const item = { pk: partition(), sk: "a", state: "running", content: "{}" };

    const result = await table().write([{ type: "put", item }]);

    expect(result).toEqual({ ok: true });
    expect(await table().get(item)).toEqual(item);
  });

  test("a row that nobody wrote is not there", async () => {
    expect(await table().get({ pk: partition(), sk: "a" })).toBeUndefined();
  });

  test("a write of nothing is done", async () => {
    expect(await table().write([])).toEqual({ ok: true });
  });

  test("a put replaces the whole row", async () => {
    const key = { pk: partition(), sk: "a" };
    await table().write([{ type: "put", item: { ...key, old: 1, content: "old" } }]);

    await table().write([{ type: "put", item: { ...key, new: 2 } }]);

    expect(await table().get(key)).toEqual({ ...key, new: 2 });
  });

  test("a removed row is gone, and removing it again is done too", async () => {
    const key = { pk: partition(), sk: "a" };
    await table().write([{ type: "put", item: key }]);

    expect(await table().write([{ type: "remove", key }])).toEqual({ ok: true });
    expect(await table().write([{ type: "remove", key }])).toEqual({ ok: true });

    expect(await table().get(key)).toBeUndefined();
  });

  for (const kind of ["put", "remove", "check"] as const) {
    test(`a lone ${kind} obeys each kind of condition and shows the row that refused it`, async () => {
      const row = { pk: partition(), sk: "here", state: "running", n: 1, content: "text" };
      const gone = { pk: row.pk, sk: "gone" };
      await table().write([{ type: "put", item: row }]);
      const attempt = (item: Item, when: NonNullable<Operation & { type: "check" }>["when"]) =>
        table().write([
          kind === "put" ? { type: kind, item, when } : { type: kind, key: item, when },
        ]);

      expect(await attempt(row, absent)).toEqual(refusedBy(row));
      expect(await attempt(gone, present)).toEqual(refusedBy(undefined));
      expect(await attempt(row, is({ state: "ended" }))).toEqual(refusedBy(row));
      expect(await attempt(row, is({ state: "running", n: "1" }))).toEqual(refusedBy(row));
      expect(await attempt(row, is({ missing: true }))).toEqual(refusedBy(row));
      expect(await attempt(gone, is({ state: "running" }))).toEqual(refusedBy(undefined));
      expect(await table().get(row)).toEqual(row);
      expect(await table().get(gone)).toBeUndefined();

      expect(await attempt(row, is({ state: "running", n: 1 }))).toEqual({ ok: true });
      expect(await attempt(gone, absent)).toEqual({ ok: true });
    });
  }

  test("`present` lets a put and a remove through when the row exists", async () => {
    const item = { pk: partition(), sk: "a", n: 1 };
    await table().write([{ type: "put", item }]);

    const put = await table().write([{ type: "put", item: { ...item, n: 2 }, when: present }]);
    const removed = await table().write([{ type: "remove", key: item, when: present }]);

    expect([put, removed]).toEqual([{ ok: true }, { ok: true }]);
    expect(await table().get(item)).toBeUndefined();
  });

  test("`is` can name the content and nothing at all", async () => {
    const item = { pk: partition(), sk: "a", content: "{}" };
    await table().write([{ type: "put", item }]);

    expect(
      await table().write([{ type: "check", key: item, when: is({ content: "{}" }) }]),
    ).toEqual({
      ok: true,
    });
    expect(await table().write([{ type: "check", key: item, when: is({}) }])).toEqual({ ok: true });
    expect(
      await table().write([{ type: "check", key: { ...item, sk: "none" }, when: is({}) }]),
    ).toEqual(refusedBy(undefined));
  });

  test("a refused write changes none of its rows and names each condition that failed", async () => {
    const pk = partition();
    const stored = { pk, sk: "stored", n: 1 };
    const full = { pk, sk: "full", count: 3 };
    await table().write([stored, full].map((item) => ({ type: "put", item })));

    const result = await table().write([
      { type: "put", item: { pk, sk: "new" }, when: absent },
      { type: "put", item: { ...stored, n: 2 }, when: absent },
      { type: "remove", key: { pk, sk: "none" }, when: present },
      { type: "add", key: full, by: 1, max: 3 },
    ]);

    expect(result).toEqual({
      ok: false,
      refused: [{ operation: 1, item: stored }, { operation: 2 }, { operation: 3 }],
    });
    expect((await table().query({ pk })).items).toEqual([full, stored]);
  });

  test("a write of every kind of operation is done as one", async () => {
    const pk = partition();
    const old = { pk, sk: "old" };
    const guard = { pk, sk: "guard", state: "open" };
    await table().write([old, guard].map((item) => ({ type: "put", item })));

    const result = await table().write([
      { type: "put", item: { pk, sk: "new" }, when: absent },
      { type: "remove", key: old, when: present },
      { type: "check", key: guard, when: is({ state: "open" }) },
      { type: "add", key: { pk, sk: "count" }, by: 2 },
    ]);

    expect(result).toEqual({ ok: true });
    expect((await table().query({ pk })).items).toEqual([
      { pk, sk: "count", count: 2 },
      guard,
      { pk, sk: "new" },
    ]);
  });

  test("of fifty at once who put one absent row, one wins and the others get the winner's", async () => {
    const key = { pk: partition(), sk: "a" };

    const results = await Promise.all(
      Array.from({ length: 50 }, (_, by) =>
        table().write([{ type: "put", item: { ...key, by }, when: absent }]),
      ),
    );

    const winner = await table().get(key);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(results.findIndex(({ ok }) => ok)).toBe(winner?.["by"]);
    expect(results.filter(({ ok }) => !ok)).toEqual(Array(49).fill(refusedBy(winner)));
  });

  test("of twenty transactions at once on one absent row, one wins and leaves all of its rows", async () => {
    const pk = partition();

    const results = await Promise.all(
      Array.from({ length: 20 }, (_, by) =>
        table().write([
          { type: "put", item: { pk, sk: "a", by }, when: absent },
          { type: "put", item: { pk, sk: `by#${by}` } },
        ]),
      ),
    );

    const winner = results.findIndex(({ ok }) => ok);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await table().query({ pk })).items).toEqual([
      { pk, sk: "a", by: winner },
      { pk, sk: `by#${winner}` },
    ]);
  });

  test("a refused write does not disturb the writes beside it", async () => {
    const pk = partition();
    await table().write([{ type: "put", item: { pk, sk: "b" } }]);

    const results = await Promise.all(
      ["a", "b", "c"].map((sk) => table().write([{ type: "put", item: { pk, sk }, when: absent }])),
    );

    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect((await table().query({ pk })).items.map(({ sk }) => sk)).toEqual(["a", "b", "c"]);
  });

  test("tenants have rows of their own under the same names", async () => {
    const [one, other] = [partition(), partition()];
    await table().write([{ type: "put", item: { pk: one, sk: "a", of: "one" } }]);

    const result = await table().write([
      { type: "put", item: { pk: other, sk: "a", of: "other" }, when: absent },
    ]);

    expect(result).toEqual({ ok: true });
    expect((await table().query({ pk: one })).items).toEqual([{ pk: one, sk: "a", of: "one" }]);
  });
}

function is(attributes: Readonly<Record<string, string | number | boolean>>) {
  return { type: "is", attributes } as const;
}

/** `toEqual` takes an `item` that is undefined and one that is missing for the same. */
function refusedBy(item: Item | undefined) {
  return { ok: false, refused: [{ operation: 0, item }] };
}
