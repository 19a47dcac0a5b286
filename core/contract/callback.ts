import * as z from "zod";
import { EventTypes } from "./event-types.ts";
import { idOf } from "./fields.ts";

export const Callback = z
  .strictObject({
    url: z
      .string()
      .max(2048)
      .regex(/^https?:\/\//i)
      .meta({ description: "http or https; where the POSTs go." }),
    types: EventTypes.optional(),
    secret: z
      .strictObject({ $secret: idOf("The name of the tenant's secret.", "callbacks") })
      .optional()
      .meta({
        description: "A secret of the tenant of the form `whsec_…`; without one, unsigned.",
      }),
  })
  .meta({
    id: "CallbackRequest",
    description: "Whom this run tells, like a webhook; of its end, unless it says otherwise.",
    examples: [{ url: "https://example.com/done", secret: { $secret: "callbacks" } }],
  });
