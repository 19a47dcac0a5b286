import { summary } from "../support/stats.ts";
import type { LoadResult } from "./load-job.ts";
import type { Server, ServerStats } from "./server.ts";

/** What the server used and wrote while `work` went on. */
export async function measured<T>(
  server: Server,
  work: () => Promise<T>,
): Promise<{ result: T; used: ServerStats }> {
  const before = await server.stats();
  const result = await work();
  return { result, used: difference(before, await server.stats()) };
}

function difference(before: ServerStats, after: ServerStats): ServerStats {
  return {
    cpu: less(after.cpu, before.cpu),
    memory: less(after.memory, before.memory),
    table: less(after.table, before.table),
  };
}

function less<Part extends Readonly<Record<string, number>>>(now: Part, before: Part): Part {
  const names = Object.keys(now);
  return Object.fromEntries(names.map((n) => [n, (now[n] ?? 0) - (before[n] ?? 0)])) as Part;
}

/**
 * How often the server made the disk write, from its own counters: once for each COMMIT that
 * changed something. Moving the log into the database adds FSYNCS_A_CHECKPOINT each time; see
 * docs/performance.md for what strace counted.
 */
export function fsyncsOf({ table }: ServerStats): number {
  return table.commits + FSYNCS_A_CHECKPOINT * table.checkpoints;
}

const FSYNCS_A_CHECKPOINT = 3;

export function cpuSecondsOf({ cpu }: ServerStats): number {
  return (cpu.userMs + cpu.systemMs) / 1_000;
}

/** The middle, the slow end and the number of samples, in milliseconds. */
export function times(samples: readonly number[]) {
  const { count, p50, p99, max } = summary(samples);
  return { count, p50Ms: p50, p99Ms: p99, maxMs: max };
}

export function errorsIn(result: LoadResult): number {
  return Object.values(result.errors).reduce((sum, count) => sum + count, 0);
}

/** A bench whose calls fail measures something else than it says. */
export function allWell(result: LoadResult): LoadResult {
  if (errorsIn(result) === 0) return result;
  throw new Error(`calls of the bench failed: ${JSON.stringify(result.errors)}`);
}
