import { type Event, type Holdfast, type Run } from "../../client/index.ts";
import type { Effect } from "./careful-tool.ts";
import type { Acknowledged } from "./load.ts";
import { calls, family, ITEMS, PERSON, STEPS, waits } from "./workflows.ts";

/** What is seen of a run from outside, when all is quiet. */
type Seen = Readonly<{ run: Run; events: readonly Event[]; effects: readonly Effect[] }>;

/** What has been promised, and does not hold: a sentence each. */
export async function brokenTruths(
  holdfast: Holdfast,
  runs: readonly Acknowledged[],
  effects: readonly Effect[],
): Promise<readonly string[]> {
  const broken: string[] = [];
  const listed = new Map<string, string>();
  for await (const { id, status } of holdfast.runs.list({ tag: "load:kill", limit: 200 })) {
    listed.set(id, status);
  }
  const known = new Set(runs.map(({ id }) => id));
  for (const id of listed.keys()) {
    if (!known.has(id)) broken.push(`run ${id} is there, and nobody was told of it`);
  }
  for (const acknowledged of runs) {
    const { id } = acknowledged;
    const run = await holdfast.runs.get(id).catch((error: unknown) => String(error));
    if (typeof run === "string") {
      broken.push(`run ${id} was acknowledged and is lost: ${run}`);
      continue;
    }
    const seen = {
      run,
      events: await eventsOf(holdfast, id),
      effects: effects.filter((one) => one.run === id),
    };
    const verified = await holdfast.runs.verify(id);
    const wrong = [
      ...endsOf(acknowledged, seen),
      ...effectsOf(seen),
      ...(acknowledged.workflow === waits.name ? waitsOf(acknowledged, seen) : []),
      ...(acknowledged.workflow === family.name ? await childrenOf(holdfast, id, effects) : []),
      ...(listed.get(id) === run.status ? [] : [`lists show it as ${listed.get(id)}`]),
      ...(verified.ok ? [] : [`its ledger is broken: ${JSON.stringify(verified.errors)}`]),
      ...(verified.count === seen.events.length ? [] : [`its ledger has ${verified.count} events`]),
    ];
    broken.push(...wrong.map((what) => `run ${id} (${acknowledged.workflow}): ${what}`));
  }
  return broken;
}

async function eventsOf(holdfast: Holdfast, id: string): Promise<readonly Event[]> {
  const events: Event[] = [];
  for (let after = 0; ; ) {
    const { data, nextCursor } = await holdfast.runs.eventPage(id, { after, limit: 200 });
    events.push(...data);
    if (nextCursor === null) return events;
    after = Number(nextCursor);
  }
}

function count({ events }: Seen, type: string): number {
  return events.filter((event) => event.type === type).length;
}

function endsOf({ ended, cancelled }: Acknowledged, { run, events }: Seen): readonly string[] {
  const wrong: string[] = [];
  const isFine =
    cancelled === "yes" ? run.status === "cancelled" : run.status === "succeeded" || cancelled;
  if (!isFine) wrong.push(`it is ${run.status}: ${JSON.stringify(run.error)}`);
  const ends = events.filter(({ type }) => /^run\.(succeeded|failed|cancelled)$/.test(type));
  if (ends.length !== 1) wrong.push(`it has ended ${ends.length} times`);
  if (events.some(({ seq }, index) => seq !== index + 1)) wrong.push("its events have gaps");
  const end = ends[0]?.seq ?? 0;
  if (events.some(({ type, seq }) => type === "step.started" && seq > end)) {
    wrong.push("a step was started after its end");
  }
  // What a call came to that was under way when it was cancelled is recorded afterwards.
  const { status, output } = run;
  const seq = status === "cancelled" ? ended?.seq : run.seq;
  if (ended && JSON.stringify({ status, seq, output }) !== JSON.stringify(ended)) {
    wrong.push(`it had ended as ${JSON.stringify(ended)}, and is ${status} at ${run.seq}`);
  }
  return wrong;
}

const CALLS_OF = new Map([
  [calls.name, STEPS],
  [waits.name, 2],
  [family.name, ITEMS + 1],
]);

/** One effect for each call, whose receipt the run has, however often it was asked for. */
function effectsOf({ run, effects }: Seen): readonly string[] {
  const steps = run.steps.filter(({ type }) => type === "tool");
  const wrong = steps.flatMap((step) => {
    const [effect, other] = effects.filter(({ key }) => key === step.idempotencyKey);
    if (other) return [`the key of ${step.id} had two effects`];
    // A cancelled call may have been on its way.
    if (step.status !== "succeeded") return [];
    const receipt = (step.output as { receipt?: string } | null | undefined)?.receipt;
    if (effect?.receipt !== receipt) return [`${step.id} has a receipt of nothing, ${receipt}`];
    const startsMax = step.attempt + step.recoveries;
    return (effect?.asked ?? 0) <= startsMax
      ? []
      : [`${step.id} was called ${effect?.asked} times`];
  });
  const labels = new Set(effects.map((effect) => effect.step));
  if (labels.size !== effects.length) wrong.push(`a step had effects under several keys`);
  if (run.status !== "succeeded") return wrong;
  const wanted = CALLS_OF.get(run.workflow);
  if (steps.length === wanted && effects.length === wanted) return wrong;
  return [...wrong, `${effects.length} effects of ${steps.length} calls, of ${wanted} wanted`];
}

/** One child, which did all that it had to do. */
async function childrenOf(
  holdfast: Holdfast,
  parent: string,
  effects: readonly Effect[],
): Promise<readonly string[]> {
  const { data } = await holdfast.runs.list({ parent }).page();
  const [child] = data;
  if (!child || data.length !== 1) return [`it has ${data.length} children`];
  const run = await holdfast.runs.get(child.id);
  const seen = { run, events: [], effects: effects.filter((one) => one.run === child.id) };
  const isWell = run.status === "succeeded" ? [] : [`is ${run.status}`];
  return [...isWell, ...effectsOf(seen)].map((what) => `its child ${child.id}: ${what}`);
}

/** What was acknowledged of an approval, an event and a timer was taken, once each. */
function waitsOf({ n, signal, decided }: Acknowledged, seen: Seen): readonly string[] {
  const wrong: string[] = [];
  const output = seen.run.output as { decision?: string; paid?: number } | null;
  const decisions = seen.events.filter(({ type }) => type === "task.decided");
  if (decided && decisions.length !== 1) wrong.push(`it was decided ${decisions.length} times`);
  if (decided && output?.decision !== "approved") wrong.push(`${PERSON} approved in vain`);
  const received = seen.events.filter(
    ({ type, data }) => type === "signal.received" && data["id"] === signal,
  );
  if (signal !== undefined && received.length !== 1) {
    wrong.push(`the event ${signal} was taken ${received.length} times`);
  }
  if (signal !== undefined && output?.paid !== n) wrong.push(`the event ${signal} came to nothing`);
  const fired = count(seen, "timer.fired");
  if (fired !== 1) wrong.push(`its timer fired ${fired} times`);
  return wrong;
}
