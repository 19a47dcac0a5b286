export type RunKey = Readonly<{ tenant: string; runId: string }>;

/** Tells a driver that a run may have something to do. A hint: it may be lost, late or doubled. */
export interface Queue {
  wake(key: RunKey): void | Promise<void>;
}
