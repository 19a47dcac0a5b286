/** Steps that one worker of a tenant's own lane carries out at once, where they are limited. */
const STEPS_PER_WORKER = 10;
/** A lane cannot be held to fewer. */
const WORKERS_MIN = 2;
const WORKERS_MAX = 1_000;
/** Batches of one shared lane that are worked on at once: see `lib/numbers.ts`. */
const SHARED_WORKERS = 50;

/** How many workers of its own lane may be at work at once for a tenant of so many steps. */
export function workersOf(stepsMax: number): number {
  const wanted = Math.ceil(stepsMax / STEPS_PER_WORKER);
  return Math.min(WORKERS_MAX, Math.max(WORKERS_MIN, wanted));
}

/**
 * How many of a tenant's steps one worker carries out at once, so that all of its workers together
 * keep to the limit. There are at least two workers of a lane, so a limit of one is kept as two;
 * and fifty of a shared one, where a smaller limit is kept as one for each worker.
 */
export function stepsOfWorker(stepsMax: number, lane: "dedicated" | "shared"): number {
  const workers = lane === "shared" ? SHARED_WORKERS : workersOf(stepsMax);
  return Math.max(Math.min(1, stepsMax), Math.floor(stepsMax / workers));
}
