import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  Imported,
  ImportRequest,
  JsonObject,
  Published,
  Validation,
  Workflow,
  WorkflowSummary,
} from "./wire.ts";

export function workflowsOf(transport: Transport) {
  const { send } = transport;
  return {
    /** A document, written or built. The same again is the version that is there. */
    publish: (document: JsonObject): Promise<Published> =>
      send("POST", "/v1/workflows", { body: document }),
    /** All that is wrong with a document; nothing is published. */
    validate: (document: JsonObject): Promise<Validation> =>
      send("POST", "/v1/workflows/validate", { body: document }),
    /** Translates a document of another language. */
    import: (request: ImportRequest): Promise<Imported> =>
      send("POST", "/v1/workflows/import", { body: request }),
    list: (): Listing<WorkflowSummary> => listing(transport, "/v1/workflows"),
    get: (name: string): Promise<Workflow> => send("GET", pathOf("/v1/workflows/{name}", { name })),
    versions: (name: string): Listing<WorkflowSummary> =>
      listing(transport, pathOf("/v1/workflows/{name}/versions", { name })),
    /** Only a workflow, or a version, that nobody uses. */
    remove: (name: string): Promise<void> =>
      send("DELETE", pathOf("/v1/workflows/{name}", { name })),
    removeVersion: (name: string, v: number): Promise<void> =>
      send("DELETE", pathOf("/v1/workflows/{name}/versions/{v}", { name, v })),
    version: (name: string, v: number): Promise<Workflow> =>
      send("GET", pathOf("/v1/workflows/{name}/versions/{v}", { name, v })),
  };
}
