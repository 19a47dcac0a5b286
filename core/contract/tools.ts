import * as z from "zod";
import { AnyObject, idOf, line, listOf, prose, Timestamp, whole } from "./fields.ts";

export const ToolKind = z
  .enum(["builtin", "http", "lambda", "stepfunctions", "mcp", "worker"])
  .meta({ description: "Who carries it out." });

const CONFIG = { url: "https://billing.example/refunds", method: "POST" };

const fields = {
  kind: ToolKind,
  description: prose(10_000, "For people, and for models that choose tools.").exactOptional(),
  inputSchema: AnyObject.meta({
    type: "object",
    description: "JSON Schema 2020-12 of what it takes.",
  }).exactOptional(),
  outputSchema: AnyObject.meta({
    type: "object",
    description: "JSON Schema 2020-12 of what it answers.",
  }).exactOptional(),
  config: AnyObject.meta({
    type: "object",
    description: 'By kind; `{"$secret": "name"}` stands for a secret.',
  }).exactOptional(),
  delivery: z
    .enum(["at-least-once", "at-most-once"])
    .meta({ description: "What happens to an attempt whose outcome is not on record." })
    .exactOptional(),
  approval: z
    .strictObject({
      approvers: z.array(line(254, "An address, a person or a group.")).min(1).max(100),
      quorum: whole(1, 100, "How many must approve.").exactOptional(),
    })
    .meta({ description: "People who approve each call first." })
    .exactOptional(),
};

export const ToolRequest = z.strictObject(fields).meta({
  id: "ToolRequest",
  description: "A tool; the path names it.",
  examples: [{ kind: "http", description: "Refunds an order.", config: CONFIG }],
});

const EXAMPLE = {
  name: "refund",
  kind: "http",
  description: "Refunds an order.",
  config: CONFIG,
  updatedAt: "2026-11-21T09:30:00.000Z",
} as const;

export const Tool = z
  .strictObject({
    name: idOf("The tool's name.", EXAMPLE.name),
    ...fields,
    kind: z.string().max(64).meta({ description: "Who carries it out." }),
    updatedAt: Timestamp.exactOptional(),
  })
  .meta({
    id: "Tool",
    description: "A registered tool, or one of the runtime.",
    examples: [EXAMPLE],
  });

export const ToolList = listOf("ToolList", Tool, EXAMPLE);
