import { beforeEach, describe, expect, test } from "vitest";
import { tableReplays } from "../../core/store/replays.ts";
import { memoryTable } from "../support/memory-table.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

let now = START;
let replays = tableReplays({ table: memoryTable(), clock: { now: () => now } });
beforeEach(() => {
  now = START;
  replays = tableReplays({ table: memoryTable(), clock: { now: () => now } });
});

describe("a creating request with an Idempotency-Key", () => {
  test("is the first once, and its repeats get its answer", async () => {
    expect(await replays.begin("ten_a", "k", "body")).toEqual({ type: "first" });
    await replays.finish("ten_a", "k", "body", 201, { id: "x" });

    const replay = { type: "replay", status: 201, body: { id: "x" } };
    expect(await replays.begin("ten_a", "k", "body")).toEqual(replay);
    expect(await replays.begin("ten_a", "k", "body")).toEqual(replay);
  });

  test("with another body is a reuse, whether the first was answered or not", async () => {
    await replays.begin("ten_a", "k", "body");
    expect(await replays.begin("ten_a", "k", "another")).toEqual({ type: "reused" });
    await replays.finish("ten_a", "k", "body", 201, {});
    expect(await replays.begin("ten_a", "k", "another")).toEqual({ type: "reused" });
  });

  test("gets an answer again that is too large for one row", async () => {
    const body = { text: `${"x".repeat(99_997)}${"🙂漢".repeat(200_000)}` };
    await replays.begin("ten_a", "k", "body");
    await replays.finish("ten_a", "k", "body", 200, body);

    const replay = { type: "replay", status: 200, body };
    expect(await replays.begin("ten_a", "k", "body")).toEqual(replay);
  });

  test("is another in another scope", async () => {
    await replays.begin("ten_a", "k", "body");
    expect(await replays.begin("ten_b", "k", "another")).toEqual({ type: "first" });
  });

  test("is in flight until it is answered", async () => {
    await replays.begin("ten_a", "k", "body");
    now += 59_999;
    expect(await replays.begin("ten_a", "k", "body")).toEqual({ type: "in_flight" });
  });

  test("is the first for one of many that come at once", async () => {
    const begun = await Promise.all(
      Array.from({ length: 20 }, () => replays.begin("ten_a", "k", "body")),
    );
    expect(begun.filter(({ type }) => type === "first")).toHaveLength(1);
    expect(begun.filter(({ type }) => type === "in_flight")).toHaveLength(19);
  });

  test("may begin again after it was given up", async () => {
    await replays.begin("ten_a", "k", "body");
    await replays.abandon("ten_a", "k");
    expect(await replays.begin("ten_a", "k", "another")).toEqual({ type: "first" });
  });

  test("is not given up once it was answered", async () => {
    await replays.begin("ten_a", "k", "body");
    await replays.finish("ten_a", "k", "body", 201, {});
    await replays.abandon("ten_a", "k");
    expect(await replays.begin("ten_a", "k", "body")).toMatchObject({ type: "replay" });
  });
});

describe("a claim whose process died", () => {
  test("is taken over after 60 s by one of those who ask", async () => {
    await replays.begin("ten_a", "k", "body");
    now += 60_000;

    const begun = await Promise.all([1, 2, 3].map(() => replays.begin("ten_a", "k", "body")));

    expect(begun.map(({ type }) => type).toSorted()).toEqual(["first", "in_flight", "in_flight"]);
  });

  test("keeps the answer of whoever finished first", async () => {
    await replays.begin("ten_a", "k", "body");
    now += 60_000;
    await replays.begin("ten_a", "k", "body");
    await replays.finish("ten_a", "k", "body", 201, { id: "of the taker" });
    await replays.finish("ten_a", "k", "body", 201, { id: "late" });

    expect(await replays.begin("ten_a", "k", "body")).toMatchObject({
      body: { id: "of the taker" },
    });
  });
});

describe("an answer", () => {
  test("is kept for 24 h, even if another body asks for it", async () => {
    await replays.begin("ten_a", "k", "body");
    now += 30_000;
    await replays.finish("ten_a", "k", "body", 201, {});

    now += 24 * HOUR - 1;
    expect(await replays.begin("ten_a", "k", "body")).toMatchObject({ type: "replay" });
    expect(await replays.begin("ten_a", "k", "another")).toEqual({ type: "reused" });
  });

  test("is replaced once it has expired", async () => {
    await replays.begin("ten_a", "k", "body");
    await replays.finish("ten_a", "k", "body", 201, {});
    now += 24 * HOUR;

    expect(await replays.begin("ten_a", "k", "another")).toEqual({ type: "first" });
    expect(await replays.begin("ten_a", "k", "another")).toEqual({ type: "in_flight" });
  });
});
