/** Places for steps that are carried out at once, per tenant, in one process. */
export interface StepPlaces {
  /** Takes as many of `wanted` as there are; whoever waits goes before whoever has just come. */
  take(tenant: string, wanted: number, max: number): number;
  give(tenant: string, count: number): void;
  /**
   * `granted` resolves when a place is the caller's, in the order of asking: at once when one was
   * given back since the caller looked. `leave` gives up: a place that was granted already goes to
   * the next.
   */
  wait(tenant: string, max: number): Readonly<{ granted: Promise<void>; leave(): void }>;
}

type Waiter = { grant: () => void };
type Room = { taken: number; readonly line: Set<Waiter> };

export function stepPlaces(): StepPlaces {
  const rooms = new Map<string, Room>();

  function roomOf(tenant: string): Room {
    const room = rooms.get(tenant) ?? { taken: 0, line: new Set() };
    rooms.set(tenant, room);
    return room;
  }

  function give(tenant: string, count: number): void {
    const room = rooms.get(tenant);
    if (!room) return;
    for (let given = 0; given < count; given++) {
      const [first] = room.line;
      if (!first) room.taken--;
      else {
        // The place stays taken: it changes hands.
        room.line.delete(first);
        first.grant();
      }
    }
    if (room.taken <= 0 && room.line.size === 0) rooms.delete(tenant);
  }

  return {
    take(tenant, wanted, max) {
      const room = roomOf(tenant);
      // With none taken nobody will give one back: a limit that has grown lets the line in so.
      const isFree = room.line.size === 0 || room.taken === 0;
      const count = isFree ? Math.max(0, Math.min(wanted, max - room.taken)) : 0;
      room.taken += count;
      if (room.taken === 0 && room.line.size === 0) rooms.delete(tenant);
      return count;
    },

    give,

    wait(tenant, max) {
      const room = roomOf(tenant);
      const { promise, resolve } = Promise.withResolvers<void>();
      let isGranted = false;
      const waiter: Waiter = {
        grant() {
          isGranted = true;
          resolve();
        },
      };
      if (room.line.size === 0 && room.taken < max) {
        room.taken++;
        waiter.grant();
      } else room.line.add(waiter);
      return {
        granted: promise,
        leave() {
          if (isGranted) give(tenant, 1);
          else room.line.delete(waiter);
        },
      };
    },
  };
}
