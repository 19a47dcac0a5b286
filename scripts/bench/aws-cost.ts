import { FUNCTIONS, STREAM } from "../../lib/numbers.ts";
import { type Account, openAccount, TENANT } from "./aws/emulated-account.ts";
import { PEERS, PRICES } from "./aws/prices.ts";
import { note, ratios, report } from "./report.ts";

const CALLER = { tenant: TENANT, role: "admin", keyId: "bench", actsFor: true } as const;
/** Lengths of runs: what a step costs must not grow with them. */
const STEPS = [10, 100, 1_000] as const;
/** Runs that one batch of a lane brings: a lane that is nearly idle, and one that is busy. */
const BATCHES = [1, 10] as const;

/*
 * What no recorded client can tell, and nobody has measured on AWS: how long a function is busy,
 * without the time of tools and models, and what it logs. It is a small part of the sum.
 */
const ASSUMED = { invocationMs: 40, requestMs: 12, logBytesPerRequest: 800 } as const;

type Measured = Readonly<{
  runs: number;
  steps: number;
  writeUnits: number;
  readUnits: number;
  /** Of the puts in the middle of a run: each should be one unit. */
  middleWriteUnitsMax: number;
  sqsRequests: number;
  invocations: Readonly<{ api: number; step: number; stream: number }>;
  requestsOfStep: number;
}>;

/**
 * `npm run bench -- --aws`: what a step costs on AWS, by the list prices of a day, from what the
 * deployed code asks of recorded clients. No request leaves this machine.
 */
export async function benchAws(): Promise<void> {
  const { readOn, region } = PRICES;
  report("aws-prices", { readOn, region, assumed: ASSUMED, peers: PEERS });
  for (const steps of STEPS) {
    for (const batch of BATCHES) {
      note(`bench: ${steps} steps a run, ${batch} runs a batch`);
      report("aws-cost", await awsCost(steps, batch));
    }
  }
}

/** What runs of so many steps cost, when a lane brings so many of them at once. */
export async function awsCost(stepsPerRun: number, runsPerBatch: number) {
  const of = await measured(stepsPerRun, runsPerBatch);
  const steps = of.runs * of.steps;
  const usd = costOf(of);
  const usdPerMillionSteps = Object.values(usd).reduce((sum, part) => sum + part, 0) / steps;
  const writeUnitsPerStep = of.writeUnits / steps;
  return {
    stepsPerRun,
    runsPerBatch,
    writeUnitsPerStep,
    middleWriteUnitsMax: of.middleWriteUnitsMax,
    readUnitsPerStep: of.readUnits / steps,
    sqsRequestsPerRun: of.sqsRequests / of.runs,
    invocationsPerRun: sumOf(Object.values(of.invocations)) / of.runs,
    usdPerMillionSteps,
    parts: Object.fromEntries(Object.entries(usd).map(([part, sum]) => [part, sum / steps])),
    ratio: ratios({ writeUnitsPerStep, usdPerMillionSteps }),
  };
}

/** Dollars for a million times what was measured. */
function costOf(of: Measured): Readonly<Record<string, number>> {
  const { api, step, stream } = of.invocations;
  const invocations = api + step + stream;
  const busyMs = ASSUMED.requestMs * (of.requestsOfStep / Math.max(1, of.runs / step));
  const gbSeconds =
    gb("api") * api * ASSUMED.invocationMs +
    gb("step") * (step * ASSUMED.invocationMs + busyMs) +
    gb("stream") * stream * ASSUMED.invocationMs;
  return {
    dynamoWrites: of.writeUnits * PRICES.writeUnitsM,
    dynamoReads: of.readUnits * PRICES.readUnitsM,
    sqs: of.sqsRequests * PRICES.sqsFifoM,
    lambdaRequests: invocations * PRICES.lambdaRequestsM,
    lambdaTime: (gbSeconds / 1_000) * PRICES.lambdaGbSecond * 1e6,
    httpApi: api * PRICES.httpApiM,
    // The API's own line and the gateway's. The other functions log what goes wrong.
    logs: (api * ASSUMED.logBytesPerRequest * PRICES.logsGb * 1e6) / 2 ** 30,
    traces: invocations * PRICES.traced * PRICES.tracesM,
  };
}

function gb(name: "api" | "step" | "stream"): number {
  return FUNCTIONS[name].memoryMb / 1_024;
}

async function measured(steps: number, batch: number): Promise<Measured> {
  const account = await openAccount();
  await publish(account, steps);
  // Warm instances remember workflows, tools and webhooks: the first run pays for them.
  await startAndDrive(account, 1);
  account.dynamo.length = 0;
  account.sqs.length = 0;

  await startRuns(account, batch);
  const begun = account.dynamo.length;
  await account.step();
  const driven = account.dynamo.slice(begun);
  const records = await account.stream();
  await allSucceeded(account, batch + 1);
  const written = account.dynamo.filter(({ writeUnits }) => writeUnits > 0);
  const middle = driven.filter(({ isMiddleCommit }) => isMiddleCommit);
  return {
    runs: batch,
    steps,
    writeUnits: sumOf(written.map(({ writeUnits }) => writeUnits)),
    readUnits: sumOf(account.dynamo.map(({ readUnits }) => readUnits)),
    middleWriteUnitsMax: Math.max(0, ...middle.map(({ writeUnits }) => writeUnits)),
    // Lambda itself receives each batch, and removes it at its end.
    sqsRequests: account.sqs.length + 2,
    invocations: { api: batch, step: 1, stream: Math.ceil(records / STREAM.batch.value) },
    requestsOfStep: driven.length,
  };
}

async function publish({ api }: Account, steps: number): Promise<void> {
  const nodes = Array.from({ length: steps }, (_, index) => {
    return { id: `s${index}`, type: "tool", tool: "pad", with: { bytes: 200 } };
  });
  const edges = nodes.slice(1).map(({ id }, index) => ({ from: `s${index}`, to: id }));
  const published = await api.workflows.publish(CALLER, { name: "chain", nodes, edges });
  if (!published.ok) throw new Error(JSON.stringify(published.refusal));
}

async function startRuns({ api }: Account, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const started = await api.runs.start(CALLER, { workflow: "chain", input: { order: "A-17" } });
    if (!started.ok) throw new Error(JSON.stringify(started.refusal));
  }
}

async function startAndDrive(account: Account, count: number): Promise<void> {
  await startRuns(account, count);
  await account.step();
  await account.stream();
}

/** Looked at last: reading the runs is not part of what they cost. */
async function allSucceeded(account: Account, count: number): Promise<void> {
  const kept = account.dynamo.length;
  const listed = await account.api.runs.list(CALLER, { status: ["succeeded"] }, { limit: 100 });
  account.dynamo.length = kept;
  if (!listed.ok || listed.value.data.length !== count) {
    throw new Error("not every run of the bench has succeeded: its figures mean nothing");
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
