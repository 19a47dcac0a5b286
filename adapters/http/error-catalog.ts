import type { RefusalCode } from "../../core/engine/refusal.ts";
import type { ProblemKind } from "./problem-kind.ts";
import { TASK_PROBLEMS } from "./task-error-catalog.ts";

export type { ProblemKind } from "./problem-kind.ts";

/** What the door itself refuses, before the engine is asked. */
export type DoorCode =
  | "UNAUTHENTICATED"
  | "METHOD_NOT_ALLOWED"
  | "INVALID_PATH"
  | "INVALID_CURSOR"
  | "INVALID_JSON"
  | "JSON_TOO_DEEP"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "IDEMPOTENCY_KEY_INVALID"
  | "CROSS_SITE"
  | "INTERNAL";

export type ProblemCode = RefusalCode | DoorCode;

/** Statuses and texts for people; nothing else in the product knows them. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  NOT_FOUND: {
    status: 404,
    title: "There is no such thing",
    next: "Check the path and the id. What belongs to another tenant does not exist for you.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "This path has other methods",
    next: "Use one of the methods in the `Allow` header.",
  },
  INVALID_PATH: {
    status: 400,
    title: "The path is not valid percent-encoding",
    next: "Encode each segment of the path as UTF-8 with percent signs.",
  },
  INVALID_CURSOR: {
    status: 400,
    title: "The cursor is not one of this list",
    next: "Hand back `nextCursor` of the same list unchanged, or begin again without a cursor.",
  },
  INVALID_REQUEST: {
    status: 400,
    title: "The request has faults",
    next: "`errors` names each field or query parameter and what is wrong with it.",
  },
  INVALID_JSON: {
    status: 400,
    title: "The body is not JSON",
    next: "`detail` gives line and column of the first fault. The body must be UTF-8.",
  },
  JSON_TOO_DEEP: {
    status: 400,
    title: "The JSON is nested too deeply",
    next: "At most 64 levels of objects and arrays are read. Send a flatter body.",
  },
  INVALID_WORKFLOW: {
    status: 400,
    title: "The workflow has faults",
    next: "`errors` lists all of them with their paths. Nothing was published.",
  },
  NOT_IMPORTED: {
    status: 400,
    title: "The document cannot be imported",
    next: "`errors` names each part that cannot be, by its path in the document, and why. Nothing was published.",
  },
  INVALID_INPUT: {
    status: 400,
    title: "The input does not fit its schema",
    next: "`errors` has one entry per fault. Nothing was started or answered.",
  },
  INVALID_TOOL: {
    status: 400,
    title: "The tool has faults",
    next: "`errors` names each field. The tool is as it was before.",
  },
  UNAUTHENTICATED: {
    status: 401,
    title: "A key is needed",
    next: "Send `Authorization: Bearer hf_…` with a key that is not revoked.",
  },
  SIGNATURE_INVALID: {
    status: 403,
    title: "The delivery is not signed for this hook",
    next: "Sign it as Standard Webhooks has it, with the hook's secret and a clock that is right.",
  },
  TICKET_INVALID: {
    status: 401,
    title: "This ticket opens nothing",
    next: "A ticket opens one connection, within a minute. `POST /v1/stream/tickets` gives another.",
  },
  FORBIDDEN: {
    status: 403,
    title: "This key may not do that",
    next: "Use a key with a role that may; `detail` names the ones that do.",
  },
  NOT_AN_APPROVER: {
    status: 403,
    title: "This person is not asked",
    next: "Only those whom the task names decide it. Bind the key to a person, or use `as`.",
  },
  NONCE_INVALID: {
    status: 403,
    title: "The decision did not come from the link's page",
    next: "Open the link again and decide there. Nothing was decided.",
  },
  CROSS_SITE: {
    status: 403,
    title: "Another site sent this decision",
    next: "Open the link itself and decide there. Nothing was decided.",
  },
  WORKFLOW_NOT_FOUND: {
    status: 404,
    title: "There is no such workflow",
    next: "Publish it first, or check its name and version.",
  },
  WORKFLOW_IN_USE: {
    status: 409,
    title: "The workflow is in use",
    next: "`usedBy` counts and names what uses it. Let runs end, cancel or migrate them; change schedules, hooks and parents.",
  },
  RUN_EXISTS: {
    status: 409,
    title: "A run with this id exists",
    next: "Choose another id, or read the run that has it.",
  },
  RUN_ENDED: {
    status: 409,
    title: "The run has ended",
    next: "Ended runs take nothing more. A signal that was received before is answered again when it comes with its `id`.",
  },
  RUN_NOT_FAILED: {
    status: 409,
    title: "The run has not failed, or not there",
    next: "Only a failed run is retried. Read the run; `node` of the problem says where it failed.",
  },
  NOTHING_TO_FORK: {
    status: 409,
    title: "Nothing can begin where the run stood then",
    next: "Fork it from an earlier event; `GET /v1/runs/{id}/events` lists them.",
  },
  SNAPSHOT_EXISTS: {
    status: 409,
    title: "The run has another snapshot of that name",
    next: "Take another name, or delete the snapshot first.",
  },
  MIGRATION_BLOCKED: {
    status: 409,
    title: "The run does not map to that version",
    next: "`errors` names each node and what does not map. Ask with `dryRun`, and use `map` where nodes have other names.",
  },
  STEP_NOT_OPEN: {
    status: 409,
    title: "The step is not under way",
    next: "`GET /v1/runs/{id}/steps` shows what is. A failed run is retried first.",
  },
  RUN_NOT_WAITING: {
    status: 409,
    title: "The run waits for no answer",
    next: "Read `waitingOn` of the run; to send something early, send a signal.",
  },
  WAIT_AMBIGUOUS: {
    status: 409,
    title: "The run waits for several answers",
    next: "The problem lists the open waits. Answer one by its task, or by a signal.",
  },
  ANSWER_IS_APPROVAL: {
    status: 409,
    title: "An approval is decided, not answered",
    next: "Decide its task, or use the signed link.",
  },
  ...TASK_PROBLEMS,
  DEAD_LETTER_CLOSED: {
    status: 409,
    title: "The dead letter was sent on or discarded before",
    next: "`status`, `at` and `by` say what became of it. A failed run can still be retried itself.",
  },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    title: "The first request with this key is still under way",
    next: "Ask again after `Retry-After`: the answer will be that of the first request.",
    retryable: true,
  },
  LEASE_LOST: {
    status: 409,
    title: "The job is not yours, or is no longer",
    next: "Stop working on it. Its lease was over and it was offered again, or its run went on.",
  },
  LINK_DEAD: {
    status: 410,
    title: "This link no longer works",
    next: "Links die when their task is closed or they expire, and unknown links look the same.",
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: "The body is too large",
    next: "A body has at most 1 MB, and a tenant may have a smaller limit.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: "The body is of a type that is not read",
    next: "Send `Content-Type: application/json`, in UTF-8 and not compressed.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: "The Idempotency-Key was used for another body",
    next: "Use a new key for a new request. Nothing was done.",
  },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    title: "The Idempotency-Key cannot be kept",
    next: "Send 1 to 255 visible ASCII characters without spaces.",
  },
  SIGNALS_FULL: {
    status: 429,
    title: "Too many signals wait in this run",
    next: "Wait until the run has taken some, then send it again with the same `id`.",
    retryable: true,
  },
  TENANT_SUSPENDED: {
    status: 403,
    title: "The tenant is suspended",
    next: "Nothing of it is carried out until the deployment's administrator lifts that.",
  },
  LIMIT_REACHED: {
    status: 429,
    title: "A limit of the tenant is reached",
    next: "Ask again after `Retry-After`. `detail` names the limit.",
    retryable: true,
  },
  INTERNAL: {
    status: 500,
    title: "Something broke on our side",
    next: "Tell the operator the `requestId`: the log has the cause under it.",
  },
  BUSY: {
    status: 503,
    title: "Not now",
    next: "Send the same request again after `Retry-After`, with the same `Idempotency-Key`.",
    retryable: true,
  },
};
