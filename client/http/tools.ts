import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type { Tool, ToolRequest } from "./wire.ts";

const of = (name: string) => pathOf("/v1/tools/{name}", { name });

export function toolsOf(transport: Transport) {
  return {
    list: (): Listing<Tool> => listing(transport, "/v1/tools"),
    get: (name: string): Promise<Tool> => transport.send("GET", of(name)),
    put: (name: string, tool: ToolRequest): Promise<Tool> =>
      transport.send("PUT", of(name), { body: tool }),
    remove: (name: string): Promise<void> => transport.send("DELETE", of(name)),
  };
}
