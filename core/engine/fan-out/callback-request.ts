/** Whom one run tells, and of what: by default of its end. */
export type CallbackRequest = Readonly<{
  url: string;
  types?: readonly string[] | undefined;
  secret?: Readonly<{ $secret: string }> | undefined;
}>;
