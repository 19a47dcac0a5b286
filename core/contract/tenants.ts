import * as z from "zod";
import { count, idOf, line, listOf, Timestamp } from "./fields.ts";

/** Absent means: no limit. */
export const Limits = z
  .strictObject({
    maxActiveRuns: count("Runs that are not ended; a start beyond it is 429.").optional(),
    startsPerMinute: count("Starts in any minute.").optional(),
    maxConcurrentSteps: count("Steps that are carried out at once.").optional(),
    maxPayloadBytes: count("Bytes of one input, signal or answer.").optional(),
    retention: z
      .string()
      .max(64)
      .regex(/^P/)
      .meta({ description: "How long ended runs are kept, as ISO 8601 duration." })
      .optional(),
    monthlyUsd: z.number().min(0).meta({ description: "Model cost in a month." }).optional(),
  })
  .meta({
    id: "Limits",
    description: "Limits of a tenant, each optional; none where absent.",
    examples: [{ maxActiveRuns: 100, startsPerMinute: 600 }],
  });

/** What PATCH takes: null removes a limit. */
const LimitsPatch = z
  .strictObject({
    maxActiveRuns: Limits.shape.maxActiveRuns.nullable(),
    startsPerMinute: Limits.shape.startsPerMinute.nullable(),
    maxConcurrentSteps: Limits.shape.maxConcurrentSteps.nullable(),
    maxPayloadBytes: Limits.shape.maxPayloadBytes.nullable(),
    retention: Limits.shape.retention.nullable(),
    monthlyUsd: Limits.shape.monthlyUsd.nullable(),
  })
  .meta({
    id: "LimitsPatch",
    description: "Limits to set; what is absent stays, and null removes a limit.",
    examples: [{ maxActiveRuns: 200, startsPerMinute: null }],
  });

const Lane = z.enum(["dedicated", "shared"]).meta({
  description: "Whether the tenant has a queue of its own or shares pooled ones.",
});

export const TenantRequest = z
  .strictObject({
    name: line(200, "For people."),
    limits: Limits.optional(),
    lane: Lane.optional(),
  })
  .meta({
    id: "TenantRequest",
    description: "A tenant to make.",
    examples: [{ name: "Acme", limits: { maxActiveRuns: 100 }, lane: "shared" }],
  });

const Suspended = z.boolean().meta({
  description: "Nothing of it is carried out, and its keys may only read, until it is lifted.",
});

export const TenantPatch = z
  .strictObject({
    name: line(200, "For people.").optional(),
    limits: LimitsPatch.optional(),
    suspended: Suspended.optional(),
  })
  .meta({
    id: "TenantPatch",
    description: "What to change of a tenant. Its lane stays as it was made.",
    examples: [{ limits: { maxActiveRuns: 200 } }],
  });

const EXAMPLE = {
  id: "ten_01hzy",
  name: "Acme",
  limits: { maxActiveRuns: 100 },
  lane: "shared",
  createdAt: "2026-11-21T09:30:00.000Z",
} as const;

export const Tenant = z
  .strictObject({
    id: idOf("The tenant.", EXAMPLE.id),
    name: line(200, "For people."),
    limits: Limits,
    lane: Lane,
    suspended: Suspended.optional(),
    createdAt: Timestamp,
    warnings: z
      .array(z.string().max(200))
      .max(10)
      .meta({ description: "Limits that are kept, and that this version does not act upon." })
      .optional(),
  })
  .meta({ id: "Tenant", description: "A tenant.", examples: [EXAMPLE] });

export const TenantList = listOf("TenantList", Tenant, EXAMPLE);
