import { describe, expect, test } from "vitest";
import type { Result } from "../../core/engine/refusal.ts";
import { Fault } from "../../core/ports/fault.ts";
import { faultyTable, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";
import { begin, call, hold, row, settle } from "./family.ts";

const MISFORTUNES: readonly Misfortune[] = [
  "die before",
  "die after",
  "before",
  "after",
  "throttle",
];
/** A state that leaves for the artifact store with it, and one that does not. */
const SIZES = [10, 90_000] as const;

/** A run that waits after its first call, and a process that has bad luck from then on. */
async function waiting(bytes: number, at: number, misfortune: Misfortune) {
  const inner = memoryTable();
  let count = Number.NEGATIVE_INFINITY;
  let last: ReturnType<typeof faultyTable>;
  const fresh = (before?: House): House => {
    last = faultyTable(inner, () => (++count === at ? misfortune : "none"));
    const { artifacts } = before?.deps ?? {};
    const answer = "x".repeat(bytes);
    return house({
      table: last,
      call: ({ input }) => ({ input, answer }),
      ...(artifacts && { artifacts }),
    });
  };
  let current = fresh();
  const key = await begin(current, row("row", call("first"), hold, call("last")));
  const { seq } = await current.read(key);
  count = 0;

  async function ask<T>(act: (now: House) => Promise<Result<T>>): Promise<T> {
    for (;;) {
      try {
        const answer = await act(current);
        if (!answer.ok) throw new Error(answer.refusal.message);
        return answer.value;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        if (last.isDead()) current = fresh(current);
      }
    }
  }
  return { key, seq, ask, now: () => current, writes: () => count };
}

describe.each(SIZES)(
  "a process that dies while it forks a run with a state of %d bytes",
  (bytes) => {
    test.each(MISFORTUNES)(
      "%s: one fork or none, and one after it is asked for again",
      async (bad) => {
        for (let at = 1; ; at++) {
          const world = await waiting(bytes, at, bad);
          const request = { at: world.seq, idempotencyKey: "once", bodyHash: "b" };
          const { run } = await world.ask((now) =>
            now.engine.history.fork(ADMIN, world.key.runId, request),
          );
          const writes = world.writes();
          const again = await world.ask((now) =>
            now.engine.history.fork(ADMIN, world.key.runId, request),
          );
          expect(again.run.id).toBe(run.id);
          const listed = await world.now().engine.runs.list(ADMIN, {}, { limit: 50 });
          expect(listed.ok && listed.value.data).toHaveLength(2);

          const forked = { tenant: world.key.tenant, runId: run.id };
          await world.ask((now) => now.engine.runs.signal(ADMIN, run.id, { name: "go", id: "1" }));
          await settle(world.now(), forked);
          const end = await world.now().read(forked);
          expect(end).toMatchObject({ status: "succeeded", forkedFrom: { run: world.key.runId } });
          expect(await world.now().read(world.key)).toMatchObject({
            status: "waiting",
            seq: world.seq,
          });
          const verified = await world.now().engine.runs.verify(ADMIN, run.id);
          expect(verified).toMatchObject({ ok: true, value: { ok: true } });
          if (at > writes) break;
        }
      },
    );
  },
);
