/** What names of secrets begin with that are the product's own, and no tenant's to see or set. */
export const RESERVED = "holdfast.";

/** Named secrets of a tenant. Values leave only for the call that uses them. */
export interface Secrets {
  put(tenant: string, name: string, value: string): Promise<void>;
  get(tenant: string, name: string): Promise<string | undefined>;
  names(tenant: string): Promise<readonly string[]>;
  /** False when there was none. */
  remove(tenant: string, name: string): Promise<boolean>;
}
