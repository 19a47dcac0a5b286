import type { Instant } from "../../kernel/json.ts";
import type { Condition, Item, Operation, Refused, Table } from "../../ports/table.ts";
import { expiring, rows } from "../../store/rows.ts";
import type { Wanted } from "./groups.ts";

/** When a run may begin, and what must be written with its start for that to be so. */
export type Pace = Readonly<{
  notBefore?: Instant;
  operations: readonly Operation[];
  /** A run that this one takes the place of, if it has not begun. */
  superseded?: string;
}>;

const DAY_MS = 86_400_000;

/**
 * What throttling and debouncing make of a start. Each has a row per group that is replaced only as
 * it was read: of two starts at once one is refused, and asks again.
 */
export async function paceOf(
  table: Table,
  tenant: string,
  runId: string,
  { startAt, throttle, debounce }: Pick<Wanted, "startAt" | "throttle" | "debounce">,
  now: Instant,
): Promise<Pace> {
  let notBefore = Math.max(now, startAt ?? 0);
  const operations: Operation[] = [];
  let superseded: string | undefined;
  if (debounce) {
    const stored = await table.get(rows.pace(tenant, debounce.group));
    notBefore = Math.max(notBefore, now + debounce.periodMs);
    if (typeof stored?.["run"] === "string") superseded = stored["run"];
    const item = { run: runId, ...expiring(notBefore + DAY_MS) };
    operations.push(replacing(rows.pace(tenant, debounce.group), stored, "run", item));
  }
  if (throttle) {
    const stored = await table.get(rows.pace(tenant, throttle.group));
    const { at, next } = throttled(Number(stored?.["nextUs"] ?? 0), throttle, notBefore);
    notBefore = at;
    const item = { nextUs: next, ...expiring(next / 1_000 + throttle.periodMs) };
    operations.push(replacing(rows.pace(tenant, throttle.group), stored, "nextUs", item));
  }
  return {
    operations,
    ...(notBefore > now && { notBefore }),
    ...(superseded !== undefined && superseded !== runId && { superseded }),
  };
}

/**
 * The generic cell rate algorithm: one number is all that is kept. A burst of as many as a period
 * holds goes at once, the others at even distances behind. In microseconds, as whole numbers.
 */
function throttled(
  nextUs: number,
  { limit, periodMs }: Readonly<{ limit: number; periodMs: number }>,
  from: Instant,
): { at: Instant; next: number } {
  const every = Math.round((periodMs * 1_000) / limit);
  const fromUs = Math.ceil(from * 1_000);
  const at = Math.max(fromUs, nextUs - (periodMs * 1_000 - every));
  return { at: Math.ceil(at / 1_000), next: Math.max(fromUs, nextUs) + every };
}

function replacing(
  key: Readonly<{ pk: string; sk: string }>,
  stored: Item | undefined,
  attribute: string,
  item: Readonly<Record<string, string | number>>,
): Operation {
  const was = stored?.[attribute];
  const when: Condition =
    was === undefined ? { type: "absent" } : { type: "is", attributes: { [attribute]: was } };
  return { type: "put", item: { ...key, ...item }, when };
}

/** Whether somebody else was faster with the row of a group. */
export function wasOvertaken(tenant: string, refused: readonly Refused[]): boolean {
  const { pk } = rows.pace(tenant, "");
  return refused.some(({ item }) => item?.pk === pk);
}
