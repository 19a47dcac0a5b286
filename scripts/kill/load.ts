import { setTimeout as delay } from "node:timers/promises";
import { connect, type Holdfast, ProblemError, type Run } from "../../client/index.ts";
import type { Victim } from "./victim.ts";
import { calls, family, PERSON, waits } from "./workflows.ts";

/** What the server has said yes to. */
export type Acknowledged = {
  readonly n: number;
  readonly id: string;
  readonly workflow: string;
  /** The id of the event that it took. */
  signal?: string;
  decided?: boolean;
  /** What the cancelling of it was answered with. */
  cancelled?: "yes" | "too late";
  /** As it was first seen to have ended. */
  ended?: Pick<Run, "status" | "seq" | "output">;
};

export type Load = Readonly<{
  runs: readonly Acknowledged[];
  requests: number;
  unanswered: number;
}>;

const KINDS = [calls, waits, family, calls, waits] as const;
/** Of these kinds, the one that is cancelled, each time at another moment. */
const CANCELLED = 3;
const AT_ONCE = 12;
const AGAIN_MS = 20;

/**
 * People and systems that do not give up: each request is sent until it is answered, under the same
 * key. What has been answered is acknowledged, and must hold.
 */
export async function loadOf(victim: Victim, isOver: () => boolean, giveUpAt: () => number) {
  const holdfast = connect({ url: victim.url, key: victim.key, attemptsMax: 1, timeoutMs: 10_000 });
  const runs: Acknowledged[] = [];
  let requests = 0;
  let unanswered = 0;
  let next = 0;

  async function answered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      requests++;
      try {
        return await ask();
      } catch (error) {
        const isRefused = error instanceof ProblemError && !error.retryable && error.status < 500;
        if (isRefused || performance.now() > giveUpAt()) throw error;
        unanswered++;
        await delay(AGAIN_MS);
      }
    }
  }

  async function worker(): Promise<void> {
    while (!isOver()) {
      const n = next++;
      const workflow = KINDS[n % KINDS.length] ?? calls;
      const start = { input: { n }, tags: { load: "kill" }, idempotencyKey: `run-${n}` };
      const { id } = await answered(() => holdfast.runs.start(workflow, start));
      const run: Acknowledged = { n, id, workflow: workflow.name };
      runs.push(run);
      if (n % KINDS.length === CANCELLED) await cancel(holdfast, run, answered);
      if (workflow === waits) await tend(holdfast, run, answered);
      run.ended = await endOf(holdfast, run, answered);
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { runs, requests, unanswered } satisfies Load;
}

type Answered = <T>(ask: () => Promise<T>) => Promise<T>;

/** Sends the event, early as often as late and always twice, and decides the approval. */
async function tend(holdfast: Holdfast, run: Acknowledged, answered: Answered): Promise<void> {
  const signal = async () => {
    const event = { name: "paid", id: `event-${run.n}`, payload: { n: run.n } };
    await answered(() => holdfast.runs.signal(run.id, event));
    run.signal = event.id;
  };
  if (run.n % 4 === 1) await signal();
  const task = await taskOf(holdfast, run, answered);
  await answered(() => holdfast.tasks.decide(task, { decision: "approved", as: PERSON }));
  run.decided = true;
  if (run.signal === undefined) await signal();
}

/** Cancels it at once or a little later; the answer says whether that was in time. */
async function cancel(holdfast: Holdfast, run: Acknowledged, answered: Answered): Promise<void> {
  await delay((run.n * 7) % 200);
  try {
    await answered(() => holdfast.runs.cancel(run.id, { reason: "enough" }));
    run.cancelled = "yes";
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "RUN_ENDED") throw error;
    run.cancelled = "too late";
  }
}

async function taskOf(holdfast: Holdfast, { id }: Acknowledged, answered: Answered) {
  for (;;) {
    const { waitingOn } = await answered(() => holdfast.runs.get(id));
    const task = waitingOn.find(({ kind }) => kind === "approval")?.task;
    if (task !== undefined) return task;
    await delay(AGAIN_MS);
  }
}

async function endOf(holdfast: Holdfast, { id }: Acknowledged, answered: Answered) {
  for (;;) {
    const { status, seq, output, endedAt } = await answered(() => holdfast.runs.get(id));
    if (endedAt !== null) return { status, seq, output };
    await delay(AGAIN_MS);
  }
}
