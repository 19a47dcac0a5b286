/**
 * Large values, by content. They live under their owner and die with it: a run, or whatever else
 * has a name of its own. Writing is idempotent, so a crash on the way leaves nothing half done.
 */
export interface Artifacts {
  /** The same content under the same owner has the same id: half of its SHA-256, as hex. */
  put(tenant: string, owner: string, content: string | Uint8Array): Promise<string>;
  /** As text; what was put as bytes is read as UTF-8. */
  get(tenant: string, owner: string, id: string): Promise<string | undefined>;
  bytes(tenant: string, owner: string, id: string): Promise<Uint8Array | undefined>;
  /** Whatever is not there is gone already. */
  remove(tenant: string, owner: string, ids: readonly string[]): Promise<void>;
}
