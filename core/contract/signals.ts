import * as z from "zod";
import { AnyJson, count, line, NO_CONTROL } from "./fields.ts";

export const SignalRequest = z
  .strictObject({
    name: line(200, "The event's name."),
    key: z.string().max(200).regex(NO_CONTROL).optional().meta({
      description: "Tells events of one name apart.",
    }),
    payload: AnyJson.optional(),
    id: line(200, "The same id is taken once.").optional(),
  })
  .meta({
    id: "SignalRequest",
    description: "An event for one run; buffered until it is waited for.",
    examples: [{ name: "payment", key: "A-17", payload: { paid: true }, id: "pay-1" }],
  });

export const EventRequest = z.strictObject(SignalRequest.shape).meta({
  id: "EventRequest",
  description: "An event for every run of the tenant that waits for it.",
  examples: [{ name: "payment", key: "A-17", payload: { paid: true }, id: "pay-1" }],
});

export const EventSent = z
  .strictObject({
    id: z.string().max(256).meta({ description: "The sender's id, or one that was made." }),
    delivered: count("How many runs took it."),
    buffered: z.boolean().meta({
      description: "Nobody waited: it is kept for the first who will, for seven days.",
    }),
  })
  .meta({
    id: "EventSent",
    description: "Who has the event.",
    examples: [{ id: "pay-1", delivered: 1, buffered: false }],
  });

export const SignalAccepted = z
  .strictObject({ accepted: z.boolean(), duplicate: z.boolean() })
  .meta({
    id: "SignalAccepted",
    description: "Whether it was taken, and whether it had been before.",
    examples: [{ accepted: true, duplicate: false }],
  });
