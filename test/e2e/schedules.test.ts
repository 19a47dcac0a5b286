import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ScheduleView } from "../../core/engine/schedules/schedule-view.ts";
import type { RunSummary } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type JsonClient, succeeded } from "../../scripts/support/client.ts";
import { advance, eventually, expectRefused, publish, read } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await setUp(server.api);
});

afterAll(() => server.close());

async function setUp(api: JsonClient): Promise<void> {
  const echo = { id: "say", type: "set", with: "{% $run.tags.scheduledAt %}" };
  await publish(api, { name: "tick", nodes: [echo] });
  const schema = { type: "object", required: ["order"] };
  await publish(api, { name: "strict", input: schema, nodes: [echo] });
  await publish(api, { name: "long", nodes: [{ id: "w", type: "wait", event: { name: "go" } }] });
}

async function create(api: JsonClient, body: JsonObject): Promise<ScheduleView> {
  return succeeded(await api.post("/v1/schedules", body)) as unknown as ScheduleView;
}

async function see(api: JsonClient, id: string): Promise<ScheduleView> {
  return succeeded(await api.get(`/v1/schedules/${id}`)) as unknown as ScheduleView;
}

/** Runs of a schedule, oldest first. */
async function runsOf(api: JsonClient, id: string): Promise<readonly RunSummary[]> {
  const page = succeeded(await api.get(`/v1/runs?tag=schedule:${id}&limit=200`));
  return (page["data"] as unknown as RunSummary[]).toReversed();
}

function at(summary: RunSummary): string {
  return summary.tags["scheduledAt"] ?? "";
}

function minutesBetween(instants: readonly string[]): readonly number[] {
  return instants.slice(1).map((text, index) => {
    return (Date.parse(text) - Date.parse(instants[index] ?? "")) / 60_000;
  });
}

describe("F10: a schedule of every minute, three times", () => {
  test("starts three runs, a minute apart, that name it, and ends", async () => {
    const { api } = await server.tenant();
    await setUp(api);
    const { id } = await create(api, { workflow: "tick", every: "PT1M", times: 3 });

    await advance(server.api, "PT10M");

    const runs = await runsOf(api, id);
    expect(runs.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(minutesBetween(runs.map(at))).toEqual([1, 1]);
    expect(await see(api, id)).toMatchObject({ status: "ended", fired: 3, nextAt: null });
    const first = await read(api, runs[0]?.id ?? "");
    expect(first).toMatchObject({ actor: { kind: "schedule", id }, output: at(runs[0] as never) });
  });

  test("fires none twice, and loses none, over kill -9 at any moment", {
    timeout: 60_000,
  }, async () => {
    const { api } = await server.tenant();
    await setUp(api);
    const { id } = await create(api, { workflow: "tick", every: "PT1M", times: 12 });
    for (let kills = 0; kills < 4; kills++) {
      const moving = server.api.post("/dev/clock", { advance: "PT3M" }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 40 * kills));
      await server.killAndStart();
      await moving;
    }
    await advance(server.api, "PT30M");

    const instants = (await runsOf(api, id)).map(at);
    expect(instants).toHaveLength(12);
    expect(minutesBetween(instants)).toEqual(Array.from({ length: 11 }, () => 1));
  });
});

