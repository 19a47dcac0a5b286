import { type Context, newDraft, scopeOf } from "./draft.ts";
import { parseDuration } from "./duration.ts";
import type { Json, JsonObject } from "./json.ts";
import { canonical } from "./ledger.ts";
import { unstarted } from "./run.ts";
import { compileTemplate, evaluateTemplate, type Template } from "./template.ts";
import type { Admission } from "./workflow.ts";

/** When runs of a workflow may begin, as its document says. */
export function admissionOf(document: JsonObject): Admission | undefined {
  const { concurrency, throttle, debounce } = document as Readonly<
    Record<string, JsonObject | undefined>
  >;
  if (!concurrency && !throttle && !debounce) return undefined;
  return {
    ...(concurrency && {
      concurrency: {
        key: keyIn(concurrency),
        limit: Number(concurrency["limit"]),
        onLimit: (concurrency["onLimit"] ?? "queue") as "queue" | "reject" | "cancelOldest",
      },
    }),
    ...(throttle && {
      throttle: {
        key: keyIn(throttle),
        limit: Number(throttle["limit"]),
        periodMs: periodIn(throttle),
      },
    }),
    ...(debounce && { debounce: { key: keyIn(debounce), periodMs: periodIn(debounce) } }),
  };
}

function keyIn({ key }: JsonObject): Template | undefined {
  // Validation has seen that nothing is wrong with it.
  return key === undefined ? undefined : compileTemplate(key, "key", []);
}

function periodIn({ period }: JsonObject): number {
  return typeof period === "string" ? (parseDuration(period) ?? 0) : 0;
}

/**
 * The group that a key puts a run in, as a text; runs without a key are one group. The key sees
 * what there is of a run that has not begun: its input and its tags.
 * @throws ExpressionError
 */
export async function groupOf(
  key: Template | undefined,
  context: Context,
  given: Readonly<{
    tenant: string;
    id: string;
    input: Json;
    tags: Readonly<Record<string, string>>;
  }>,
): Promise<string> {
  if (key === undefined) return "";
  const { workflow } = context;
  const { name, version, hash } = workflow;
  const run = {
    ...unstarted(given.tenant, given.id),
    ...given,
    workflow: { name, version, hash },
    createdAt: context.now,
  };
  const draft = newDraft(run, context);
  return canonical((await evaluateTemplate(key, scopeOf(draft, run, undefined))) ?? null);
}
