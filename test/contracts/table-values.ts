import { expect, test } from "vitest";
import type { Item } from "../../core/ports/table.ts";
import type { TableUnderTest } from "./table.contract.ts";

export function valuePromises({ table, partition }: TableUnderTest): void {
  const texts: Readonly<Record<string, string>> = {
    "empty text": "",
    emoji: "👩‍👩‍👧‍👦 \u{10ffff}",
    "a zero character": "before\u0000after",
    "control characters": "\u0001\u001f\u007f\u2028\ufeff",
    "quotes and backslashes": "'\"\\ \\u0041 ' or 1=1; --",
    "JSON with an escaped lone surrogate": JSON.stringify({ text: "\ud800" }),
    "unusual names in JSON": '{"__proto__":{"a":1},"constructor":null,"a":1e400}',
    "300 KB of ASCII": "x".repeat(300 * 1024),
    "300 KB of emoji": "😀".repeat(75 * 1024),
  };

  for (const [name, text] of Object.entries(texts)) {
    test(`keeps ${name} as it is, in the content and in an attribute`, async () => {
      const pk = partition();
      const whole: Item = { pk, sk: "content", content: text };
      const attribute: Item = { pk, sk: "attribute", text };

      await table().write([{ type: "put", item: whole }]);
      await table().write([{ type: "put", item: attribute }]);

      // Not toEqual: its report of a difference would print the whole text.
      expect((await table().get(whole))?.content === text).toBe(true);
      expect((await table().get(attribute))?.["text"] === text).toBe(true);
    });
  }

  test("keeps numbers exactly and booleans as booleans", async () => {
    const item: Item = {
      pk: partition(),
      sk: "a",
      zero: 0,
      most: Number.MAX_SAFE_INTEGER,
      least: Number.MIN_SAFE_INTEGER,
      third: 1 / 3,
      small: 1.5e-100,
      sum: 0.1 + 0.2,
      yes: true,
      no: false,
      digits: "0123",
    };

    await table().write([{ type: "put", item }]);

    expect(await table().get(item)).toEqual(item);
  });

  test("a zero has no sign", async () => {
    const key = { pk: partition(), sk: "a" };
    await table().write([{ type: "put", item: { ...key, n: -0 } }]);

    expect(Object.is((await table().get(key))?.["n"], 0)).toBe(true);
  });

  test("does not store attributes that are undefined", async () => {
    const key = { pk: partition(), sk: "a" };
    const item: Item = {
      ...key,
      content: undefined,
      dueAt: undefined,
      listPk: undefined,
      n: undefined,
    };

    await table().write([{ type: "put", item }]);

    const stored = await table().get(key);
    expect(Object.keys(stored ?? {}).toSorted()).toEqual(["pk", "sk"]);
  });

  test("keeps attributes under names that mean something elsewhere", async () => {
    const item: Item = {
      pk: partition(),
      sk: "a",
      constructor: "x",
      toString: "y",
      hasOwnProperty: 1,
      toJSON: "z",
      attributes: "{}",
      due_at: "1",
      status: "reserved",
      "with space#and:signs": true,
      "1": "one",
      "ünïcode😀": "name",
    };

    await table().write([{ type: "put", item }]);
    const named = Object.fromEntries(Object.entries(item).filter(([name]) => !name.endsWith("k")));
    const result = await table().write([
      {
        type: "check",
        key: item,
        when: { type: "is", attributes: named as Record<string, string> },
      },
    ]);

    const stored = new Map(Object.entries((await table().get(item)) ?? {}));
    expect(stored).toEqual(new Map(Object.entries(item)));
    expect(result).toEqual({ ok: true });
  });

  test("keeps keys apart that would be one if they were joined or folded", async () => {
    const base = partition();
    const keys = [
      { pk: base, sk: "a#b" },
      { pk: `${base}#a`, sk: "b" },
      { pk: base, sk: "A#b" },
      { pk: base, sk: "a#b " },
      { pk: base, sk: "a#b\u0000" },
      { pk: base, sk: "ä" },
      { pk: base, sk: "a\u0308" },
    ];

    await table().write(keys.map((key, n) => ({ type: "put", item: { ...key, n } })));

    const read = await Promise.all(keys.map((key) => table().get(key)));
    expect(read).toEqual(keys.map((key, n) => ({ ...key, n })));
  });

  test("what was read can be changed by the reader without changing the row", async () => {
    const item = { pk: partition(), sk: "a", n: 1 };
    await table().write([{ type: "put", item }]);
    const read = (await table().get(item)) as unknown as { n: number };

    try {
      read.n = 2;
    } catch {
      // A frozen row is as good.
    }

    expect(await table().get(item)).toEqual(item);
  });
}
