/**
 * A tool or a model answered with a failure, or could not be reached.
 *
 * `code` is UPPER_SNAKE and documented in docs/errors.md. `retryable` is what the called side's
 * protocol says; the node's own `retry` may narrow it. `retryAfterMs` is what it asked us to wait.
 */
export class CallFailure extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { retryable: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = "CallFailure";
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}
