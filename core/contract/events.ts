import * as z from "zod";
import { AnyObject, count, digits, idOf, listOf, PageLimit, Timestamp } from "./fields.ts";
import { Actor } from "./runs.ts";

const EventType = z
  .string()
  .max(64)
  .regex(/^[a-z_]+(\.[a-z_]+)*$/)
  .meta({ description: "Like `run.created`.", examples: ["run.created"] });

const EXAMPLE = {
  id: "evt_01hzy",
  runId: "run_01hzy",
  seq: 1,
  type: "run.created",
  at: "2026-11-21T09:30:00.000Z",
  actor: { kind: "key", id: "key_01hzy" },
  data: { workflow: "refund", version: 1 },
} as const;

export const Event = z
  .strictObject({
    id: z.string().max(256).meta({ description: "The same wherever the event is told." }),
    runId: idOf("Its run.", EXAMPLE.runId),
    seq: count("Numbers the events of a run, from 1 without gap."),
    type: EventType,
    at: Timestamp,
    actor: Actor,
    data: AnyObject,
  })
  .meta({ id: "Event", description: "What happened.", examples: [EXAMPLE] });

export const EventList = listOf("EventList", Event, EXAMPLE);

const Seq = digits(count("A `seq`."));

/** One coordinate: `nextCursor` of a page is the `after` of the next, and may come as `cursor`. */
export const EventQuery = z.strictObject({
  after: Seq.optional().meta({
    description: "Only events after this `seq`; 0, the default, means all.",
  }),
  cursor: Seq.optional().meta({
    description: "The same as `after`, for clients that page every list alike.",
  }),
  type: EventType.optional(),
  limit: PageLimit,
});
