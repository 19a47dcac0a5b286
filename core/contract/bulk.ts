import * as z from "zod";
import { count, idOf, line, prose } from "./fields.ts";
import { RUN_STATUSES, WAIT_KINDS } from "./runs.ts";
import { WorkflowName } from "./workflows.ts";

const Action = z.enum(["cancel", "retry", "pause", "resume"]);
const Id = idOf("A run.", "run_01hzy");

const Instant = z.iso.datetime({ offset: true }).max(40);

const BulkFilter = z
  .strictObject({
    status: z.array(z.enum(RUN_STATUSES)).max(RUN_STATUSES.length).optional(),
    workflow: WorkflowName.optional(),
    tag: line(400, "`name:text`, or `name` alone.").optional(),
    waitingOn: z.enum(WAIT_KINDS).optional(),
    parent: Id.optional(),
    from: Instant.optional().meta({ description: "Created at or after this time." }),
    to: Instant.optional().meta({ description: "Created at or before this time." }),
  })
  .meta({
    id: "BulkFilter",
    description: "Which runs: all that it says together. Without a status, those that can be.",
    examples: [{ workflow: "refund", tag: "team:care" }],
  });

export const BulkRequest = z
  .strictObject({
    action: Action,
    filter: BulkFilter,
    dryRun: z.boolean().optional().meta({ description: "Only say which runs those are." }),
    reason: prose(2000, "Why; kept on record.").optional(),
  })
  .meta({
    id: "BulkRequest",
    description: "One action on many runs.",
    examples: [{ action: "retry", filter: { workflow: "refund" }, dryRun: true }],
  });

export const BulkReport = z
  .strictObject({
    action: Action,
    dryRun: z.boolean(),
    matched: count("Runs that the filter found, up to 200 a request."),
    done: z.array(Id).max(200),
    failed: z
      .array(
        z.strictObject({
          runId: Id,
          code: line(64, "Why it was refused."),
          message: prose(65_536, "For people."),
        }),
      )
      .max(200),
    more: z.boolean().meta({ description: "Whether others match: ask again." }),
  })
  .meta({
    id: "BulkReport",
    description: "What became of each run.",
    examples: [
      { action: "retry", dryRun: false, matched: 1, done: ["run_01hzy"], failed: [], more: false },
    ],
  });
