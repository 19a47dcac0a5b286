import { describe, expect, test } from "vitest";
import { evolve } from "../../core/kernel/evolve.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Run, unstarted } from "../../core/kernel/run.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Item, Table } from "../../core/ports/table.ts";
import { rows } from "../../core/store/rows.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { memoryArtifacts } from "../support/memory-artifacts.ts";
import { memoryTable } from "../support/memory-table.ts";

/** A loop that assigns a text of so many bytes to one of so many variables each time round. */
function growing(name: string, bytes: number, variables: number, rounds: number) {
  const nth = `{% $vars.n % ${variables} %}`;
  return {
    name,
    vars: { n: 0 },
    limits: { maxVisits: rounds + 1 },
    nodes: [
      { id: "grow", type: "tool", tool: "echo", with: { n: nth, text: "x".repeat(bytes) } },
      ...Array.from({ length: variables }, (_, v) => ({
        id: `keep${v}`,
        type: "set",
        assign: { [`v${v}`]: "{% $steps.grow.output.text %}", n: "{% $vars.n + 1 %}" },
      })),
      { id: "end", type: "end", output: "{% $vars.n %}" },
    ],
    edges: [
      ...Array.from({ length: variables }, (_, v) => ({
        from: "grow",
        to: `keep${v}`,
        when: `{% $steps.grow.output.n = ${v} %}`,
      })),
      ...Array.from({ length: variables }, (_, v) => [
        { from: `keep${v}`, to: "grow", when: `{% $vars.n < ${rounds} %}` },
        { from: `keep${v}`, to: "end" },
      ]).flat(),
    ],
  };
}

async function ran(document: JsonObject & { name: string }, table: Table = memoryTable()) {
  const kept = new Map<string, string | Uint8Array>();
  const artifacts = memoryArtifacts(kept);
  const home = house({ table, artifacts });
  await home.publish(document);
  const key = await home.start(document.name);
  await home.drive(key);
  return { home, table, artifacts, key, kept };
}

/** The fold of the whole log, whatever snapshots there are. */
async function replay({ deps }: House, key: RunKey): Promise<Run> {
  let run = unstarted(key.tenant, key.runId);
  for (let more = true; more; ) {
    const page = await deps.log.read(key, run.seq, 100);
    for (const { events = [], at, seq } of page.commits) {
      if (seq > run.seq) run = events.reduce((state, event) => evolve(state, event, at), run);
    }
    more = page.more;
  }
  return run;
}

describe("a run's log", () => {
  test("has no snapshot while it is short", async () => {
    const { table, key } = await ran(growing("short", 100, 1, 3));

    expect(await table.get(rows.snapshot(key.tenant, key.runId))).toBeUndefined();
  });

  test("is bounded by a snapshot once it has more than 64 KB, and both fold to the same run", async () => {
    const { home, table, artifacts, key } = await ran(growing("medium", 4_000, 2, 30));
    const saved = await table.get(rows.snapshot(key.tenant, key.runId));
    const loaded = await house({ table, artifacts }).deps.log.load(key);

    expect(saved?.content).toBeDefined();
    expect(Number(saved?.["seq"])).toBeGreaterThan(1);
    expect(loaded.run).toEqual(await replay(home, key));
    expect(loaded.hash).toBe(home.deps.cache.get(key)?.hash);
    expect(await home.engine.runs.verify(ADMIN, key.runId)).toMatchObject({ value: { ok: true } });
  });

  test("keeps a state of more than 300 KB as an artifact that its row names", async () => {
    const { home, table, artifacts, key, kept } = await ran(growing("large", 60_000, 8, 24));
    const saved = await table.get(rows.snapshot(key.tenant, key.runId));
    const loaded = await house({ table, artifacts }).deps.log.load(key);

    expect(saved?.["artifact"]).toBeTypeOf("string");
    expect(saved?.content).toBeUndefined();
    expect(Math.max(...[...kept.values()].map(({ length }) => length))).toBeGreaterThan(300 * 1024);
    expect(loaded.run).toEqual(await replay(home, key));
  });

  test("is read whole where the artifact of its snapshot is gone", async () => {
    const { home, table, key, kept } = await ran(growing("gone", 60_000, 8, 12));
    kept.clear();

    expect((await house({ table }).deps.log.load(key)).run).toEqual(await replay(home, key));
  });

  test("goes on from a snapshot: what is committed after it is folded on top", async () => {
    const { table, artifacts, key } = await ran({
      ...growing("on", 4_000, 2, 30),
      output: "{% $vars.n %}",
    });
    const document = growing("waits", 4_000, 2, 30);
    const { nodes } = document;
    const hold = { id: "end", type: "wait", event: { name: "go" } };
    const waiting = await ran(
      { ...document, nodes: nodes.map((node) => (node.id === "end" ? hold : node)) },
      table,
    );
    const other = house({ table, artifacts: waiting.artifacts });
    await other.engine.runs.signal(ADMIN, waiting.key.runId, { name: "go", payload: "went" });

    const loaded = await house({ table, artifacts: waiting.artifacts }).deps.log.load(waiting.key);
    expect(loaded.run).toMatchObject({ status: "succeeded", output: "went" });
    expect(loaded.run).toEqual(await replay(other, waiting.key));
    expect((await house({ table, artifacts }).deps.log.load(key)).run.status).toBe("succeeded");
  });

  test("is read in pages, 10,000 events and more, none missing and none twice", async () => {
    const table = memoryTable();
    const home = house({ table });
    await home.publish({
      name: "signals",
      nodes: [
        { id: "tick", type: "wait", event: { name: "tick" } },
        { id: "end", type: "end" },
      ],
      edges: [
        { from: "tick", to: "tick", when: "{% $steps.tick.output %}" },
        { from: "tick", to: "end" },
      ],
      limits: { maxVisits: 100_000 },
    });
    const key = await home.start("signals");
    for (let n = 0; n < 2_600; n++) {
      await home.engine.runs.signal(ADMIN, key.runId, { name: "tick", payload: true });
    }
    await home.engine.runs.signal(ADMIN, key.runId, { name: "tick", payload: false });

    const seqs: number[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page = await home.engine.runs.events(ADMIN, key.runId, { after, limit: 200 });
      if (!page.ok) throw new Error(page.refusal.message);
      seqs.push(...page.value.data.map(({ seq }) => seq));
      after = page.value.nextCursor === null ? null : Number(page.value.nextCursor);
    }
    const { run } = await house({ table }).deps.log.load(key);
    expect(run).toMatchObject({ status: "succeeded", seq: seqs.length });
    expect(seqs.length).toBeGreaterThan(10_000);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
  });
});

