import { Fault } from "../../core/ports/fault.ts";

/** Names of refusals after which asking again later can help, whatever their status is. */
const PASSING: ReadonlySet<string> = new Set([
  "ThrottlingException",
  "ThrottledException",
  "Throttling",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "SlowDown",
  "LimitExceededException",
  "KMSInternalException",
  "DependencyTimeoutException",
  "OperationAborted",
  "ResourceInUseException",
  "QueueDeletedRecently",
  "AWS.SimpleQueueService.QueueDeletedRecently",
]);

/**
 * Asks a service of AWS, and tells of its failures as a `Fault`.
 *
 * The service's own message is left out: some repeat names and values of customers. Refusals that
 * are an answer and no failure are named in `expected`; they give undefined.
 */
export async function asked<Answer>(
  what: string,
  ask: () => Promise<Answer>,
  expected: readonly string[] = [],
): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (cause) {
    const name = errorName(cause);
    if (expected.includes(name)) return undefined;
    if (cause instanceof Fault || cause instanceof TypeError) throw cause;
    const message = `AWS could not ${what} (${name || "an error"}).`;
    throw new Fault(message, { retryable: isPassing(cause), cause });
  }
}

/** Like `asked`, where no refusal is an answer. */
export async function answered<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  const answer = await asked(what, ask);
  if (answer === undefined) throw new Error(`AWS answered nothing when asked to ${what}`);
  return answer;
}

export function errorName(error: unknown): string {
  return textOf(fieldOf(error, "name"));
}

/** Without a status nothing was answered: the network failed, or time ran out. */
function isPassing(error: unknown): boolean {
  const name = errorName(error);
  if (name === "CredentialsProviderError") return false;
  if (PASSING.has(name)) return true;
  const status = fieldOf(fieldOf(error, "$metadata"), "httpStatusCode");
  if (typeof status !== "number") return true;
  return status === 429 || status >= 500;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
