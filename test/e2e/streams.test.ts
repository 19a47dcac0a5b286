import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { readStream } from "../support/event-stream.ts";
import {
  begin,
  ended,
  eventsOf,
  eventually,
  expectRefused,
  publish,
  start,
} from "../support/runs.ts";
import { seeded } from "../support/seeded.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { connect, type SocketClient, socketClient } from "../support/socket-client.ts";

let server: TestServer;

/** Goes round for each signal, until it is told to stop. */
const LOOP = {
  name: "loop",
  nodes: [
    { id: "w", type: "wait", event: { name: "go" } },
    { id: "again", type: "set", with: "{% $steps.w.output %}" },
    { id: "end", type: "set", with: "done" },
  ],
  edges: [
    { from: "w", to: "again" },
    { from: "again", to: "end", when: '{% $steps.w.output = "stop" %}' },
    { from: "again", to: "w" },
  ],
  limits: { maxVisits: 1000 },
};

beforeAll(async () => {
  server = await startServer();
  await publish(server.api, LOOP);
  await publish(server.api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
});

afterAll(() => server.close());

async function signal(id: string, payload: string): Promise<void> {
  succeeded(await server.api.post(`/v1/runs/${id}/signals`, { name: "go", payload }));
}

/** Makes a run of some thousand events, a little at a time, and ends it. */
async function goOn(id: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) await signal(id, "on");
  await signal(id, "stop");
  await ended(server.api, id);
}

const streamOf = (id: string, query = "") => `${server.url}/v1/runs/${id}/stream${query}`;

describe("a run followed by Server-Sent Events", () => {
  test("is told from its first event to its end (G4)", async () => {
    const run = await start(server.api, "short");
    const { events, ended: isWhole, text } = await readStream(streamOf(run.id), server.keys.admin);

    const log = await eventsOf(server.api, run.id);
    expect(isWhole).toBe(true);
    expect(events.slice(0, -1).map(({ data }) => JSON.parse(data))).toEqual(log);
    expect(events.slice(0, -1).map(({ id, event }) => [id, event])).toEqual(
      log.map(({ seq, type }) => [String(seq), type]),
    );
    expect(events.at(-1)).toMatchObject({ event: "end", id: "" });
    expect(JSON.parse(events.at(-1)?.data ?? "")).toEqual({ status: "succeeded", seq: run.seq });
    expect(text).toMatch(/^retry: 1000\n\n/);
  });

  test("goes on while it runs", async () => {
    const run = await begin(server.api, "loop");
    const reading = readStream(streamOf(run.id), server.keys.admin);
    await goOn(run.id, 3);

    const { events } = await reading;
    const log = await eventsOf(server.api, run.id);
    expect(events.slice(0, -1).map(({ data }) => JSON.parse(data))).toEqual(log);
  });

  test("resumes after the last event, by header or query, and by the header when both are there (G4)", async () => {
    const run = await start(server.api, "short");
    const key = server.keys.admin;
    const seqs = async (query: string, lastEventId?: string) =>
      (await readStream(streamOf(run.id, query), key, { lastEventId })).events.map(({ id }) => id);

    const all = await seqs("");
    expect(await seqs("?after=1")).toEqual(all.slice(1));
    expect(await seqs("", "1")).toEqual(all.slice(1));
    expect(await seqs("?after=0", "2")).toEqual(all.slice(2));
    expect(await seqs("?after=1000")).toEqual([""]);
  });

  test("of another tenant, or with a broken cursor, is refused", async () => {
    const run = await start(server.api, "short");
    const { api } = await server.tenant();
    const path = `/v1/runs/${run.id}/stream`;

    expectRefused(await api.get(path), 404, "NOT_FOUND");
    expectRefused(await server.api.get("/v1/runs/run_nope/stream"), 404, "NOT_FOUND");
    const broken = { "last-event-id": "x" };
    expectRefused(await server.api.get(path, broken), 400, "INVALID_REQUEST");
    expect((await server.as(undefined).get(path)).status).toBe(401);
  });

  test("cut off 100 times in 1,000 events is told exactly the log", async () => {
    const run = await begin(server.api, "loop");
    const random = seeded(11);
    const going = goOn(run.id, 280);
    const seen: number[] = [];
    let cuts = 0;
    for (let isOver = false; !isOver; ) {
      const bytes = 200 + Math.floor(random() * 4_000);
      const { events } = await readStream(streamOf(run.id), server.keys.admin, {
        lastEventId: seen.length > 0 ? String(seen.at(-1)) : undefined,
        isEnough: (_events, come) => cuts < 100 && come >= bytes,
      });
      for (const { id, event } of events) {
        if (event === "end") isOver = true;
        else seen.push(Number(id));
      }
      if (!isOver) cuts++;
    }
    await going;

    const log = await eventsOf(server.api, run.id);
    expect(cuts).toBeGreaterThanOrEqual(100);
    expect(log.length).toBeGreaterThanOrEqual(1_000);
    expect(seen).toEqual(log.map(({ seq }) => seq));
  }, 60_000);
});

