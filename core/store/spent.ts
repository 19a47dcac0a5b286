import { hasEnded, type Run } from "../kernel/run.ts";
import type { Item, Operation } from "../ports/table.ts";
import { rows } from "./rows.ts";

/** What a run came to, in the row that lists show: there when it has ended. */
export type Spent = Readonly<{
  steps: number;
  inputTokens: number;
  outputTokens: number;
  microUsd: number;
}>;

const MONTHS_KEPT_MS = 90 * 86_400_000;

/** Attributes of the row of a run; as few bytes as will do. */
export function spentBy(run: Run): Readonly<Record<string, number>> {
  if (!hasEnded(run)) return {};
  const { inputTokens, outputTokens } = run.usage;
  return {
    ...(run.steps !== undefined && { steps: run.steps }),
    ...(inputTokens > 0 && { inputTokens }),
    ...(outputTokens > 0 && { outputTokens }),
    ...(run.cost > 0 && { microUsd: micro(run.cost) }),
  };
}

export function spentIn(row: Item): Spent {
  const of = (name: string) => Number(row[name] ?? 0);
  return {
    steps: of("steps"),
    inputTokens: of("inputTokens"),
    outputTokens: of("outputTokens"),
    microUsd: of("microUsd"),
  };
}

/** What a run has cost since it ended before, in the write that ends it; most runs cost nothing. */
export function costRows(before: Run, after: Run): readonly Operation[] {
  if (hasEnded(before) || !hasEnded(after)) return [];
  const by = micro(after.cost) - micro(before.costTold ?? 0);
  if (by <= 0) return [];
  const key = rows.spent(after.tenant, after.at);
  return [{ type: "add", key, by, expiresAt: after.at + MONTHS_KEPT_MS }];
}

function micro(usd: number): number {
  return Math.round(usd * 1e6);
}
