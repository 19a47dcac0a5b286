import { Fault } from "../../ports/fault.ts";
import type { Item } from "../../ports/table.ts";
import type { Committed } from "../../store/commit.ts";
import { rows } from "../../store/rows.ts";
import { type Head, headText, signatureRow } from "../../store/signatures.ts";
import type { EngineDeps } from "../deps.ts";

export type SignDeps = Pick<EngineDeps, "table" | "notary" | "clock">;

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);
const TRIES_MAX = 5;

/**
 * Signs the head of a run that a commit ended; undefined for any other commit, which costs nothing.
 *
 * It may be told of a commit late and twice. The newest signature stays: a run that failed, went on
 * and ended again is signed at its new end, and what was signed already is not signed again.
 */
export function signHead(deps: SignDeps, commit: Committed): Promise<void> | undefined {
  return commit.types.some((type) => ENDS.has(type)) ? sign(deps, commit) : undefined;
}

async function sign(deps: SignDeps, { tenant, runId: run, lastSeq, hash }: Committed) {
  const key = rows.signature(tenant, run);
  const head: Head = { tenant, run, count: lastSeq, head: hash, at: deps.clock.now() };
  let before = await deps.table.get(key);
  if (isAsNew(before, lastSeq)) return;
  const signature = await deps.notary.sign(headText(head));
  const item = { ...key, ...signatureRow({ head, ...signature }) };
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const result = await deps.table.write([{ type: "put", item, when: unchanged(before) }]);
    if (result.ok) return;
    // Another one signs this run too, at this end or at one before.
    before = result.refused[0]?.item;
    if (isAsNew(before, lastSeq)) return;
  }
  throw new Fault(`The signature of run ${run} changes all the time.`, { retryable: true });
}

function isAsNew(row: Item | undefined, count: number): boolean {
  return Number(row?.["count"] ?? 0) >= count;
}

function unchanged(row: Item | undefined) {
  if (row === undefined) return { type: "absent" } as const;
  return { type: "is", attributes: { count: row["count"] ?? 0 } } as const;
}
