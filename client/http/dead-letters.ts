import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  DeadLetter,
  DeadLetterQuery,
  DiscardRequest,
  RedriveRequest,
  Redriving,
} from "./wire.ts";

export function deadLettersOf(transport: Transport) {
  const { send } = transport;
  return {
    list: (query: DeadLetterQuery = {}): Listing<DeadLetter> =>
      listing(transport, "/v1/dead-letters", query),
    get: (id: string): Promise<DeadLetter> => send("GET", pathOf("/v1/dead-letters/{id}", { id })),
    redrive: (id: string): Promise<DeadLetter> =>
      send("POST", pathOf("/v1/dead-letters/{id}/redrive", { id })),
    redriveAll: (which: RedriveRequest = {}): Promise<Redriving> =>
      send("POST", "/v1/dead-letters/redrive", { body: which }),
    discard: (id: string, about: DiscardRequest): Promise<DeadLetter> =>
      send("POST", pathOf("/v1/dead-letters/{id}/discard", { id }), { body: about }),
  };
}
