import { setTimeout as pause } from "node:timers/promises";

export type Job = { id: string; lease: string; tool: string; input: unknown; leaseUntil: string };
export type Work = (job: Job, signal: AbortSignal) => Promise<unknown>;
type Settings = { url: string; key: string; worker: string; signal?: AbortSignal };

/**
 * A worker: it asks for jobs of its tools, does one at a time, and says what came of it, until
 * `signal` says stop. What it holds then is offered again when the lease is over.
 */
export async function work(tools: Record<string, Work>, settings: Settings): Promise<void> {
  const { url, key, worker, signal } = settings;
  const ask = (path: string, body: object) =>
    fetch(`${url}/v1/worker/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });

  async function doJob({ id, lease, leaseUntil, ...job }: Job): Promise<void> {
    const stop = new AbortController();
    const beat = async () => {
      const answer = await ask(`jobs/${id}/heartbeat`, { lease });
      const { cancelled } = (await answer.json()) as { cancelled?: boolean };
      if (answer.status === 409 || answer.status === 404 || cancelled) stop.abort();
    };
    const beatMs = Math.min(10_000, (Date.parse(leaseUntil) - Date.now()) / 3);
    // A heartbeat that does not come through is made good by the next.
    const beats = setInterval(() => void beat().catch(() => undefined), beatMs);
    try {
      const output = await tools[job.tool]?.({ id, lease, leaseUntil, ...job }, stop.signal);
      await ask(`jobs/${id}/complete`, { lease, output });
    } catch (error) {
      const failed = { lease, code: "WORK_FAILED", message: String(error), retryable: true };
      if (!stop.signal.aborted) await ask(`jobs/${id}/fail`, failed);
    } finally {
      clearInterval(beats);
    }
  }

  const isStopped = () => signal?.aborted === true;
  while (!isStopped()) {
    try {
      const answer = await ask("poll", { tools: Object.keys(tools), worker, wait: 20 });
      if (!answer.ok) throw new Error(await answer.text());
      const { jobs } = (await answer.json()) as { jobs: Job[] };
      for (const job of jobs) await doJob(job);
    } catch (error) {
      if (isStopped()) return;
      console.error("asking again in a second:", error);
      await pause(1_000);
    }
  }
}

const { HOLDFAST: url = "http://127.0.0.1:8787", HOLDFAST_KEY: key } = process.env;
const shout: Work = async ({ input }) => String(input).toUpperCase();
if (import.meta.main && key) await work({ shout }, { url, key, worker: "example" });
