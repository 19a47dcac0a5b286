import { parseInstant } from "../kernel/duration.ts";
import type { Instant } from "../kernel/json.ts";
import type { Item, Table } from "../ports/table.ts";
import { padded, rows } from "../store/rows.ts";
import { spentIn } from "../store/spent.ts";
import type { EngineDeps } from "./deps.ts";
import { ok, type Result, refuse } from "./refusal.ts";

/** What the runs of one workflow came to that were made on one day. */
export type Used = Readonly<{
  workflow: string;
  runs: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Not ended yet: what they spend is counted when they end. */
  live: number;
  steps: number;
  inputTokens: number;
  outputTokens: number;
  modelUsd: number;
  awsUsdEstimated: number;
}>;

export type UsageView = Readonly<{
  from: string;
  to: string;
  days: readonly Readonly<{ date: string; workflows: readonly Used[] }>[];
  total: Omit<Used, "workflow">;
  /** False when there was too much to look at: ask again, and it goes on from there. */
  complete: boolean;
}>;

export type UsageQuery = Readonly<{ from?: string | undefined; to?: string | undefined }>;

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 30;
const DAYS_MAX = 366;
/** Rows that one answer looks at; days that are over are remembered, so the next goes on. */
const ROWS_MAX = 50_000;
const PAGE = 1_000;
/** What the counted requests of a run and of a step cost: see `docs/cost.md`. */
const AWS_USD = { run: 11e-6, step: 0.8e-6 } as const;

/**
 * What a tenant's runs came to, by the day on which they were made and by workflow.
 *
 * It is summed up from the rows that lists are made of, so that no step pays for it. The sum of a
 * day that is over, and whose runs have all ended, is kept.
 */
export async function usageOf(
  deps: Pick<EngineDeps, "table" | "clock">,
  tenant: string,
  { from, to }: UsageQuery,
): Promise<Result<UsageView>> {
  const now = deps.clock.now();
  const last = dayOf(to === undefined ? now : (parseInstant(to) ?? now));
  const first =
    from === undefined ? last - (DAYS_DEFAULT - 1) * DAY_MS : dayOf(parseInstant(from) ?? last);
  if (first > last || last - first >= DAYS_MAX * DAY_MS) {
    const message = `the days go from \`from\` to \`to\`, at most ${DAYS_MAX}`;
    const errors = [{ path: "from", code: "INVALID_VALUE", message }];
    return refuse("INVALID_REQUEST", message, { errors });
  }
  const days: { date: string; workflows: readonly Used[] }[] = [];
  let left = ROWS_MAX;
  let complete = true;
  for (let day = last; day >= first; day -= DAY_MS) {
    if (left <= 0) {
      complete = false;
      break;
    }
    const { workflows, looked } = await usedOn(deps.table, tenant, day, now);
    left -= looked;
    if (workflows.length > 0) days.push({ date: dateOf(day), workflows });
  }
  const all = days.flatMap(({ workflows }) => workflows);
  const total = all.reduce<Omit<Used, "workflow">>((sum, used) => plus(sum, used), NOTHING);
  return ok({ from: dateOf(first), to: dateOf(last), days, total, complete });
}

async function usedOn(table: Table, tenant: string, day: Instant, now: Instant) {
  const key = rows.usage(tenant, dateOf(day));
  const kept = day + DAY_MS <= now ? await table.get(key) : undefined;
  if (kept) return { workflows: JSON.parse(kept.content ?? "[]") as readonly Used[], looked: 1 };
  const sums = new Map<string, Used>();
  let looked = 0;
  for (const list of ["done", "live"]) {
    for await (const row of madeOn(table, `${tenant}#runs#${list}`, day)) {
      const workflow = String(row["workflow"]);
      const before = sums.get(workflow) ?? { workflow, ...NOTHING };
      sums.set(workflow, { workflow, ...plus(before, usedBy(row)) });
      looked++;
    }
  }
  const workflows = [...sums.values()].toSorted((a, b) => (a.workflow < b.workflow ? -1 : 1));
  const isOver = day + DAY_MS <= now && workflows.every(({ live }) => live === 0);
  if (isOver) {
    const item = { ...key, content: JSON.stringify(workflows) };
    await table.write([{ type: "put", item }]);
  }
  return { workflows, looked: looked + 1 };
}

async function* madeOn(table: Table, pk: string, day: Instant): AsyncGenerator<Item> {
  let after: string | undefined = `${sortable(day)}#`;
  const until = `${sortable(day + DAY_MS)}#`;
  while (after !== undefined) {
    const page = await table.query({ pk, index: "list", after, until, limit: PAGE });
    yield* page.items;
    const { listSk } = page.items.at(-1) ?? {};
    after = page.more ? listSk : undefined;
  }
}

function usedBy(row: Item): Omit<Used, "workflow"> {
  const status = String(row["status"]);
  const isLive = status !== "succeeded" && status !== "failed" && status !== "cancelled";
  const { steps, inputTokens, outputTokens, microUsd } = spentIn(row);
  return {
    runs: 1,
    succeeded: status === "succeeded" ? 1 : 0,
    failed: status === "failed" ? 1 : 0,
    cancelled: status === "cancelled" ? 1 : 0,
    live: isLive ? 1 : 0,
    steps,
    inputTokens,
    outputTokens,
    modelUsd: microUsd / 1e6,
    awsUsdEstimated: AWS_USD.run + steps * AWS_USD.step,
  };
}

const NOTHING: Omit<Used, "workflow"> = {
  runs: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  live: 0,
  steps: 0,
  inputTokens: 0,
  outputTokens: 0,
  modelUsd: 0,
  awsUsdEstimated: 0,
};

function plus(a: Omit<Used, "workflow">, b: Omit<Used, "workflow">): Omit<Used, "workflow"> {
  return {
    runs: a.runs + b.runs,
    succeeded: a.succeeded + b.succeeded,
    failed: a.failed + b.failed,
    cancelled: a.cancelled + b.cancelled,
    live: a.live + b.live,
    steps: a.steps + b.steps,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    // Sums of cents in binary are told as far as they are sure.
    modelUsd: rounded(a.modelUsd + b.modelUsd),
    awsUsdEstimated: rounded(a.awsUsdEstimated + b.awsUsdEstimated),
  };
}

function rounded(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}

function dayOf(at: Instant): Instant {
  return at - (at % DAY_MS);
}

function dateOf(day: Instant): string {
  return new Date(day).toISOString().slice(0, 10);
}

function sortable(at: Instant): string {
  return `000${padded(at)}`.slice(-15);
}
