import * as z from "zod";
import { AnyJson, AnyObject, count, line, listOf, paging, prose, Timestamp } from "./fields.ts";
import { ProblemEntry } from "./problem.ts";
import { Tool } from "./tools.ts";

export const WORKFLOW_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const WorkflowName = z
  .string()
  .max(63)
  .regex(WORKFLOW_NAME)
  .meta({ description: "The workflow's name.", examples: ["refund"] });

export const Hash = z.string().max(128).meta({ description: "SHA-256 of the canonical document." });

const DOCUMENT = {
  name: "refund",
  nodes: [
    { id: "check", type: "approval", title: "Refund {% $input.amount %}?" },
    { id: "done", type: "end" },
  ],
  edges: [{ from: "check", to: "done" }],
};

/** The kernel checks it, and says everything that is wrong with it at once. */
export const WorkflowDocument = AnyObject.meta({
  id: "WorkflowDocument",
  description: "A workflow, as docs/workflow-language.md tells.",
  type: "object",
  examples: [DOCUMENT],
});

export const Published = z
  .strictObject({
    name: WorkflowName,
    version: count("From 1."),
    hash: Hash,
    warnings: z
      .array(ProblemEntry)
      .max(1000)
      .meta({ description: "What is suspicious in it, if anything is." })
      .optional(),
  })
  .meta({
    id: "Published",
    description: "The version that this document is.",
    examples: [{ name: "refund", version: 1, hash: "9f86d081884c7d65" }],
  });

export const Validation = z
  .strictObject({
    valid: z.boolean(),
    errors: z.array(ProblemEntry).max(1000),
    warnings: z.array(ProblemEntry).max(1000),
  })
  .meta({
    id: "Validation",
    description: "Everything that can be known of a document without running it.",
    examples: [{ valid: true, errors: [], warnings: [] }],
  });

export const ImportRequest = z
  .strictObject({
    dialect: z
      .enum(["asl", "graph", "process"])
      .meta({ description: "The language of the document." }),
    document: AnyJson,
    name: WorkflowName.optional().meta({
      description: "What the workflow is to be called, where the document does not say.",
    }),
    tools: z
      .record(line(2_048, "A name in the document."), line(128, "The tool."))
      .optional()
      .meta({ description: "Which of our tools does what the document calls by its own names." }),
    dryRun: z
      .boolean()
      .optional()
      .meta({ description: "`true` translates and checks, and publishes nothing." }),
  })
  .meta({
    id: "ImportRequest",
    description: "A workflow in another language, as docs/import.md tells.",
    examples: [
      {
        dialect: "asl",
        name: "greeting",
        document: { StartAt: "Done", States: { Done: { Type: "Succeed" } } },
        dryRun: true,
      },
    ],
  });

export const Imported = z
  .strictObject({
    document: AnyObject,
    warnings: z
      .array(ProblemEntry)
      .max(2000)
      .meta({ description: "What is suspicious; paths are those of what was sent, or of ours." }),
    published: Published.optional(),
    tools: z.array(Tool).max(1000).optional().meta({
      description: "Tools that the document describes itself, by the names they have here.",
    }),
  })
  .meta({
    id: "Imported",
    description: "The workflow that came of it, and the version that it is.",
    examples: [
      {
        document: DOCUMENT,
        warnings: [],
        published: { name: "refund", version: 1, hash: "9f86d081884c7d65" },
      },
    ],
  });

const EXAMPLE = {
  name: "refund",
  version: 1,
  hash: "9f86d081884c7d65",
  title: "Refund an order",
  createdAt: "2026-11-21T09:30:00.000Z",
};

const fields = {
  name: WorkflowName,
  version: count("From 1."),
  hash: Hash,
  title: prose(1000, "For people.").optional(),
  description: prose(65_536, "For people.").optional(),
  createdAt: Timestamp,
};

export const WorkflowSummary = z
  .strictObject(fields)
  .meta({ id: "WorkflowSummary", description: "One version.", examples: [EXAMPLE] });

export const Workflow = z.strictObject({ ...fields, document: AnyObject }).meta({
  id: "Workflow",
  description: "One version with its document.",
  examples: [{ ...EXAMPLE, document: DOCUMENT }],
});

export const WorkflowList = listOf("WorkflowList", WorkflowSummary, EXAMPLE);

export const WorkflowQuery = z.strictObject({
  format: z
    .enum(["json", "mermaid"])
    .default("json")
    .meta({ description: "`mermaid` draws the graph, as text." }),
});

export const WorkflowListQuery = z.strictObject(paging);
