import { pathOf, type Transport } from "./transport.ts";
import type {
  Heartbeat,
  HeartbeatRequest,
  JobCompleteRequest,
  JobFailRequest,
  JobPollRequest,
  JobReceipt,
  JobsTaken,
} from "./wire.ts";

/** For workers, which do the jobs of tools that are theirs. */
export function jobsOf({ send }: Transport) {
  return {
    poll: (request: JobPollRequest): Promise<JobsTaken> =>
      send("POST", "/v1/worker/poll", { body: request }),
    heartbeat: (id: string, about: HeartbeatRequest): Promise<Heartbeat> =>
      send("POST", pathOf("/v1/worker/jobs/{id}/heartbeat", { id }), { body: about }),
    complete: (id: string, about: JobCompleteRequest): Promise<JobReceipt> =>
      send("POST", pathOf("/v1/worker/jobs/{id}/complete", { id }), { body: about }),
    fail: (id: string, about: JobFailRequest): Promise<JobReceipt> =>
      send("POST", pathOf("/v1/worker/jobs/{id}/fail", { id }), { body: about }),
  };
}
