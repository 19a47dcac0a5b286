import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  ClaimRequest,
  CompleteRequest,
  DecideRequest,
  ReassignRequest,
  Task,
  TaskQuery,
} from "./wire.ts";

export function tasksOf(transport: Transport) {
  const post = (template: string, id: string, body: object): Promise<Task> =>
    transport.send("POST", pathOf(template, { id }), { body });
  return {
    list: (query: TaskQuery = {}): Listing<Task> => listing(transport, "/v1/tasks", query),
    get: (id: string): Promise<Task> => transport.send("GET", pathOf("/v1/tasks/{id}", { id })),
    /** Decides an approval. */
    decide: (id: string, decision: DecideRequest) => post("/v1/tasks/{id}/decide", id, decision),
    /** Fills in a form, or answers a question. */
    complete: (id: string, answer: CompleteRequest) => post("/v1/tasks/{id}/complete", id, answer),
    claim: (id: string, about: ClaimRequest = {}) => post("/v1/tasks/{id}/claim", id, about),
    release: (id: string, about: ClaimRequest = {}) => post("/v1/tasks/{id}/release", id, about),
    reassign: (id: string, about: ReassignRequest) => post("/v1/tasks/{id}/reassign", id, about),
  };
}