describe("a WebSocket", () => {
  const open = (api = server.api): Promise<SocketClient> => socketClient(server.url, api);

  test("replays a run and goes on with it, without gap or repeat, to its end (G5)", async () => {
    const run = await begin(server.api, "loop");
    await signal(run.id, "on");
    const client = await open();
    client.send({ action: "subscribe", id: "a", runs: [run.id] });
    await goOn(run.id, 20);

    const end = await client.frame("end");
    const log = await eventsOf(server.api, run.id);
    expect(client.frames[0]).toMatchObject({ type: "subscribed", subscription: "a" });
    expect(client.events("a")).toEqual(log);
    expect(end).toEqual({
      type: "end",
      subscription: "a",
      runId: run.id,
      status: "succeeded",
      seq: log.length,
    });
    client.socket.close();
  });

  test("begins after the cursor, and tells only the types that are wanted", async () => {
    const run = await start(server.api, "short");
    const client = await open();
    client.send({ action: "subscribe", id: "a", runs: [run.id], after: { [run.id]: 1 } });
    client.send({ action: "subscribe", id: "b", runs: [run.id], types: ["run.*"] });
    await client.frame("end", { subscription: "a" });
    await client.frame("end", { subscription: "b" });

    const log = await eventsOf(server.api, run.id);
    expect(client.events("a")).toEqual(log.slice(1));
    expect(client.events("b")).toEqual(log.filter(({ type }) => type.startsWith("run.")));
    client.socket.close();
  });

  test("tells of all runs of the tenant, and of no other tenant's (G7)", async () => {
    const { api } = await server.tenant();
    await publish(api, { name: "short", nodes: [{ id: "a", type: "set", with: 1 }] });
    const client = await open(api);
    client.send({ action: "subscribe", id: "all" });
    await client.frame("subscribed");
    const theirs = await start(server.api, "short");
    const runs = [await start(api, "short"), await start(api, "short")];
    for (const { id } of runs) await client.frame("end", { runId: id });
    client.send({ action: "subscribe", id: "b", runs: [theirs.id] });

    expect(await client.frame("error")).toMatchObject({ subscription: "b", code: "NOT_FOUND" });
    for (const { id } of runs) {
      const own = client.events("all").filter(({ runId }) => runId === id);
      expect(own).toEqual(await eventsOf(api, id));
    }
    expect(client.frames.filter((frame) => frame["runId"] === theirs.id)).toEqual([]);
    client.socket.close();
  });

  test("that was away is told of what happened meanwhile, in runs it knows and in new ones", async () => {
    const { api } = await server.tenant();
    await publish(api, LOOP);
    const known = await begin(api, "loop");
    const first = await open(api);
    first.send({ action: "subscribe", id: "a", runs: "*", after: { [known.id]: 0 } });
    await eventually("its wait", async () =>
      first.events("a").find(({ type }) => type === "run.waiting"),
    );
    first.socket.terminate();
    const seen = first.events("a").at(-1)?.seq ?? 0;
    for (const payload of ["on", "stop"]) {
      succeeded(await api.post(`/v1/runs/${known.id}/signals`, { name: "go", payload }));
    }
    await ended(api, known.id);
    const fresh = await begin(api, "loop");

    const again = await open(api);
    again.send({ action: "subscribe", id: "a", runs: "*", after: { [known.id]: seen } });
    await again.frame("end", { runId: known.id });
    await eventually("the new run", async () =>
      again.events("a").find(({ runId, type }) => runId === fresh.id && type === "run.waiting"),
    );
    const log = await eventsOf(api, known.id);
    expect(again.events("a").filter(({ runId }) => runId === known.id)).toEqual(log.slice(seen));
    again.socket.close();
  });

  test("cut off 100 times in 1,000 events is told exactly the log", async () => {
    const run = await begin(server.api, "loop");
    const random = seeded(12);
    const going = goOn(run.id, 280);
    const seen: number[] = [];
    let cuts = 0;
    for (let isOver = false; !isOver; ) {
      const client = await open();
      const after = seen.at(-1) ?? 0;
      client.send({ action: "subscribe", id: "a", runs: [run.id], after: { [run.id]: after } });
      const wanted = 1 + Math.floor(random() * 10);
      const told = await new Promise<{ seqs: readonly number[]; isWhole: boolean }>((resolve) => {
        client.socket.on("message", () => {
          const seqs = client.events("a").map(({ seq }) => seq);
          const isWhole = client.frames.at(-1)?.type === "end";
          if (isWhole || (cuts < 100 && seqs.length >= wanted)) resolve({ seqs, isWhole });
        });
      });
      isOver = told.isWhole;
      client.socket.terminate();
      seen.push(...told.seqs);
      if (!isOver) cuts++;
    }
    await going;

    const log = await eventsOf(server.api, run.id);
    expect(cuts).toBeGreaterThanOrEqual(100);
    expect(log.length).toBeGreaterThanOrEqual(1_000);
    expect(seen).toEqual(log.map(({ seq }) => seq));
  }, 60_000);

  test("is told nothing more once it has unsubscribed", async () => {
    const run = await begin(server.api, "loop");
    const client = await open();
    client.send({ action: "subscribe", id: "a", runs: [run.id] });
    await client.frame("event");
    client.send({ action: "unsubscribe", id: "a" });
    await client.frame("unsubscribed", { subscription: "a" });
    const before = client.events("a").length;
    await goOn(run.id, 2);
    client.send({ action: "ping", id: "p" });
    await client.frame("pong", { id: "p" });

    expect(client.events("a")).toHaveLength(before);
    client.socket.close();
  });

  test("answers what it does not understand, and stays open", async () => {
    const client = await open();
    const wrong = ["{", "[]", '{"action":"dance"}', '{"action":"subscribe","id":"a","runs":[]}'];
    for (const text of wrong) client.send(text);
    client.send({ action: "ping" });
    await client.frame("pong");

    const codes = client.frames.filter(({ type }) => type === "error").map(({ code }) => code);
    expect(codes).toEqual([
      "INVALID_JSON",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
    ]);
    client.socket.close();
  });

  test("opens with a ticket, once, and with nothing else", async () => {
    const { ticket } = succeeded(await server.api.post("/v1/stream/tickets")) as { ticket: string };
    const client = await connect(server.url, ticket);

    await expect(connect(server.url, ticket)).rejects.toThrow("answered 401");
    await expect(connect(server.url, server.keys.admin)).rejects.toThrow("answered 401");
    await expect(connect(`${server.url}/elsewhere`, "")).rejects.toThrow("answered 404");
    client.socket.close();
  });

  test("closes when its key is revoked, whose tickets open nothing either", async () => {
    const { id, api } = await server.key({ name: "socket", role: "viewer" });
    const client = await open(api);
    const { ticket } = succeeded(await api.post("/v1/stream/tickets")) as { ticket: string };
    await server.api.remove(`/v1/keys/${id}`);

    expect(await client.closed).toEqual({ code: 1008, reason: "the key was revoked" });
    await expect(connect(server.url, ticket)).rejects.toThrow("answered 401");
  });
});
