import * as z from "zod";
import { idOf, paging } from "../../../core/contract/fields.ts";
import { Tool, ToolList, ToolRequest } from "../../../core/contract/tools.ts";
import { listed, replyOf, route } from "../route.ts";

const byName = { name: idOf("The tool's name.", "refund") };

export const toolRoutes = [
  route({
    method: "GET",
    path: "/v1/tools",
    operationId: "listTools",
    tag: "Tools",
    summary: "List tools",
    description: "Those of the tenant and those that come with the runtime, by name.",
    needs: "read",
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of tools.", schema: ToolList }],
    refusals: [],
    handle: async ({ caller, query }, { engine }) => listed(await engine.tools.list(caller, query)),
  }),
  route({
    method: "GET",
    path: "/v1/tools/{name}",
    operationId: "getTool",
    tag: "Tools",
    summary: "Read a tool",
    description: "Secrets in its configuration stay markers.",
    needs: "read",
    params: byName,
    answers: [{ status: 200, description: "The tool.", schema: Tool }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.tools.get(caller, params.name)),
  }),
  route({
    method: "PUT",
    path: "/v1/tools/{name}",
    operationId: "putTool",
    tag: "Tools",
    summary: "Register a tool",
    description: "Makes it or replaces it. Calls that begin later use the new one.",
    needs: "operate",
    params: byName,
    body: ToolRequest,
    answers: [{ status: 200, description: "The tool as it is now.", schema: Tool }],
    refusals: ["INVALID_TOOL"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.tools.put(caller, params.name, body)),
  }),
  route({
    method: "DELETE",
    path: "/v1/tools/{name}",
    operationId: "deleteTool",
    tag: "Tools",
    summary: "Remove a tool",
    description: "Runs that need it fail at the call with `TOOL_NOT_FOUND`.",
    needs: "operate",
    params: byName,
    answers: [{ status: 204, description: "It is gone." }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.tools.remove(caller, params.name), 204),
  }),
];
