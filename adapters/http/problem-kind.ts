/** What a kind of problem is, whatever its code. */
export type ProblemKind = Readonly<{
  status: number;
  title: string;
  /** What to do next: the text under the code's heading in docs/errors.md. */
  next: string;
  retryable?: true;
}>;
