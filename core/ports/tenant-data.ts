export type Removed = Readonly<{
  count: number;
  /** Where to go on; absent when nothing is left that was there at the beginning. */
  next?: string;
}>;

/** What one store holds of a tenant, for when the tenant is deleted. */
export interface TenantData {
  /** Removes a page of it, from the beginning or from where the page before ended. */
  removeSome(tenant: string, from?: string): Promise<Removed>;
}
