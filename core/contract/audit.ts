import * as z from "zod";
import { idOf, line, listOf, paging, Timestamp, whole } from "./fields.ts";
import { Role } from "./keys.ts";

const OUTCOMES = ["begun", "done", "refused", "failed"] as const;

const EXAMPLE = {
  id: "aud_01hzy",
  at: "2026-11-21T09:30:00.000Z",
  outcome: "done",
  actor: { kind: "key", id: "key_01hzy" },
  role: "operator",
  action: "cancelRun",
  method: "POST",
  path: "/v1/runs/run_01hzy/cancel",
  status: 200,
  requestId: "req_01hzy",
  from: "203.0.113.7",
} as const;

export const AuditEntry = z
  .strictObject({
    id: z.string().max(512).meta({ description: "The entry's id." }),
    at: Timestamp,
    outcome: z.enum(OUTCOMES).meta({
      description:
        "`begun` without an end: the process died, and it may have happened or not. `failed`: " +
        "the service had a fault.",
    }),
    actor: z
      .strictObject({
        kind: z.enum(["key", "platform", "link", "hook"]),
        id: z.string().max(512).meta({ description: "Of the key or hook, or a link's person." }),
      })
      .meta({ description: "Who asked." }),
    role: Role.optional(),
    person: line(254, "The person that the key is bound to.").optional(),
    action: z.string().max(128).meta({ description: "The operation, as OpenAPI names it." }),
    method: z.string().max(16),
    path: z.string().max(4096).meta({ description: "As it was asked for." }),
    status: whole(100, 599, "Of the answer.").optional(),
    code: z.string().max(128).optional().meta({ description: "Why it was refused." }),
    replayed: z.boolean().optional().meta({ description: "Only the first answer again." }),
    requestId: z.string().max(128),
    from: z.string().max(64).optional().meta({ description: "The address it came from." }),
  })
  .meta({
    id: "AuditEntry",
    description: "Something that somebody asked to have changed.",
    examples: [EXAMPLE],
  });

export const AuditList = listOf("AuditList", AuditEntry, EXAMPLE);

const Instant = z.iso.datetime({ offset: true }).max(40);

export const AuditQuery = z.strictObject({
  actor: line(254, "Only of this key, person or hook.").optional(),
  action: idOf("Only of this operation.", EXAMPLE.action).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  from: Instant.optional().meta({ description: "At or after this time." }),
  to: Instant.optional().meta({ description: "At or before this time." }),
  ...paging,
});
