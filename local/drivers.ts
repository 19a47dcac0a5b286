import { type Drive, type DriveDeps, drive } from "../core/engine/drive.ts";
import { Fault } from "../core/ports/fault.ts";
import type { Log } from "../core/ports/log.ts";
import type { Queue, RunKey } from "../core/ports/queue.ts";

export interface Drivers extends Queue {
  /** Resolves when nothing is queued and nothing is driven, or after `ms`. */
  idle(ms: number): Promise<void>;
  /** Takes on nothing more; resolves when what is under way has ended, or after `ms`. */
  drain(ms: number): Promise<void>;
  active(): number;
}

/** Runs that are driven at once; more wait their turn, one of each tenant after the other. */
const DRIVES_MAX = 2_048;
/** Of one tenant: its slow tools must not take up every place there is. */
const TENANT_DRIVES_MAX = 512;
const EFFECTS_MAX = 64;
/** After a drive that failed; doubled each time, because what failed may well fail again. */
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;

type Entry = { drive: Drive | undefined; again: boolean };

/**
 * The work queue of one process: a run is driven by one driver at a time, and tenants take turns,
 * so that one with thousands of runs does not hold up another's single one.
 */
export function drivers(deps: { driveDeps: () => DriveDeps; log: Log }): Drivers {
  const known = new Map<string, Entry>();
  const waiting = new Map<string, RunKey[]>();
  const idlers = new Set<() => void>();
  const drivingOf = new Map<string, number>();
  const failures = new Map<string, number>();
  let driving = 0;
  let closed = false;

  function wake(key: RunKey): void {
    if (closed) return;
    const name = `${key.tenant}/${key.runId}`;
    const entry = known.get(name);
    if (entry) {
      entry.again = true;
      entry.drive?.poke();
      return;
    }
    known.set(name, { drive: undefined, again: false });
    if (hasPlace(key.tenant) && !waiting.has(key.tenant)) return start(key);
    const line = waiting.get(key.tenant);
    if (line) line.push(key);
    else waiting.set(key.tenant, [key]);
  }

  function hasPlace(tenant: string): boolean {
    return driving < DRIVES_MAX && (drivingOf.get(tenant) ?? 0) < TENANT_DRIVES_MAX;
  }

  function count(tenant: string, by: number): void {
    driving += by;
    const now = (drivingOf.get(tenant) ?? 0) + by;
    if (now === 0) drivingOf.delete(tenant);
    else drivingOf.set(tenant, now);
  }

  function start(key: RunKey): void {
    const name = `${key.tenant}/${key.runId}`;
    const entry = known.get(name);
    if (!entry) return;
    count(key.tenant, 1);
    entry.again = false;
    const options = { effectsMax: EFFECTS_MAX, until: Number.POSITIVE_INFINITY };
    entry.drive = drive(deps.driveDeps(), key, options);
    void entry.drive.done.then(
      () => ended(key, name, entry, undefined),
      (error: unknown) => ended(key, name, entry, error),
    );
  }

  function ended(key: RunKey, name: string, entry: Entry, error: unknown): void {
    count(key.tenant, -1);
    known.delete(name);
    if (error === undefined) failures.delete(name);
    if (error !== undefined) {
      const failed = (failures.get(name) ?? 0) + 1;
      failures.set(name, failed);
      const retryable = error instanceof Fault && error.retryable;
      const text = error instanceof Error ? (error.stack ?? error.message) : "not an error";
      const { tenant, runId: run } = key;
      deps.log.error("a drive failed", { tenant, run, retryable, failed, error: text });
      // The run's row in the due index brings it back even if this process ends before.
      const delay = Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(failed - 1, 10));
      setTimeout(() => wake(key), delay).unref();
    } else if (entry.again) wake(key);
    next();
    if (driving === 0) for (const finish of idlers) finish();
  }

  /** The first in line of the tenant that has waited longest; it goes to the end of the round. */
  function next(): void {
    for (const [tenant, line] of waiting) {
      if (driving >= DRIVES_MAX) return;
      if (!hasPlace(tenant)) continue;
      const key = line.shift();
      waiting.delete(tenant);
      if (line.length > 0) waiting.set(tenant, line);
      if (key) start(key);
    }
  }

  function idle(ms: number): Promise<void> {
    if (driving === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms);
      function finish(): void {
        clearTimeout(timer);
        idlers.delete(finish);
        resolve();
      }
      idlers.add(finish);
    });
  }

  return {
    wake,
    idle,
    active: () => driving,
    async drain(ms) {
      closed = true;
      waiting.clear();
      await idle(ms);
      // What is still being called goes on in the next process, under the same keys.
      for (const { drive: left } of known.values()) left?.lose();
      await idle(1_000);
    },
  };
}
