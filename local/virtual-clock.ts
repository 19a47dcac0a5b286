import type { Clock } from "../core/ports/clock.ts";
import { Fault } from "../core/ports/fault.ts";
import type { Table } from "../core/ports/table.ts";

export interface VirtualClock extends Clock {
  offsetMs(): number;
  /** Lets that much time pass at once. Kept first, so that no crash turns the time back. */
  advance(ms: number): Promise<void>;
}

const ROW = { pk: "platform#clock", sk: "clock" } as const;
/** A thousand years: instants keep their four digits of year, and nobody's run waits longer. */
export const OFFSET_MS_MAX = 1000 * 365 * 86_400_000;

/** The real time and an offset that only grows. Never goes back while the process lives. */
export async function openVirtualClock(table: Table, realTime = Date.now): Promise<VirtualClock> {
  const stored = await table.get(ROW);
  let offset = Number(stored?.["offsetMs"] ?? 0);
  let latest = 0;
  let queue: Promise<void> = Promise.resolve();

  async function move(ms: number): Promise<void> {
    const next = offset + ms;
    if (next > OFFSET_MS_MAX) throw new Fault("The clock is at its end.", { retryable: false });
    await table.write([{ type: "put", item: { ...ROW, offsetMs: next } }]);
    offset = next;
  }

  return {
    now() {
      latest = Math.max(latest, realTime() + offset);
      return latest;
    },
    offsetMs: () => offset,
    async advance(ms) {
      if (!Number.isSafeInteger(ms) || ms < 0) {
        throw new Fault(`The clock cannot advance by ${ms} ms.`, { retryable: false });
      }
      // One after the other, or two would start from the same offset and one be lost.
      const moved = queue.then(() => move(ms));
      queue = moved.catch(() => undefined);
      await moved;
    },
  };
}
