import { groupOf } from "../../kernel/admission.ts";
import { parseInstant } from "../../kernel/duration.ts";
import { ExpressionError } from "../../kernel/expression-limits.ts";
import type { Unit } from "../../kernel/hold.ts";
import type { Instant, Json } from "../../kernel/json.ts";
import type { Admission } from "../../kernel/workflow.ts";
import type { WorkflowRecord } from "../../store/workflows.ts";
import type { Limits } from "../access.ts";
import { handleDeps } from "../contexts.ts";
import type { EngineDeps } from "../deps.ts";
import { ACTIVE_RUNS } from "../limits.ts";
import { ok, type Result, refuse } from "../refusal.ts";

/** What a run needs in order to begin. */
export type Wanted = Readonly<{
  units: readonly Unit[];
  /** What becomes of it when there is no room. */
  onLimit: "queue" | "reject" | "cancelOldest";
  /** The unit of its workflow's own limit. */
  own?: Unit;
  /** Not before then. */
  startAt?: Instant;
  throttle?: Readonly<{ group: string; limit: number; periodMs: number }>;
  debounce?: Readonly<{ group: string; periodMs: number }>;
}>;

type Given = Readonly<{
  tenant: string;
  runId: string;
  record: Pick<WorkflowRecord, "name" | "version">;
  input: Json;
  tags?: Readonly<Record<string, string>> | undefined;
  limits: Limits;
  /** As the request says it. */
  startAt?: string | undefined;
}>;

/** The limits that a run comes under, by its tenant and by what its workflow says. */
export async function wantedBy(deps: EngineDeps, given: Given): Promise<Result<Wanted>> {
  const { tenant, record, limits } = given;
  const startAt = given.startAt === undefined ? undefined : parseInstant(given.startAt);
  const { maxActiveRuns } = limits;
  const active = maxActiveRuns === undefined ? [] : [{ name: ACTIVE_RUNS, max: maxActiveRuns }];
  const begins = startAt === undefined ? {} : { startAt };
  const plain = { units: active, onLimit: "reject", ...begins } as const;
  const compiled = await deps.workflows.compiled(tenant, record.name, record.version);
  if (!compiled?.admission) return ok(plain);
  try {
    const { concurrency, throttle, debounce } = compiled.admission;
    const named = await namer(deps, given);
    if (!concurrency) return ok({ ...plain, ...(await paced(named, throttle, debounce)) });
    const own = { name: await named("c", concurrency.key), max: concurrency.limit };
    const { onLimit } = concurrency;
    const units = [...active, own];
    return ok({ units, onLimit, own, ...begins, ...(await paced(named, throttle, debounce)) });
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    const message = `the key of a limit of ${record.name} failed: ${cause.message}`;
    return refuse("INVALID_INPUT", message, {
      errors: [{ path: "input", code: cause.code, message }],
    });
  }
}

type Named = (kind: string, key: Parameters<typeof groupOf>[0]) => Promise<string>;

async function namer(
  deps: EngineDeps,
  { tenant, runId, record, input, tags = {} }: Given,
): Promise<Named> {
  const found = await handleDeps(deps).contextOf(tenant, record);
  const context = { ...found, now: deps.clock.now() };
  return async (kind, key) => {
    const group = await groupOf(key, context, { tenant, id: runId, input, tags });
    const digest = group === "" ? "" : `:${deps.hash(group).slice(0, 24)}`;
    return `${kind}:${record.name}${digest}`;
  };
}

async function paced(
  named: Named,
  throttle: Admission["throttle"],
  debounce: Admission["debounce"],
): Promise<Pick<Wanted, "throttle" | "debounce">> {
  return {
    ...(throttle && { throttle: { ...throttle, group: await named("t", throttle.key) } }),
    ...(debounce && { debounce: { ...debounce, group: await named("d", debounce.key) } }),
  };
}
