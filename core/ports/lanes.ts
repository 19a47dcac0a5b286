/** Where the wake-ups of a tenant's runs go, when it has a queue of its own. */
export type Lane = Readonly<{
  /** What a wake-up is sent to. */
  address: string;
  /** What connects it to the drivers, where that is a thing of its own. */
  connection?: string;
}>;

export type LaneLimits = Readonly<{
  /** How many of its runs are driven at once; undefined for no bound but the deployment's own. */
  drivesMax?: number | undefined;
}>;

/**
 * Queues of single tenants. Each method may be asked again after a crash, and then finishes what
 * was begun; a lane that is there already is opened as it is.
 */
export interface Lanes {
  open(tenant: string, limits: LaneLimits): Promise<Lane>;
  /** New limits for a lane that is open. */
  limit(tenant: string, lane: Lane, limits: LaneLimits): Promise<void>;
  /** What was still in it is gone: wake-ups are hints, and there is nobody left to wake. */
  close(tenant: string, lane: Lane | undefined): Promise<void>;
}
