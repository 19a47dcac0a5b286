/** What one evaluation may use. Passing a bound is the error `EXPRESSION_LIMIT`. */
export const EXPRESSION = {
  lengthMax: 8_000,
  timeoutMs: 100,
  depthMax: 200,
  sequenceMax: 10_000,
  stringLengthMax: 1_000_000,
  resultLengthMax: 1_000_000,
} as const;

const MESSAGE_LENGTH_MAX = 1_000;

/** An evaluation that failed: `EXPRESSION_LIMIT`, or `EXPRESSION_ERROR` with the reason. */
export class ExpressionError extends Error {
  readonly code: "EXPRESSION_ERROR" | "EXPRESSION_LIMIT";

  constructor(code: "EXPRESSION_ERROR" | "EXPRESSION_LIMIT", message: string) {
    // It may be a text of the expression's own making, and goes into the record.
    super(message.slice(0, MESSAGE_LENGTH_MAX));
    this.name = "ExpressionError";
    this.code = code;
  }
}

export function checkLength(length: number): void {
  if (length <= EXPRESSION.stringLengthMax) return;
  throw new ExpressionError(
    "EXPRESSION_LIMIT",
    `a text is longer than ${EXPRESSION.stringLengthMax} characters`,
  );
}
