import { expect, test } from "vitest";
import type { Item, Range } from "../../core/ports/table.ts";
import type { TableUnderTest } from "./table.contract.ts";

export function queryPromises({ table, partition }: TableUnderTest): void {
  const sks = ["a", "log#1", "log#2", "log#3", "log#4", "loh", "z"];

  async function filled(): Promise<string> {
    const pk = partition();
    await table().write(sks.toReversed().map((sk) => ({ type: "put", item: { pk, sk } })));
    return pk;
  }

  const ranges: readonly [string, Omit<Range, "pk">, readonly string[], boolean][] = [
    ["all", {}, sks, false],
    ["reverse", { reverse: true }, sks.toReversed(), false],
    ["a prefix", { prefix: "log#" }, ["log#1", "log#2", "log#3", "log#4"], false],
    ["a prefix in reverse", { prefix: "log#", reverse: true, limit: 2 }, ["log#4", "log#3"], true],
    ["an empty prefix", { prefix: "" }, sks, false],
    ["a prefix nobody has", { prefix: "lo#" }, [], false],
    ["after", { after: "log#3" }, ["log#4", "loh", "z"], false],
    ["after nothing", { after: "" }, sks, false],
    ["after, which need not exist", { after: "log#25" }, ["log#3", "log#4", "loh", "z"], false],
    ["after the last", { after: "z" }, [], false],
    ["after in reverse", { after: "log#2", reverse: true }, ["log#1", "a"], false],
    ["after nothing in reverse", { after: "", reverse: true }, [], false],
    ["prefix and after", { prefix: "log#", after: "log#2" }, ["log#3", "log#4"], false],
    ["prefix and after, before it", { prefix: "log#", after: "a", limit: 1 }, ["log#1"], true],
    ["prefix and after, beyond it", { prefix: "log#", after: "loh" }, [], false],
    [
      "prefix and after in reverse",
      { prefix: "log#", after: "log#3", reverse: true },
      ["log#2", "log#1"],
      false,
    ],
    ["until", { until: "log#2" }, ["a", "log#1", "log#2"], false],
    ["until nothing", { until: "" }, [], false],
    ["until in reverse", { until: "log#4", reverse: true }, ["z", "loh", "log#4"], false],
    ["after and until", { after: "a", until: "log#1" }, ["log#1"], false],
    ["after and until the same", { after: "log#1", until: "log#1" }, [], false],
    ["after beyond until", { after: "z", until: "a" }, [], false],
    [
      "all bounds in reverse",
      { prefix: "log#", after: "log#4", until: "log#2", reverse: true },
      ["log#3", "log#2"],
      false,
    ],
    ["a limit", { limit: 3 }, ["a", "log#1", "log#2"], true],
    ["a limit that is just enough", { limit: 7 }, sks, false],
    [
      "a limit that is just enough for a prefix",
      { prefix: "log#", limit: 4 },
      ["log#1", "log#2", "log#3", "log#4"],
      false,
    ],
  ];

  test.each(ranges)("reads a range: %s", async (_name, range, expected, more) => {
    const pk = await filled();

    const page = await table().query({ pk, ...range });

    expect(page.items.map(({ sk }) => sk)).toEqual(expected);
    expect(page.more).toBe(more);
  });

  test("sorts by UTF-8, where emoji come after everything else", async () => {
    const pk = partition();
    const sorted = ["A", "Z", "a", "ä", "日", "\uffee", "😀", "😀a", "😁", "\u{10ffff}"];
    await table().write(sorted.toReversed().map((sk) => ({ type: "put", item: { pk, sk } })));

    const { items } = await table().query({ pk });
    const prefixed = await table().query({ pk, prefix: "😀" });
    const last = await table().query({ pk, prefix: "\u{10ffff}" });

    expect(items.map(({ sk }) => sk)).toEqual(sorted);
    expect(prefixed.items.map(({ sk }) => sk)).toEqual(["😀", "😀a"]);
    expect(last.items.map(({ sk }) => sk)).toEqual(["\u{10ffff}"]);
  });

  test("reads 100 items when no limit is given, and pages to the end", async () => {
    const pk = partition();
    const all = Array.from({ length: 230 }, (_, n) => `n#${String(n).padStart(4, "0")}`);
    for (let i = 0; i < all.length; i += 100) {
      await table().write(all.slice(i, i + 100).map((sk) => ({ type: "put", item: { pk, sk } })));
    }

    const seen: string[] = [];
    const sizes: number[] = [];
    let more = true;
    while (more) {
      const after = seen.at(-1);
      const page = await table().query(after === undefined ? { pk } : { pk, after });
      seen.push(...page.items.map(({ sk }) => sk));
      sizes.push(page.items.length);
      more = page.more;
    }

    expect(seen).toEqual(all);
    expect(sizes).toEqual([100, 100, 30]);
  });

  test("fills a page however large its rows are", async () => {
    const pk = partition();
    const content = "x".repeat(300 * 1024);
    for (const sk of ["1", "2", "3", "4", "5", "6"]) {
      await table().write([{ type: "put", item: { pk, sk, content } }]);
    }

    const { items, more } = await table().query({ pk, limit: 5 });

    expect(items.map(({ sk, content: { length } = "" }) => [sk, length])).toEqual(
      ["1", "2", "3", "4", "5"].map((sk) => [sk, content.length]),
    );
    expect(more).toBe(true);
  });

  for (const [index, pkName, skName] of [
    ["due", "dueShard", "dueAt"],
    ["list", "listPk", "listSk"],
  ] as const) {
    test(`the index ${index} holds the rows that have both of its attributes`, async () => {
      const pk = partition();
      const shard = `shard of ${pk}`;
      const item = (sk: string, at: string | undefined): Item => ({
        pk,
        sk,
        content: `content of ${sk}`,
        [pkName]: shard,
        [skName]: at,
      });
      await table().write([
        { type: "put", item: item("a", "3") },
        { type: "put", item: item("b", "1") },
        { type: "put", item: item("c", "2") },
        { type: "put", item: item("d", undefined) },
        { type: "put", item: { pk, sk: "e", [skName]: "1" } },
        { type: "put", item: { pk, sk: "f" } },
      ]);
      const read = async (range: Omit<Range, "pk">) => {
        const { items } = await table().query({ pk: shard, index, ...range });
        return items.map(({ sk }) => sk);
      };
      const settled = async (...expected: string[]) => {
        await expect.poll(() => read({}), { timeout: 5000 }).toEqual(expected);
      };

      await settled("b", "c", "a");
      const { items } = await table().query({ pk: shard, index, limit: 1 });
      expect(items).toEqual([item("b", "1")]);
      expect(await read({ after: "1", until: "2" })).toEqual(["c"]);
      expect(await read({ reverse: true, after: "3", prefix: "2" })).toEqual(["c"]);
      expect(await read({ reverse: true, after: "3" })).toEqual(["c", "b"]);

      await table().write([{ type: "put", item: item("b", "4") }]);
      await settled("c", "a", "b");
      await table().write([{ type: "put", item: { pk, sk: "c" } }]);
      await settled("a", "b");
      await table().write([{ type: "remove", key: { pk, sk: "a" } }]);
      await settled("b");
    });
  }

  test("an index is no part of another partition of it", async () => {
    const pk = partition();
    await table().write([{ type: "put", item: { pk, sk: "a", listPk: `${pk}#x`, listSk: "1" } }]);

    expect(await table().query({ pk: `${pk}#y`, index: "list" })).toEqual({
      items: [],
      more: false,
    });
    expect(await table().query({ pk, index: "list" })).toEqual({ items: [], more: false });
  });
}
