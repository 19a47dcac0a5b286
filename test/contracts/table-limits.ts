import { expect, test } from "vitest";
import { Fault } from "../../core/ports/fault.ts";
import type { Item, Operation, Range } from "../../core/ports/table.ts";
import type { TableUnderTest } from "./table.contract.ts";

export function limitPromises({ table, partition }: TableUnderTest): void {
  const fault = { name: "Fault", retryable: false };

  test("takes 100 operations in a write and no more", async () => {
    const pk = partition();
    const puts = Array.from({ length: 101 }, (_, n) => put({ pk, sk: String(n) }));

    await expect(table().write(puts)).rejects.toMatchObject(fault);
    expect(await table().write(puts.slice(1))).toEqual({ ok: true });

    expect((await table().query({ pk, limit: 1000 })).items).toHaveLength(100);
  });

  const wrongItems: Readonly<Record<string, object>> = {
    "a lone surrogate in the content": { content: "a\ud800" },
    "a lone surrogate in an attribute": { text: "\udc00" },
    "a lone surrogate in a name": { "\ud800": 1 },
    "an attribute named __proto__": JSON.parse('{"__proto__":"x"}'),
    "an attribute without a name": { "": 1 },
    NaN: { n: Number.NaN },
    "an infinite number": { n: Number.POSITIVE_INFINITY },
    "a number above 2^53": { n: 2 ** 53 },
    "a number too close to 0": { n: 1e-200 },
    null: { n: null },
    "an object": { n: {} },
    "a list": { n: ["a"] },
    "a bigint": { n: 1n },
    "a function": { toJSON: () => "x" },
    "content that is no text": { content: 1 },
    "an empty key of an index": { dueShard: "", dueAt: "1" },
    "a key of an index that is no text": { listPk: "a", listSk: 1 },
    "401 KB of content": { content: "x".repeat(401 * 1024) },
    "410 KB of emoji": { content: "😀".repeat(105_000) },
    "400 KB in content and attributes": { content: "x".repeat(409_000), a: "y".repeat(600) },
  };

  for (const [name, attributes] of Object.entries(wrongItems)) {
    test(`refuses ${name}, and the rows beside it`, async () => {
      const pk = partition();
      const wrong = { ...attributes, pk, sk: "wrong" } as Item;

      const refusals = await Promise.allSettled([
        table().write([put(wrong)]),
        table().write([put({ pk, sk: "beside" }), put(wrong)]),
      ]);

      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ status: "rejected", reason: fault });
        const reason: unknown = "reason" in refusal ? refusal.reason : undefined;
        expect(reason).toBeInstanceOf(Fault);
        // What was refused may be large, or nobody's business.
        expect(String(reason).length).toBeLessThan(300);
      }
      expect((await table().query({ pk })).items).toEqual([]);
    });
  }

  test("takes a row of 400 KB", async () => {
    const item = { pk: partition(), sk: "a", content: "" };
    const rest = Buffer.byteLength(`pk${item.pk}sk${item.sk}content`);
    item.content = "x".repeat(400 * 1024 - rest);

    expect(await table().write([put(item)])).toEqual({ ok: true });
    await expect(
      table().write([put({ ...item, content: `${item.content}x` })]),
    ).rejects.toMatchObject(fault);
  });

  test("refuses more than 4 MB in one write", async () => {
    const pk = partition();
    const content = "x".repeat(399 * 1024);
    const puts = Array.from({ length: 11 }, (_, n) => put({ pk, sk: String(n), content }));

    await expect(table().write(puts)).rejects.toMatchObject(fault);

    expect((await table().query({ pk })).items).toEqual([]);
  });

  test("refuses two operations on one row", async () => {
    const key = { pk: partition(), sk: "a" };

    await expect(
      table().write([put(key), { type: "check", key, when: { type: "absent" } }]),
    ).rejects.toMatchObject(fault);

    expect(await table().get(key)).toBeUndefined();
  });

  const wrongKeys: Readonly<Record<string, (pk: string) => { pk: string; sk: string }>> = {
    "an empty partition": () => ({ pk: "", sk: "a" }),
    "an empty sort key": (pk) => ({ pk, sk: "" }),
    "a partition of more than 2048 bytes": (pk) => ({ pk: pk + "ä".repeat(1024), sk: "a" }),
    "a sort key of more than 1023 bytes": (pk) => ({ pk, sk: "ä".repeat(512) }),
    "half a surrogate pair": (pk) => ({ pk, sk: "\ud800" }),
  };

  for (const [name, make] of Object.entries(wrongKeys)) {
    test(`writes no row under ${name}, and finds none`, async () => {
      const key = make(partition());

      expect(await table().get(key)).toBeUndefined();
      await expect(table().write([put(key)])).rejects.toMatchObject(fault);
      await expect(table().write([{ type: "remove", key }])).rejects.toMatchObject(fault);
    });
  }

  test("takes the longest keys and reads on after them", async () => {
    const pk = `${partition()}#`.padEnd(2048, "x");
    const sks = ["a".repeat(1023), "b".repeat(1023)];
    await table().write(sks.map((sk) => put({ pk, sk })));

    const page = await table().query({ pk, after: sks[0] ?? "", until: sks[1] ?? "" });

    expect(page.items.map(({ sk }) => sk)).toEqual([sks[1]]);
  });

  test("counts in whole numbers only", async () => {
    const key = { pk: partition(), sk: "count" };

    for (const by of [0.5, Number.NaN, 2 ** 53]) {
      await expect(table().write([{ type: "add", key, by }])).rejects.toMatchObject(fault);
    }

    expect(await table().get(key)).toBeUndefined();
  });

  const wrongRanges: readonly [string, Partial<Range>][] = [
    ["no partition", { pk: "" }],
    ["a limit of 0", { limit: 0 }],
    ["a limit above 1000", { limit: 1001 }],
    ["a limit that is not whole", { limit: 1.5 }],
    ["a lone surrogate in a bound", { after: "\ud800" }],
    ["a bound that is too long for a key", { until: "x".repeat(1024) }],
  ];

  test("finds nothing where no row can be", async () => {
    const pk = partition();
    await table().write([put({ pk, sk: "a" })]);

    for (const range of [
      { pk, prefix: "\ud800" },
      { pk, prefix: "a".repeat(1024) },
      { pk: `${pk}\ud800` },
      { pk: pk.padEnd(2049) },
    ]) {
      expect(await table().query(range)).toEqual({ items: [], more: false });
    }
  });

  test.each(wrongRanges)("refuses a query with %s", async (_name, range) => {
    await expect(table().query({ pk: partition(), ...range })).rejects.toMatchObject(fault);
  });
}

function put(item: Item): Operation {
  return { type: "put", item };
}
