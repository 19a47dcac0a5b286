import type { Instant } from "../kernel/json.ts";
import { canonical } from "../kernel/ledger.ts";
import type { Item } from "../ports/table.ts";

/** What a run's log was when the run ended. */
export type Head = Readonly<{
  tenant: string;
  run: string;
  /** Events of the log so far. */
  count: number;
  /** Hash of its newest commit, which covers all before. */
  head: string;
  at: Instant;
}>;

export type SignedHead = Readonly<{ head: Head; keyId: string; value: string }>;

/**
 * The text that is signed: what it is about in its first line, so that no signature made for
 * another purpose can be passed off as one of these, and the head as canonical JSON.
 */
export function headText({ tenant, run, count, head, at }: Head): string {
  return `holdfast run head\n${canonical({ v: 1, tenant, run, count, head, at })}`;
}

/** What is kept of it in the run's partition. */
export function signatureRow({ head: { count, head, at }, keyId, value }: SignedHead) {
  return { count, head, at, keyId, value };
}

const AT_MAX = 8_640_000_000_000_000;

/** The signature in a row; undefined when somebody made the row one that we do not write. */
export function signedHeadIn(tenant: string, run: string, row: Item): SignedHead | undefined {
  const { count, head, at, keyId, value } = row;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 1) return undefined;
  if (typeof at !== "number" || !Number.isSafeInteger(at) || Math.abs(at) > AT_MAX) {
    return undefined;
  }
  if (typeof head !== "string" || typeof keyId !== "string" || typeof value !== "string") {
    return undefined;
  }
  return { head: { tenant, run, count, head, at }, keyId, value };
}
