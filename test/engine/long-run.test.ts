import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSqlite } from "../../adapters/sqlite/open.ts";
import { sqliteTable } from "../../adapters/sqlite/sqlite-table.ts";
import { VERIFIED_COMMITS_MAX } from "../../core/engine/ledger/verify.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Item, Table } from "../../core/ports/table.ts";
import { rows } from "../../core/store/rows.ts";
import { ADMIN, type House, house } from "../support/house.ts";

/** Each time round is a commit; the two runs differ in nothing but their length. */
const [SHORT, LONG] = [1_500, VERIFIED_COMMITS_MAX + 500];

const loop = {
  name: "long",
  vars: { n: 0 },
  nodes: [
    { id: "call", type: "tool", tool: "echo", assign: { n: "{% $vars.n + 1 %}" } },
    { id: "done", type: "end" },
  ],
  edges: [
    { from: "call", to: "call", when: "{% $vars.n < $input %}" },
    { from: "call", to: "done" },
  ],
  limits: { maxVisits: 100_000 },
};

const table = sqliteTable(openSqlite(":memory:"));
let looked = 0;
/** Counts the rows that are read: what a deployment pays for, and what takes the time. */
const counting: Table = {
  ...table,
  async get(key) {
    looked++;
    return table.get(key);
  },
  async query(range) {
    const page = await table.query(range);
    looked += page.items.length;
    return page;
  },
};
let home: House;
let short: RunKey;
let long: RunKey;

beforeAll(async () => {
  const maker = house({ table });
  await maker.publish(loop);
  short = await maker.start(loop.name, { input: SHORT });
  await maker.drive(short);
  long = await maker.start(loop.name, { input: LONG });
  await maker.drive(long);
  // Nothing that is read is in anybody's memory.
  home = house({ table: counting });
});

afterAll(() => table.close());

async function rowsOf(read: () => Promise<unknown>): Promise<number> {
  looked = 0;
  await read();
  return looked;
}

async function verified(key: RunKey) {
  const parts = [];
  for (let after: string | null = "0"; after !== null; ) {
    const part = await home.engine.runs.verify(ADMIN, key.runId, Number(after));
    if (!part.ok) throw new Error(JSON.stringify(part.refusal));
    parts.push(part.value);
    after = part.value.nextCursor;
  }
  return parts;
}

async function altered(seq: number, change: Partial<Item>, look: () => Promise<void>) {
  const key = rows.commit(long.tenant, long.runId, seq);
  const item = await table.get(key);
  if (!item) throw new Error(`no commit begins with event ${seq}`);
  await table.write([{ type: "put", item: { ...item, ...change } }]);
  await look();
  await table.write([{ type: "put", item }]);
}

describe("a run with very many events", () => {
  const end = 2 * SHORT;
  type Read = (key: RunKey) => Promise<unknown>;
  test.each<[string, number, Read]>([
    ["is read", 800, ({ runId }) => home.engine.runs.get(ADMIN, runId)],
    ["is explained", 1_000, (key) => home.engine.insight.explain(ADMIN, key.runId)],
    ["lists its first events", 310, (key) => events(key, 0)],
    ["lists its events in the middle", 310, (key) => events(key, end / 2)],
    ["lists its events further on", 310, (key) => events(key, end - 400)],
    [
      "lists steps",
      900,
      ({ runId }) => home.engine.runs.steps(ADMIN, runId, {}, { limit: 200, cursor: undefined }),
    ],
    [
      "looks for events of a rare type",
      2_200,
      ({ runId }) =>
        home.engine.runs.events(ADMIN, runId, { after: 0, type: "run.paused", limit: 200 }),
    ],
    ["is verified in a part", 5_600, ({ runId }) => home.engine.runs.verify(ADMIN, runId)],
  ])("%s by at most %i rows, however long it is", async (_what, rowsMax, read) => {
    const ofShort = await rowsOf(() => read(short));
    const ofLong = await rowsOf(() => read(long));

    expect(ofShort).toBeGreaterThan(0);
    expect(ofShort).toBeLessThanOrEqual(rowsMax);
    expect(ofLong).toBeLessThanOrEqual(rowsMax);
  });

  function events({ runId }: RunKey, after: number) {
    return home.engine.runs.events(ADMIN, runId, { after, limit: 200 });
  }

  test("is verified in parts, each of which goes on where the one before ended", async () => {
    const parts = await verified(long);
    const { seq } = await home.read(long);

    expect(parts.map(({ ok, nextCursor }) => [ok, nextCursor])).toEqual([
      [true, String(parts[0]?.count)],
      [true, null],
    ]);
    expect(parts.at(-1)?.count).toBe(seq);
    expect(await verified(short)).toMatchObject([{ ok: true, nextCursor: null }]);
  });

  test("is found to be altered, in whichever part that is", async () => {
    const first = (await verified(long))[0]?.count ?? 0;

    for (const seq of [first - 1, first + 1, first + 3]) {
      await altered(seq, { actor: '{"id":"mallory","kind":"key"}' }, async () => {
        const errors = (await verified(long)).flatMap((part) => part.errors);
        expect(errors).toEqual([{ seq, type: "record_hash_mismatch" }]);
      });
    }
    expect((await verified(long)).every(({ ok }) => ok)).toBe(true);
  });

  test("is not verified from beyond its end", async () => {
    const { seq } = await home.read(long);

    const beyond = await home.engine.runs.verify(ADMIN, long.runId, seq + 10);

    expect(beyond).toMatchObject({ ok: true, value: { count: seq, errors: [], nextCursor: null } });
  });
});
