import * as z from "zod";

/** `run.failed`, `run.*`, or `*`. */
export const EventTypes = z
  .array(
    z
      .string()
      .max(64)
      .regex(/^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$/)
      .meta({ examples: ["run.*"] }),
  )
  .max(50)
  .meta({
    description: "Types of events, `run.*` for a family; none means all.",
    examples: [["run.succeeded", "run.failed"]],
  });
