/** What one evaluation may use. Passing a bound is the error `EXPRESSION_LIMIT`. */
export const EXPRESSION = {
  lengthMax: 8_000,
  timeoutMs: 100,
  depthMax: 200,
  sequenceMax: 10_000,
  stringLengthMax: 1_000_000,
  resultLengthMax: 12 * 1024 * 1024,
} as const;

/** What JSONata, its regular expressions and its strings call the passing of a bound. */
export const EXPRESSION_LIMITS: ReadonlySet<string> = new Set([
  "D1011",
  "D1012",
  "D2014",
  "D2015",
  "LIMIT_STRING",
  "LIMIT_REGEX",
  "U1001",
]);

const MESSAGE_LENGTH_MAX = 1_000;

/** An evaluation that failed: `EXPRESSION_LIMIT`, `EXPRESSION_ERROR`, or the code of a `$fail`. */
export class ExpressionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
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
