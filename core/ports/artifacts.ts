/** Large values, by content. They live under their run and die with it. */
export interface Artifacts {
  /** Idempotent: the same content under the same run has the same id, which is returned. */
  put(tenant: string, runId: string, content: string): Promise<string>;
  get(tenant: string, runId: string, id: string): Promise<string | undefined>;
}
