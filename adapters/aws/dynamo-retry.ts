import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "../../core/ports/fault.ts";

/**
 * `not_done`: DynamoDB says that nothing happened, and asking again can help.
 * `unknown`: the answer was lost, or was an error of the server; it may have happened.
 * `wrong`: asking again cannot help.
 */
type Failure = "not_done" | "unknown" | "wrong";

const TRIES_MAX = 8;
const MS_MAX = 5000;
const PAUSE_MS = 25;
const PAUSE_MS_MAX = 1000;

const NOT_DONE: ReadonlySet<string> = new Set([
  "TransactionConflictException",
  "TransactionInProgressException",
  "ThrottlingException",
  "ThrottledException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ReplicatedWriteConflictException",
  // The connection was never made.
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
const NOT_DONE_REASONS: ReadonlySet<string> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/**
 * Asks DynamoDB until it answers, about 8 times or 5 seconds, with full jitter between.
 *
 * What is known not to have happened is asked again. What may have happened is asked again only
 * when `repeatable`: a conditional write that is repeated would be refused by its own row, and its
 * caller would take itself for the loser. That caller gets a retryable fault and looks for itself.
 */
export async function asking<Answer>(
  what: string,
  repeatable: boolean,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const begin = performance.now();
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      const failure = failureOf(cause);
      const pause = Math.random() * Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** tries);
      const hasTime = tries < TRIES_MAX && performance.now() - begin + pause < MS_MAX;
      const mayRepeat = failure === "not_done" || (failure === "unknown" && repeatable);
      if (!mayRepeat || !hasTime) throw fault(what, tries, failure, cause);
      await sleep(pause);
    }
  }
}

/** The codes by which DynamoDB explains a cancelled transaction, one for each operation. */
export function cancellationCodes(error: unknown): readonly string[] {
  const reasons = field(error, "CancellationReasons");
  if (!Array.isArray(reasons)) return [];
  return reasons.map((reason: unknown) => text(field(reason, "Code")) || "None");
}

function failureOf(error: unknown): Failure {
  const name = nameOf(error);
  if (name === "TransactionCanceledException") {
    // One conflict makes the other reasons worthless: they were found beside a moving row.
    return cancellationCodes(error).some((code) => NOT_DONE_REASONS.has(code))
      ? "not_done"
      : "wrong";
  }
  if (NOT_DONE.has(name) || NOT_DONE.has(text(field(error, "code")))) return "not_done";
  const status = Number(field(field(error, "$metadata"), "httpStatusCode") ?? 0);
  if (status === 429) return "not_done";
  if (status >= 400 && status < 500) return "wrong";
  // Nothing was sent when there were no credentials, and a mistake of ours stays one.
  if (name === "CredentialsProviderError" || error instanceof TypeError) return "wrong";
  return "unknown";
}

export function nameOf(error: unknown): string {
  return text(field(error, "name"));
}

function fault(what: string, tries: number, failure: Failure, cause: unknown): Fault {
  const times = tries === 1 ? "" : ` after ${tries} tries`;
  const unsure = failure === "unknown" ? "; it may have happened" : "";
  const codes = [...new Set(cancellationCodes(cause))].filter((code) => code !== "None");
  const why = [nameOf(cause) || "an error", ...codes].join(", ");
  // The cause's own message is left out: DynamoDB repeats keys and values in some of them.
  return new Fault(`DynamoDB could not ${what}${times} (${why})${unsure}.`, {
    retryable: failure !== "wrong",
    cause,
  });
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
