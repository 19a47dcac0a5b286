import * as z from "zod";
import { AnyJson, count, idOf, line, listOf, prose, Timestamp, whole } from "./fields.ts";
import { Tags } from "./runs.ts";
import { WorkflowName } from "./workflows.ts";

const duration = (description: string) => line(64, description);

const Overlap = z.enum(["skip", "allow", "queue", "cancel"]).meta({
  description:
    "When the run before has not ended: skip this occurrence, run beside it, wait for its end (one " +
    "waits, others are skipped), or cancel it first.",
});

const asked = {
  workflow: WorkflowName,
  version: whole(1, 1_000_000_000, "Without it, the newest at each firing.").optional(),
  input: AnyJson.optional(),
  tags: Tags.optional(),
  cron: line(200, "A cron line of five fields.").optional(),
  every: duration("A distance, like PT15M, counted from now.").optional(),
  at: line(40, "One instant.").optional(),
  timezone: line(64, "Of the cron line, from the IANA database; UTC if not said.").optional(),
  overlap: Overlap.optional(),
  catchUp: duration(
    "How old an occurrence may be that is still fired; PT1H if not said.",
  ).optional(),
  jitter: duration("Each occurrence fires up to so much later.").optional(),
  times: whole(1, 1_000_000_000, "How often it fires.").optional(),
  until: line(40, "No occurrence after this instant.").optional(),
};

export const ScheduleRequest = z.strictObject(asked).meta({
  id: "ScheduleRequest",
  description: "When to start which workflow. One of `cron`, `every` and `at`.",
  examples: [{ workflow: "report", cron: "0 7 * * 1-5", timezone: "Europe/Berlin" }],
});

export const ScheduleChange = z
  .strictObject(asked)
  .partial()
  .meta({
    id: "ScheduleChange",
    description: "What is not named stays as it is.",
    examples: [{ cron: "0 8 * * 1-5" }],
  });

const EXAMPLE = {
  id: "sch_01hzy",
  workflow: "report",
  tags: {},
  cron: "0 7 * * 1-5",
  timezone: "Europe/Berlin",
  overlap: "skip",
  catchUp: "PT1H",
  jitter: "PT0S",
  status: "active",
  nextAt: "2026-11-23T06:00:00.000Z",
  upcoming: ["2026-11-23T06:00:00.000Z"],
  pendingAt: null,
  fired: 4,
  skipped: 0,
  failed: 0,
  last: { at: "2026-11-20T06:00:00.000Z", run: "run_01hzy" },
  error: null,
  createdAt: "2026-11-16T09:30:00.000Z",
  updatedAt: "2026-11-20T06:00:00.412Z",
} as const;

export const Schedule = z
  .strictObject({
    ...asked,
    id: idOf("The schedule.", EXAMPLE.id),
    tags: Tags,
    overlap: Overlap,
    catchUp: duration("How old an occurrence may be that is still fired."),
    jitter: duration("Each occurrence fires up to so much later."),
    status: z.enum(["active", "paused", "ended"]),
    nextAt: Timestamp.nullable(),
    upcoming: z.array(Timestamp).max(5).meta({ description: "The next occurrences." }),
    pendingAt: Timestamp.nullable().meta({
      description: "An occurrence that waits for the run before it to end.",
    }),
    fired: count("Runs that it has started."),
    skipped: count("Occurrences that were missed, or skipped because of the run before."),
    failed: count("Occurrences whose start was refused."),
    last: z
      .strictObject({ at: Timestamp, run: idOf("The run.", "run_01hzy") })
      .nullable()
      .meta({ description: "Its newest run." }),
    error: z
      .strictObject({
        at: Timestamp,
        code: line(64, "Of the refusal."),
        message: prose(500, "Why."),
      })
      .nullable()
      .meta({ description: "Why the newest start was refused." }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: "Schedule", description: "A schedule as it is now.", examples: [EXAMPLE] });

export const ScheduleList = listOf("ScheduleList", Schedule, EXAMPLE);

export const BackfillRequest = z
  .strictObject({ from: line(40, "The first instant."), to: line(40, "The last instant.") })
  .meta({
    id: "BackfillRequest",
    description: "A range of the past.",
    examples: [{ from: "2026-11-01T00:00:00Z", to: "2026-11-07T00:00:00Z" }],
  });

export const Backfilled = z
  .strictObject({
    started: count("Runs that were started."),
    existing: count("Occurrences that had a run already."),
  })
  .meta({
    id: "Backfilled",
    description: "What the range held.",
    examples: [{ started: 5, existing: 2 }],
  });
