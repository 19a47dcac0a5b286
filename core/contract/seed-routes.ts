import * as z from "zod";
import { isPlainObject, type JsonObject } from "./fields.ts";

/** Those systems take no notice of members that they do not know: what is meant is read by hand. */
function anyOf(id: string, description: string, example: JsonObject) {
  return z
    .unknown()
    .refine(isPlainObject, "expected an object")
    .meta({ id, description, type: "object", examples: [example] }) as z.ZodType<JsonObject>;
}

export const GraphDocument = anyOf("GraphDocument", "A graph, as docs/import.md tells.", {
  nodes: [{ id: "profile", function: "profile_data" }],
  edges: [],
  start_node: "profile",
});

export const GraphStart = anyOf("GraphStart", "`{graph_id, initial_state}`.", {
  graph_id: "graph-9f86d081884c7d659a2feaa0c55ad015",
  initial_state: {},
});

export const ProcessStart = anyOf("ProcessStart", "`{workflowDef, inputData, initiator}`.", {
  workflowDef: {
    name: "Expense",
    nodes: [
      { id: "start", type: "startProcess" },
      { id: "end", type: "endEvent" },
    ],
    connections: [{ source: "start", target: "end" }],
  },
  inputData: { amount: 40 },
  initiator: "ada",
});

export const TaskFields = anyOf(
  "TaskFields",
  "The fields of the form, or `{taskId, formData, completedBy}`.",
  { approved: true, comments: "fine" },
);