describe("a schedule by a cron line", () => {
  test("says when it fires next, in its zone", async () => {
    const cron = { cron: "0 7 * * *", timezone: "Europe/Berlin" };
    const made = await create(server.api, { workflow: "tick", ...cron });

    expect(made).toMatchObject({ ...cron, status: "active", overlap: "skip", fired: 0 });
    expect(made.upcoming).toHaveLength(5);
    for (const instant of made.upcoming) expect(instant).toMatch(/T0[56]:00:00.000Z$/);
    succeeded(await server.api.remove(`/v1/schedules/${made.id}`));
    expectRefused(await server.api.get(`/v1/schedules/${made.id}`), 404, "NOT_FOUND");
  });

  test("is changed in part: the line keeps its zone, the zone its line", async () => {
    const { api } = await server.tenant();
    await setUp(api);
    const cron = { cron: "0 7 * * *", timezone: "Europe/Berlin" };
    const { id } = await create(api, { workflow: "tick", ...cron });
    const path = `/v1/schedules/${id}`;

    const line = succeeded(await api.patch(path, { cron: "30 8 * * *" }));
    expect(line).toMatchObject({ cron: "30 8 * * *", timezone: "Europe/Berlin" });
    const zone = succeeded(await api.patch(path, { timezone: "America/New_York" }));
    expect(zone).toMatchObject({ cron: "30 8 * * *", timezone: "America/New_York" });
    const every = succeeded(await api.patch(path, { every: "PT2H", overlap: "allow" }));
    expect(every).toMatchObject({ every: "PT2H", overlap: "allow" });
    expect(every).not.toHaveProperty("cron");
    expectRefused(await api.patch(path, { timezone: "Europe/Berlin" }), 400, "INVALID_REQUEST");
  });
});

describe("a schedule whose run has not ended", () => {
  async function overlapping(overlap: string) {
    const { api } = await server.tenant();
    await setUp(api);
    const { id } = await create(api, { workflow: "long", every: "PT1M", overlap, times: 3 });
    await advance(server.api, "PT2M30S");
    return { api, id };
  }

  test("skips its next occurrences", async () => {
    const { api, id } = await overlapping("skip");
    expect(await runsOf(api, id)).toHaveLength(1);
    expect(await see(api, id)).toMatchObject({ fired: 1, skipped: 1 });
  });

  test("runs them beside each other when allowed", async () => {
    const { api, id } = await overlapping("allow");
    expect((await runsOf(api, id)).map(({ status }) => status)).toEqual(["waiting", "waiting"]);
  });

  test("cancels it first when told so", async () => {
    const { api, id } = await overlapping("cancel");
    expect((await runsOf(api, id)).map(({ status }) => status)).toEqual(["cancelled", "waiting"]);
  });

  test("queues one, and starts it when the run before has ended", async () => {
    const { api, id } = await overlapping("queue");
    const [first, ...others] = await runsOf(api, id);
    expect(others).toEqual([]);
    expect((await see(api, id)).pendingAt).not.toBeNull();

    succeeded(await api.post(`/v1/runs/${first?.id}/signals`, { name: "go" }));
    await advance(server.api, "PT6S");

    const runs = await eventually("the queued run", async () => {
      const now = await runsOf(api, id);
      return now.length === 2 ? now : undefined;
    });
    expect(minutesBetween(runs.map(at))).toEqual([1]);
    expect((await see(api, id)).pendingAt).toBeNull();
  });
});

