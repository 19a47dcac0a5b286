/** The world failed, or we did. The only thing a caller may branch on is `retryable`. */
export class Fault extends Error {
  readonly retryable: boolean;

  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "Fault";
    this.retryable = options.retryable;
  }
}
