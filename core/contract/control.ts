import * as z from "zod";
import { AnyJson, AnyObject, prose } from "./fields.ts";

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
