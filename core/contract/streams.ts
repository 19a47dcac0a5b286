import * as z from "zod";
import { count, digits, Timestamp } from "./fields.ts";

export const StreamQuery = z.strictObject({
  after: digits(count("A `seq`."))
    .optional()
    .meta({ description: "Only events after this `seq`; `Last-Event-ID` is stronger." }),
});

export const Ticket = z
  .strictObject({
    ticket: z.string().max(128).meta({ description: "For one connection." }),
    expiresAt: Timestamp,
  })
  .meta({
    id: "Ticket",
    description: "What opens one WebSocket, instead of a key in its URL.",
    examples: [{ ticket: "tkt_5f2c", expiresAt: "2026-11-21T09:31:00.000Z" }],
  });
