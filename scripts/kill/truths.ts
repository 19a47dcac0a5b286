import { type Event, type Holdfast, type Run } from "../../client/index.ts";
import type { Effect } from "./careful-tool.ts";
import type { Acknowledged } from "./load.ts";
import { PERSON, STEPS, waits } from "./workflows.ts";

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

function endsOf({ ended }: Acknowledged, { run, events }: Seen): readonly string[] {
  const wrong: string[] = [];
  if (run.status !== "succeeded") wrong.push(`it is ${run.status}: ${JSON.stringify(run.error)}`);
  const ends = events.filter(({ type }) => /^run\.(succeeded|failed|cancelled)$/.test(type));
  if (ends.length !== 1) wrong.push(`it has ended ${ends.length} times`);
  if (events.some(({ seq }, index) => seq !== index + 1)) wrong.push("its events have gaps");
  const { status, seq, output } = run;
  if (ended && JSON.stringify({ status, seq, output }) !== JSON.stringify(ended)) {
    wrong.push(`it had ended as ${JSON.stringify(ended)}, and changed`);
  }
  return wrong;
}

/** One effect for each step, whose receipt the run has, however often it was asked for. */
function effectsOf({ run, effects }: Seen): readonly string[] {
  const calls = run.steps.filter(({ type }) => type === "tool");
  const wrong = calls.flatMap((step) => {
    const made = effects.filter((effect) => effect.step === step.node);
    const receipt = (step.output as { receipt?: string } | null | undefined)?.receipt;
    if (made.length !== 1) return [`${step.node} had ${made.length} effects`];
    if (made[0]?.receipt !== receipt) return [`${step.node} has another's receipt ${receipt}`];
    return (made[0]?.asked ?? 0) <= 1 + step.recoveries + (step.attempt - 1)
      ? []
      : [`${step.node} was called ${made[0]?.asked} times in ${1 + step.recoveries} starts`];
  });
  const wanted = run.workflow === waits.name ? 2 : STEPS;
  if (calls.length !== wanted) wrong.push(`it made ${calls.length} calls`);
  return effects.length === wanted ? wrong : [...wrong, `${effects.length} effects in all`];
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