describe("a schedule that is paused", () => {
  test("fires nothing, goes on after it is resumed, and is backfilled without repeats", async () => {
    const { api } = await server.tenant();
    await setUp(api);
    const { id } = await create(api, { workflow: "tick", every: "PT1M" });
    await advance(server.api, "PT2M10S");
    const from = (await runsOf(api, id)).map(at)[0] ?? "";
    expect(succeeded(await api.post(`/v1/schedules/${id}/pause`, {}))).toMatchObject({
      status: "paused",
      nextAt: null,
    });
    await advance(server.api, "PT5M");
    expect(await runsOf(api, id)).toHaveLength(2);

    succeeded(await api.post(`/v1/schedules/${id}/resume`, {}));
    await advance(server.api, "PT1M");
    const fired = await runsOf(api, id);
    expect(fired).toHaveLength(3);

    const range = { from, to: at(fired[2] as never) };
    const filled = succeeded(await api.post(`/v1/schedules/${id}/backfill`, range));
    expect(filled).toEqual({ started: 5, existing: 3 });
    const again = succeeded(await api.post(`/v1/schedules/${id}/backfill`, range));
    expect(again).toEqual({ started: 0, existing: 8 });
    const instants = (await runsOf(api, id)).map(at).toSorted((a, b) => a.localeCompare(b));
    expect(minutesBetween(instants)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
});

describe("a schedule whose server was away", () => {
  test("makes up what its window covers, and counts the rest as skipped", async () => {
    const { api } = await server.tenant();
    await setUp(api);
    const { id } = await create(api, { workflow: "tick", every: "PT1M", catchUp: "PT3M" });
    succeeded(await api.post(`/v1/schedules/${id}/pause`, {}));
    succeeded(await api.post(`/v1/schedules/${id}/resume`, {}));
    // Time passes at once: nobody was there to fire in between.
    await server.stop();
    await moveClock(server, 20 * 60_000);
    await server.start();

    const shown = await eventually("the window is made up", async () => {
      const now = await see(api, id);
      return now.fired >= 3 ? now : undefined;
    });
    expect(shown.fired + shown.skipped).toBeGreaterThanOrEqual(20);
    expect(shown.fired).toBeLessThanOrEqual(4);
  });
});

describe("a bad schedule is refused", () => {
  test.each([
    [{ workflow: "tick" }, "cron"],
    [{ workflow: "tick", cron: "* * * * *", every: "PT1M" }, "cron"],
    [{ workflow: "tick", cron: "0 0 31 2 *" }, "cron"],
    [{ workflow: "tick", cron: "0 7 * * *", timezone: "Mars/Olympus" }, "timezone"],
    [{ workflow: "tick", every: "PT0.5S" }, "every"],
    [{ workflow: "tick", at: "tomorrow" }, "at"],
    [{ workflow: "tick", at: "2020-01-01T00:00:00Z" }, "until"],
    [{ workflow: "tick", every: "PT1M", until: "2020-01-01T00:00:00Z" }, "until"],
    [{ workflow: "tick", every: "PT1M", catchUp: "soon" }, "catchUp"],
    [{ workflow: "tick", every: "PT1M", overlap: "maybe" }, "overlap"],
    [{ workflow: "tick", every: "PT1M", times: 0 }, "times"],
  ])("%j", async (body, path) => {
    const answer = await server.api.post("/v1/schedules", body);
    expectRefused(answer, 400, "INVALID_REQUEST");
    expect(JSON.stringify(answer.body["errors"])).toContain(`"path":"${path}"`);
  });

  test("for a workflow that is not there, or input that it does not take", async () => {
    const unknown = await server.api.post("/v1/schedules", { workflow: "nobody", every: "PT1M" });
    expectRefused(unknown, 404, "WORKFLOW_NOT_FOUND");
    const strict = { workflow: "strict", every: "PT1M", input: {} };
    expectRefused(await server.api.post("/v1/schedules", strict), 400, "INVALID_INPUT");
  });

  test("of another tenant, it does not exist", async () => {
    const { id } = await create(server.api, { workflow: "tick", every: "P1D" });
    const { api } = await server.tenant();
    const path = `/v1/schedules/${id}`;
    const range = { from: "2026-01-01", to: "2026-01-01" };
    for (const answer of [
      await api.get(path),
      await api.patch(path, { every: "PT1M" }),
      await api.post(`${path}/pause`, {}),
      await api.post(`${path}/resume`, {}),
      await api.post(`${path}/backfill`, range),
      await api.remove(path),
    ]) {
      expectRefused(answer, 404, "NOT_FOUND");
    }
    expect(succeeded(await api.get("/v1/schedules"))["data"]).toEqual([]);
  });
});

/** Moves the virtual clock of a server that does not run, as if its machine had been off. */
async function moveClock({ databaseFile }: TestServer, ms: number): Promise<void> {
  const { openSqlite } = await import("../../adapters/sqlite/open.ts");
  const { sqliteTable } = await import("../../adapters/sqlite/sqlite-table.ts");
  const { openVirtualClock } = await import("../../local/virtual-clock.ts");
  const table = sqliteTable(openSqlite(databaseFile));
  await (await openVirtualClock(table)).advance(ms);
  table.close();
}
