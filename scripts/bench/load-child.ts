import { type Connection, openConnection, type Reply, requestBytes } from "./lean-client.ts";
import type { Call, LoadFailure, LoadJob, LoadResult } from "./load-job.ts";

/** The load generator, a process of its own: its work must not be counted as the server's. */
process.on("message", (job: LoadJob) => {
  perform(job).then(tell, (error: unknown) => tell({ failure: String(error) }));
});
process.on("disconnect", () => process.exit(0));

function tell(result: LoadResult | LoadFailure): void {
  process.send?.(result);
}

async function perform(job: LoadJob): Promise<LoadResult> {
  const prepared = job.calls.map((call) => prepare(call, job.key));
  const answeredMs: number[] = [];
  const doneMs: number[] = [];
  const kept: unknown[] = [];
  const errors: Record<string, number> = {};
  const began = performance.now();
  const until = began + (job.forMs ?? 0);
  let taken = 0;

  const next = (): Prepared | undefined => {
    if (job.forMs === undefined) return prepared[taken++];
    return performance.now() < until ? prepared[taken++ % prepared.length] : undefined;
  };

  async function loop(connection: Connection): Promise<void> {
    for (let call = next(); call !== undefined; call = next()) {
      const sent = performance.now();
      const reply = await connection.send(call.request);
      const answered = performance.now();
      const wrong = fault(call.call, reply);
      if (wrong !== undefined) {
        errors[wrong] = (errors[wrong] ?? 0) + 1;
        continue;
      }
      answeredMs.push(answered - sent);
      if (call.look !== undefined) {
        await succeeded(connection, call.look);
        doneMs.push(performance.now() - sent);
      }
      if (job.keep) kept.push(JSON.parse(reply.body));
    }
  }

  const connections = Array.from({ length: job.inFlight }, () => openConnection(job.port));
  try {
    await Promise.all(connections.map(loop));
  } finally {
    for (const connection of connections) connection.close();
  }
  return { elapsedMs: performance.now() - began, answeredMs, doneMs, errors, kept };
}

type Prepared = Readonly<{ call: Call; request: Buffer; look: Buffer | undefined }>;

function prepare(call: Call, key: string): Prepared {
  return {
    call,
    request: requestBytes(call.method, call.path, { key, body: call.body }),
    look: call.look === undefined ? undefined : requestBytes("GET", call.look, { key }),
  };
}

function fault(call: Call, { status, body }: Reply): string | undefined {
  if (status !== call.code) return `${status}: ${body.slice(0, 300)}`;
  if (call.status === undefined) return undefined;
  const shown = statusIn(body);
  return shown === call.status ? undefined : `the run is ${shown}`;
}

const DONE_MS_MAX = 10_000;

async function succeeded(connection: Connection, look: Buffer): Promise<void> {
  const until = performance.now() + DONE_MS_MAX;
  for (;;) {
    const status = statusIn((await connection.send(look)).body);
    if (status === "succeeded") return;
    if (status === "failed" || status === "cancelled") throw new Error(`a run is ${status}`);
    if (performance.now() > until) throw new Error(`a run is still ${status}`);
  }
}

function statusIn(body: string): string {
  return (JSON.parse(body) as Readonly<{ status: string }>).status;
}
