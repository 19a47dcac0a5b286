import * as z from "zod";
import { AnyJson, AnyObject, count, idOf, line, prose, whole } from "./fields.ts";
import { Hash } from "./workflows.ts";

const reason = prose(2000, "Why; kept on record.").optional();

export const ReasonRequest = z
  .strictObject({ reason })
  .meta({ id: "ReasonRequest", description: "Why.", examples: [{ reason: "the bank is closed" }] });

export const PatchRequest = z
  .strictObject({
    vars: AnyObject.meta({ description: "Variables to set; all others stay as they are." }),
    reason,
  })
  .meta({
    id: "PatchRequest",
    description: "Variables to set by hand.",
    examples: [{ vars: { limit: 100 }, reason: "agreed with the customer" }],
  });

export const SkipRequest = z
  .strictObject({
    output: AnyJson.meta({ description: "What the step is to have come to." }),
    reason,
  })
  .meta({
    id: "SkipRequest",
    description: "The output that a step gets without being done.",
    examples: [{ output: { paid: true }, reason: "paid by hand" }],
  });

const NodeName = z.string().min(1).max(512);

export const MigrateRequest = z
  .strictObject({
    version: whole(1, 999_999_999, "The version of the run's workflow to go on under."),
    dryRun: z.boolean().optional().meta({ description: "Only say what would become of it." }),
    map: z
      .record(NodeName, NodeName)
      .optional()
      .meta({ description: "Nodes that have another name now, old to new." }),
    reopen: z
      .array(NodeName)
      .max(1000)
      .optional()
      .meta({ description: "Nodes whose open waits begin again as the new version has them." }),
    reason,
  })
  .meta({
    id: "MigrateRequest",
    description: "What a run is to go on under.",
    examples: [{ version: 2, dryRun: true, map: { pay: "pay-out" } }],
  });

const Finding = z
  .strictObject({
    node: z.string().max(512).meta({ description: "By its old name; empty for the whole run." }),
    step: z.string().max(512).optional(),
    code: line(64, "UPPER_SNAKE."),
    message: prose(4096, "For people."),
  })
  .meta({
    id: "MigrationFinding",
    description: "What a migration meets.",
    examples: [{ node: "pay", step: "pay.1", code: "NODE_GONE", message: "there is no node" }],
  });

export const Migration = z
  .strictObject({
    runId: idOf("The run.", "run_01hzy"),
    from: count("The version that it was under."),
    to: count("The version that it goes on under."),
    hash: Hash,
    migrated: z.boolean().meta({ description: "False when it was only asked about." }),
    problems: z.array(Finding).max(100_000).meta({ description: "What does not map." }),
    notes: z.array(Finding).max(100_000).meta({
      description: "What maps, and stays otherwise than the new version would have it.",
    }),
  })
  .meta({
    id: "Migration",
    description: "What became of a run under another version, or would.",
    examples: [
      {
        runId: "run_01hzy",
        from: 1,
        to: 2,
        hash: "9f86d081884c7d65",
        migrated: true,
        problems: [],
        notes: [],
      },
    ],
  });
