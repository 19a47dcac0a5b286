import type { Json } from "../kernel/json.ts";
import type { Problem } from "../kernel/problem.ts";

export type { Problem } from "../kernel/problem.ts";

/** Every answer that is not the wanted one. Each has a heading in docs/errors.md. */
export type RefusalCode =
  | "NOT_FOUND"
  | "INVALID_WORKFLOW"
  | "NOT_IMPORTED"
  | "INVALID_INPUT"
  | "INVALID_REQUEST"
  | "INVALID_TOOL"
  | "WORKFLOW_NOT_FOUND"
  | "WORKFLOW_IN_USE"
  | "IDEMPOTENCY_KEY_REUSED"
  | "IDEMPOTENCY_IN_FLIGHT"
  | "RUN_EXISTS"
  | "RUN_ENDED"
  | "RUN_NOT_FAILED"
  | "NOTHING_TO_FORK"
  | "SNAPSHOT_EXISTS"
  | "MIGRATION_BLOCKED"
  | "STEP_NOT_OPEN"
  | "RUN_NOT_WAITING"
  | "WAIT_AMBIGUOUS"
  | "ANSWER_IS_APPROVAL"
  | "LEASE_LOST"
  | "SIGNALS_FULL"
  | "TASK_DECIDED"
  | "TASK_CLAIMED"
  | "TASK_IS_APPROVAL"
  | "TASK_IS_FORM"
  | "INVALID_FORM"
  | "TASK_CLOSED"
  | "DIGEST_MISMATCH"
  | "NOT_AN_APPROVER"
  | "ALREADY_VOTED"
  | "DEAD_LETTER_CLOSED"
  | "TICKET_INVALID"
  | "SIGNATURE_INVALID"
  | "LINK_DEAD"
  | "NONCE_INVALID"
  | "FORBIDDEN"
  | "LIMIT_REACHED"
  | "TENANT_SUSPENDED"
  | "PAYLOAD_TOO_LARGE"
  | "BUSY";

export type Refusal = Readonly<{
  code: RefusalCode;
  /** One sentence for the caller, with the ids in it. */
  message: string;
  errors?: readonly Problem[];
  /** More members of the problem document: who decided, which waits are open. */
  data?: Readonly<Record<string, Json>>;
  retryAfterMs?: number;
}>;

/** An answer, or a refusal. Refusals are returned, never thrown; nothing was written. */
export type Result<T> =
  | Readonly<{ ok: true; value: T }>
  | Readonly<{ ok: false; refusal: Refusal }>;

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function refuse(
  code: RefusalCode,
  message: string,
  more: Omit<Refusal, "code" | "message"> = {},
): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code, message, ...more } };
}