describe("verifying", () => {
  async function tampered(
    change: (table: Table, key: RunKey, log: readonly Item[]) => Promise<void>,
  ) {
    const { table, key } = await ran(growing("honest", 10, 1, 4));
    const { items } = await table.query({ pk: rows.run(key.tenant, key.runId), prefix: "log#" });
    await change(table, key, items);
    const verified = await house({ table }).engine.runs.verify(ADMIN, key.runId);
    return verified.ok ? verified.value : undefined;
  }
  const put = (table: Table, item: Item) => table.write([{ type: "put", item }]);
  const types = (result: { errors: readonly { type: string }[] } | undefined) =>
    result?.errors.map(({ type }) => type);

  test("finds nothing in a log that is as it was written", async () => {
    const result = await tampered(async () => undefined);

    expect(result).toMatchObject({ ok: true, errors: [] });
    expect(result?.count).toBeGreaterThan(20);
  });

  test("finds each byte of content that was altered, and where", async () => {
    const result = await tampered(async (table, _, [, second]) => {
      if (!second) throw new Error("too short a log");
      await put(table, { ...second, content: second.content?.replace("x", "y") });
    });

    expect(result).toMatchObject({ ok: false, errors: [{ seq: 2, type: "content_mismatch" }] });
  });

  test.each(["at", "actor", "types", "digest", "prev", "hash"])(
    "finds that a commit says something else of itself: %s",
    async (attribute) => {
      const result = await tampered(async (table, _, [, second]) => {
        if (!second) throw new Error("too short a log");
        const other =
          attribute === "at" ? 1 : attribute === "actor" ? '{"kind":"key","id":"eve"}' : "x";
        await put(table, { ...second, [attribute]: other });
      });

      expect(result?.ok).toBe(false);
    },
  );

  test("finds that a commit is missing", async () => {
    const result = await tampered(async (table, _, [, second]) => {
      if (!second) throw new Error("too short a log");
      await table.write([{ type: "remove", key: { pk: second.pk, sk: second.sk } }]);
    });

    expect(types(result)).toEqual(expect.arrayContaining(["seq_gap", "prev_hash_mismatch"]));
  });

  test("finds that two commits have changed places", async () => {
    const result = await tampered(async (table, _, [, second, third]) => {
      if (!second || !third) throw new Error("too short a log");
      await put(table, { ...third, sk: second.sk, seq: Number(second["seq"]) });
      await put(table, { ...second, sk: third.sk, seq: Number(third["seq"]) });
    });

    expect(result?.ok).toBe(false);
    expect(types(result)).toEqual(expect.arrayContaining(["prev_hash_mismatch"]));
  });

  test("finds a commit that was forged whole, by the one after it", async () => {
    const other = await ran(growing("forger", 10, 1, 4));
    const [, , forged] = (
      await other.table.query({ pk: rows.run(other.key.tenant, other.key.runId), prefix: "log#" })
    ).items;
    const result = await tampered(async (table, _, [, , third]) => {
      if (!forged || !third) throw new Error("too short a log");
      await put(table, { ...forged, pk: third.pk, sk: third.sk });
    });

    expect(result?.ok).toBe(false);
  });

  test("still proves the chain where content was erased", async () => {
    const result = await tampered(async (table, _, [, second]) => {
      if (!second) throw new Error("too short a log");
      const { content: _erased, ...rest } = second;
      await put(table, rest);
    });

    expect(result).toMatchObject({ ok: true });
  });
});
