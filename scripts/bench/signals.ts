import type { Json } from "../../core/kernel/json.ts";
import type { Load } from "./load.ts";
import type { Call } from "./load-job.ts";
import { allWell, times } from "./measured.ts";
import type { Options } from "./options.ts";
import { ratios, report } from "./report.ts";
import { KEY, newFolder, type Server, startServer } from "./server.ts";
import { eventThenStep, oneApproval, oneEvent } from "./workflows.ts";

type Waiting = Readonly<{ id: string; waitingOn: readonly Readonly<{ task?: string }>[] }>;
type Kind = Readonly<{ name: string; workflow: Json; signal: (run: Waiting) => Call }>;

const event = ({ id }: Waiting): Call => ({
  method: "POST",
  path: `/v1/runs/${id}/signals`,
  body: { name: "go", payload: { ok: true } },
  code: 202,
  look: `/v1/runs/${id}`,
});

const decision = ({ id, waitingOn }: Waiting): Call => ({
  method: "POST",
  path: `/v1/tasks/${waitingOn[0]?.task}/decide`,
  body: { decision: "approved", as: "ada@example.com" },
  code: 200,
  look: `/v1/runs/${id}`,
});

const KINDS: readonly Kind[] = [
  { name: "approval", workflow: oneApproval, signal: decision },
  { name: "event", workflow: oneEvent, signal: event },
  { name: "event-then-step", workflow: eventThenStep, signal: event },
];

/**
 * How long a run that waits takes from the signal to its end, one after the other. The clock runs
 * from sending the decision or the event until another request has shown that the run succeeded.
 */
export async function benchSignals(load: Load, options: Options): Promise<void> {
  const folder = await newFolder(options.parentFolder);
  try {
    const server = await startServer(folder);
    for (const kind of KINDS) await benchKind(load, server, kind, options.signals);
    await server.stop();
  } finally {
    folder.remove();
  }
}

async function benchKind(
  load: Load,
  server: Server,
  { name, workflow, signal }: Kind,
  count: number,
): Promise<void> {
  await server.publish(workflow);
  const job = { port: server.port, key: KEY };
  const warmUps = Math.ceil(count / 5);
  const call = startOf(workflow);
  const calls = Array.from({ length: warmUps + count }, () => call);
  const started = allWell(await load.run({ ...job, inFlight: 16, calls, keep: true }));
  const signals = (started.kept as readonly Waiting[]).map(signal);

  allWell(await load.run({ ...job, inFlight: 1, calls: signals.slice(0, warmUps) }));
  const one = { ...job, inFlight: 1, calls: signals.slice(warmUps) };
  const { answeredMs, doneMs } = allWell(await load.run(one));
  const done = times(doneMs);
  const answered = times(answeredMs);
  report("signal-to-done", {
    signal: name,
    ...done,
    answeredP50Ms: answered.p50Ms,
    answeredP99Ms: answered.p99Ms,
    ratio: ratios({ signalToDoneMs: done.p50Ms }),
  });
}

/** Starts a run and answers when it waits. */
export function startOf(workflow: Json): Call {
  const { name } = workflow as { readonly name: string };
  const body = { workflow: name };
  return { method: "POST", path: "/v1/runs?wait=10", body, code: 201, status: "waiting" };
}
