import * as z from "zod";
import { AnyJson, line, prose, Timestamp } from "./fields.ts";
import { Task } from "./tasks.ts";

/**
 * What the page of a signed link sends, as a form or as JSON. The nonce may be absent here because
 * a conflict must be told before any complaint about the nonce: the engine checks both, in order.
 */
export const LinkDecision = z
  .strictObject({
    decision: line(64, "The id of one of the task's options."),
    comment: prose(10_000, "Why; kept on record.").optional(),
    edits: AnyJson.optional(),
    digest: z.string().max(128).optional().meta({ description: "Of what the page showed." }),
    nonce: z.string().max(512).default("").meta({
      description: "From the page, or from the JSON answer to GET. Needed to decide.",
    }),
  })
  .meta({
    id: "LinkDecision",
    description: "A decision by signed link.",
    examples: [{ decision: "approved", comment: "fine", nonce: "from-the-page" }],
  });

/** What the page of a form or a question sends, as JSON; its form has a field for each control. */
export const LinkAnswer = z
  .strictObject({
    data: AnyJson,
    nonce: z.string().max(512).default("").meta({
      description: "From the page, or from the JSON answer to GET. Needed to answer.",
    }),
  })
  .meta({
    id: "LinkAnswer",
    description: "A filled form by signed link, or `{response}` of a question.",
    examples: [{ data: { approved: true }, nonce: "from-the-page" }],
  });

export const Link = z
  .strictObject({
    task: Task,
    approver: line(254, "Whom the link was sent to, and who will have decided."),
    nonce: z.string().max(512).meta({ description: "Must come back with the decision." }),
    expires: Timestamp,
  })
  .meta({
    id: "Link",
    description: "What a live signed link shows.",
  });
