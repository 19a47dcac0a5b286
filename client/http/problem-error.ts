import type { ProblemDocument, ProblemEntry } from "../../core/contract/problem.ts";

/**
 * What the server answered instead of what was wanted. Branch on `code`, which is stable; the codes
 * are listed in `docs/errors.md`. Members that some codes add are in `problem`.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly ProblemEntry[];
  /** Also in the server's log. */
  readonly requestId: string;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(`${problem.code}: ${problem.detail || problem.title}`);
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.errors = problem.errors;
    this.requestId = problem.requestId;
    this.retryable = problem.retryable;
    this.problem = problem;
  }
}

/** The problem in an answer; made up where something between here and the server answered. */
export async function problemIn(response: Response): Promise<ProblemError> {
  const { status, headers } = response;
  const text = await response.text();
  const found = headers.get("content-type")?.startsWith("application/problem+json")
    ? (JSON.parse(text) as ProblemDocument)
    : undefined;
  return new ProblemError(
    found ?? {
      type: "about:blank",
      title: response.statusText,
      status,
      detail: text.slice(0, 1_000),
      instance: new URL(response.url).pathname,
      code: `HTTP_${status}`,
      errors: [],
      requestId: headers.get("x-request-id") ?? "",
      retryable: status === 429 || status >= 500,
    },
  );
}
