import * as z from "zod";
import {
  AnyJson,
  AnyObject,
  count,
  ID,
  idOf,
  line,
  listOf,
  paging,
  prose,
  Timestamp,
  whole,
} from "./fields.ts";
import { Tags } from "./runs.ts";

const SEQ_MAX = 999_999_999_999;
const seq = whole(1, SEQ_MAX, "The number of an event of the run.");

/** A name of digits alone would be taken for the number of an event. */
export const SnapshotName = z
  .string()
  .max(128)
  .regex(ID)
  .refine((name) => !/^\d+$/.test(name), "expected a name that is not a number")
  .meta({ description: "Of letters, digits, `_`, `.`, `~` and `-`; not of digits alone." });

export const ForkRequest = z
  .strictObject({
    at: z.union([seq, SnapshotName]).meta({
      description: "Where to begin: after the event of that number, or where a snapshot is.",
    }),
    patch: z
      .strictObject({
        vars: AnyObject.optional().meta({ description: "Variables that it has otherwise." }),
        input: AnyJson.optional().meta({ description: "The input that it has instead." }),
      })
      .optional()
      .meta({ description: "What is otherwise than it was." }),
    dryRun: z.boolean().optional().meta({ description: "Only say which effects would repeat." }),
  })
  .meta({
    id: "ForkRequest",
    description: "Where another run begins, and what is otherwise there.",
    examples: [{ at: 12, patch: { vars: { limit: 100 } }, dryRun: true }],
  });

const Repeated = z
  .strictObject({
    step: z.string().max(512),
    node: z.string().max(512),
    kind: line(64, "The type of the node; `under way` when it had begun and was not over."),
    seq: count("The event that began it."),
  })
  .meta({
    id: "RepeatedEffect",
    description: "An effect of the run that a fork would have again.",
    examples: [{ step: "pay.1", node: "pay", kind: "tool", seq: 14 }],
  });

export const ForkPreview = z
  .strictObject({
    runId: idOf("The run.", "run_01hzy"),
    at: count("The event after which a fork would begin."),
    repeats: z.array(Repeated).max(1_000),
    more: z.boolean().meta({ description: "There are more than are listed." }),
  })
  .meta({
    id: "ForkPreview",
    description:
      "What a fork would do again. It may take another way, and do less or other things.",
    examples: [
      {
        runId: "run_01hzy",
        at: 12,
        repeats: [{ step: "pay.1", node: "pay", kind: "tool", seq: 14 }],
        more: false,
      },
    ],
  });

export const SnapshotRequest = z
  .strictObject({
    name: SnapshotName,
    at: seq.optional().meta({ description: "The newest event unless said." }),
    description: prose(2000, "What it is kept for.").optional(),
    tags: Tags.optional(),
  })
  .meta({
    id: "SnapshotRequest",
    description: "A name for a moment of a run.",
    examples: [{ name: "before-payment", tags: { why: "audit" } }],
  });

const SNAPSHOT = {
  name: "before-payment",
  runId: "run_01hzy",
  seq: 12,
  description: "",
  tags: { why: "audit" },
  createdAt: "2026-11-21T09:30:00.000Z",
};

export const Snapshot = z
  .strictObject({
    name: SnapshotName,
    runId: idOf("The run.", "run_01hzy"),
    seq: count("The event that it names."),
    description: z.string().max(2000),
    tags: Tags,
    createdAt: Timestamp,
  })
  .meta({ id: "Snapshot", description: "A named moment of a run.", examples: [SNAPSHOT] });

export const SnapshotList = listOf("SnapshotList", Snapshot, SNAPSHOT);

export const SnapshotQuery = z.strictObject({
  tag: line(400, "`name:text`, or `name` alone.").optional(),
  q: line(200, "In the name or the description, whatever its case.").optional(),
  ...paging,
});

export const StateQuery = z.strictObject({
  at: z
    .preprocess(
      (text) => (typeof text === "string" && /^\d{1,12}$/.test(text) ? Number(text) : text),
      z.union([seq, SnapshotName]),
    )
    .optional()
    .meta({ description: "The number of an event, or the name of a snapshot; now unless said." }),
});
