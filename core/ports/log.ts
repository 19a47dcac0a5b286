/** Structured lines for operators. Never tokens, secrets, inputs or outputs: ids and codes. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
