/** Lets so many in at once; whoever waits is let in one of each tenant after the other. */
export interface FairGate {
  /** Resolves when the caller is in; at once, and without a promise, when there is room. */
  enter(tenant: string): Promise<void> | undefined;
  leave(): void;
}

/**
 * Work of one process in small pieces, so that none of a tenant's thousand runs stands between
 * another tenant's single one and its next turn for longer than a few pieces take.
 */
export function fairGate(insideMax: number): FairGate {
  const lines = new Map<string, (() => void)[]>();
  let inside = 0;

  return {
    enter(tenant) {
      if (inside < insideMax) {
        inside++;
        return undefined;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const line = lines.get(tenant);
      if (line) line.push(resolve);
      else lines.set(tenant, [resolve]);
      return promise;
    },

    leave() {
      const [next] = lines;
      if (!next) {
        inside--;
        return;
      }
      const [tenant, line] = next;
      const first = line.shift();
      // The tenant goes to the end of the round.
      lines.delete(tenant);
      if (line.length > 0) lines.set(tenant, line);
      first?.();
    },
  };
}
