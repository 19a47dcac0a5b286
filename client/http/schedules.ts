import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  Backfilled,
  BackfillRequest,
  Schedule,
  ScheduleChange,
  ScheduleRequest,
} from "./wire.ts";

const of = (id: string) => pathOf("/v1/schedules/{id}", { id });

export function schedulesOf(transport: Transport) {
  const { send } = transport;
  return {
    create: (schedule: ScheduleRequest): Promise<Schedule> =>
      send("POST", "/v1/schedules", { body: schedule }),
    list: (): Listing<Schedule> => listing(transport, "/v1/schedules"),
    get: (id: string): Promise<Schedule> => send("GET", of(id)),
    change: (id: string, change: ScheduleChange): Promise<Schedule> =>
      send("PATCH", of(id), { body: change }),
    remove: (id: string): Promise<void> => send("DELETE", of(id)),
    pause: (id: string): Promise<Schedule> =>
      send("POST", pathOf("/v1/schedules/{id}/pause", { id })),
    resume: (id: string): Promise<Schedule> =>
      send("POST", pathOf("/v1/schedules/{id}/resume", { id })),
    backfill: (id: string, range: BackfillRequest): Promise<Backfilled> =>
      send("POST", pathOf("/v1/schedules/{id}/backfill", { id }), { body: range }),
  };
}
