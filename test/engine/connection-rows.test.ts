import { describe, expect, test } from "vitest";
import { carryOut } from "../../core/engine/fan-out/carry-out.ts";
import { ticketsOf } from "../../core/engine/fan-out/tickets.ts";
import { committedIn } from "../../core/store/commit.ts";
import { rows } from "../../core/store/rows.ts";
import { liveOnRows } from "../../wiring/live-on-rows.ts";
import { ADMIN } from "../support/house.ts";
import { memoryFanOut } from "../support/memory-fan-out.ts";

const SHORT = { name: "short", nodes: [{ id: "a", type: "set", with: 1 }], edges: [] };

/** Two processes of a deployment on one table, and what arrives at its connections. */
async function deployment() {
  const one = memoryFanOut();
  await one.publish(SHORT);
  const frames: { to: string; type: string; seq?: number }[] = [];
  const gone = new Set<string>();
  const sockets = {
    async send(connection: string, text: string) {
      if (gone.has(connection)) return "gone" as const;
      const { type, event, seq } = JSON.parse(text);
      frames.push({ to: connection, type, seq: event?.seq ?? seq });
      return "sent" as const;
    },
    close: async (connection: string) => void gone.add(connection),
  };
  const live = () =>
    liveOnRows(one.telling, { sockets, timeMs: 1_000, pause: async () => undefined });
  const key = { ...rows.keyOfTenant(ADMIN.tenant, ADMIN.keyId), id: ADMIN.keyId };
  await one.deps.table.write([{ type: "put", item: key }]);
  const ticket = async () => (await ticketsOf(one.telling).issue(ADMIN)).ticket;
  const commits = async (runId: string) => {
    const { commits: found } = await one.deps.log.read({ tenant: ADMIN.tenant, runId }, 0, 100);
    return found.flatMap(({ item }) => committedIn(item) ?? []);
  };
  return { ...one, frames, gone, live, ticket, commits };
}

describe("connections that are rows", () => {
  test("are told of commits by any process, each event once and in order", async () => {
    const { live, ticket, frames, start, commits } = await deployment();
    const [socket, stream, other] = [live(), live(), live()];
    expect((await socket.open("c1", await ticket())).ok).toBe(true);
    await socket.subscribe("c1", { id: "a", runs: "*" });
    const { runId } = await start("short");
    const told = await commits(runId);
    // Records come twice, and to two processes at once.
    const tell = async (hub: typeof stream) => {
      for (const commit of [...told, ...told]) await hub.committed(commit);
    };
    await Promise.all([tell(stream), tell(other)]);

    const events = frames.filter(({ type }) => type === "event").map(({ seq }) => seq);
    expect(events).toEqual(events.map((_, index) => index + 1));
    expect(events.length).toBeGreaterThan(1);
    expect(frames.filter(({ type }) => type === "end")).toHaveLength(1);
  }, 30_000);

  test("that answer that they are gone are forgotten", async () => {
    const { live, ticket, gone, frames, start, commits, deps } = await deployment();
    const hub = live();
    await hub.open("c1", await ticket());
    await hub.subscribe("c1", { id: "a", runs: "*" });
    gone.add("c1");
    const before = frames.length;
    const { runId } = await start("short");
    for (const commit of await commits(runId)) await hub.committed(commit);

    const left = await deps.table.query({ pk: `${ADMIN.tenant}#sockets` });
    expect(left.items).toEqual([]);
    expect(frames).toHaveLength(before);
  }, 30_000);

  test("are closed with their key, and a sender that meets a line without a connection ends it", async () => {
    const { live, ticket, gone, telling, deps } = await deployment();
    const hub = live();
    await hub.open("c1", await ticket());
    await hub.revoked(ADMIN.tenant, ADMIN.keyId);
    expect([...gone]).toEqual(["c1"]);

    const line = { tenant: ADMIN.tenant, subscriber: "ws_c1/x", runId: "run_1" };
    await telling.lines.put(
      line,
      { seq: 0, owed: 1, state: "owed", due: 0, claim: "", failures: 0, recover: 0, rev: 0 },
      undefined,
    );
    await carryOut(telling, { type: "line", ...line }, Number.POSITIVE_INFINITY, hub);
    expect(await telling.lines.get(line)).toBeUndefined();
    expect((await deps.table.query({ pk: `${ADMIN.tenant}#sockets` })).items).toEqual([]);
  });
});
