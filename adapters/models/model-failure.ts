import { CallFailure } from "../../core/ports/call-failure.ts";
import { isTransient, retryAfterMs } from "../../core/ports/outbound.ts";

const EXCERPT_LENGTH_MAX = 500;

/** What the AI SDK puts on an `APICallError`; read by shape, so that `ai` is not loaded for it. */
type ApiError = Error & {
  statusCode?: number;
  responseHeaders?: Record<string, string>;
  responseBody?: string;
};

/** What a failed call of a provider means to the runtime. Texts go through `hide` first. */
export function modelFailure(
  error: unknown,
  model: string,
  hide: (text: string) => string,
): CallFailure {
  if (error instanceof CallFailure) return error;
  if (!(error instanceof Error)) return failed(model, "for no reason that it told");
  if (/^AI_No(Object|Output)GeneratedError$/.test(error.name)) return misfit(error, model, hide);
  const { statusCode, responseHeaders, responseBody } = error as ApiError;
  // A 2xx that cannot be read is an answer cut short or a proxy's page: worth another try.
  if (statusCode === undefined || statusCode < 300) return failed(model, hide(error.message));

  const quoted = hide(responseBody ?? error.message)
    .trim()
    .slice(0, EXCERPT_LENGTH_MAX);
  const message = `${model} answered HTTP ${statusCode}: ${quoted.toWellFormed()}`;
  if (statusCode === 401 || statusCode === 403) {
    return new CallFailure("MODEL_AUTH", message, { retryable: false });
  }
  return new CallFailure(`HTTP_${statusCode}`, message, {
    retryable: isTransient(statusCode),
    retryAfterMs: retryAfterMs(responseHeaders?.["retry-after"], Date.now()),
  });
}

function misfit(error: Error, model: string, hide: (text: string) => string): CallFailure {
  const why = ownCause(error)?.message ?? "it is not JSON";
  const text = "text" in error && typeof error.text === "string" ? hide(error.text) : "";
  const excerpt = text.slice(0, EXCERPT_LENGTH_MAX).toWellFormed();
  const message = `The answer of ${model} does not fit the schema: ${why}. It was: ${excerpt}`;
  return new CallFailure("MODEL_OUTPUT_INVALID", message, { retryable: true });
}

/** Our own verdict on the object, which the SDK wraps in errors of its own. */
function ownCause(error: Error): CallFailure | undefined {
  let cause: unknown = error;
  while (cause instanceof Error && !(cause instanceof CallFailure)) cause = cause.cause;
  return cause instanceof CallFailure ? cause : undefined;
}

function failed(model: string, why: string): CallFailure {
  const message = `The call of ${model} failed: ${why.slice(0, EXCERPT_LENGTH_MAX)}`;
  return new CallFailure("MODEL_FAILED", message, { retryable: true });
}
