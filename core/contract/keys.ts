import * as z from "zod";
import { idOf, line, listOf, Timestamp } from "./fields.ts";
import { WorkflowName } from "./workflows.ts";

export const Role = z.enum(["admin", "operator", "approver", "viewer", "worker"]).meta({
  id: "Role",
  description: "What a key may do.",
});

const Person = line(
  254,
  "The address of the person this key belongs to; its decisions are theirs.",
);
const ActsFor = z.boolean().meta({
  description: "May name another person with `as`, or another actor; the record says so.",
});

const Workflows = z.array(WorkflowName).min(1).max(50).meta({
  description: "Only these workflows, with their runs and tasks, exist for this key.",
});
const Lifetime = z
  .string()
  .max(64)
  .regex(/^P/)
  .meta({ description: "How long, as ISO 8601 duration." });

export const KeyRequest = z
  .strictObject({
    name: line(200, "For people."),
    role: Role.optional().meta({ description: "Default: operator." }),
    person: Person.optional(),
    actsFor: ActsFor.optional(),
    workflows: Workflows.optional(),
    expiresIn: Lifetime.optional().meta({ description: "It opens nothing after so long." }),
  })
  .meta({
    id: "KeyRequest",
    description: "A key to make.",
    examples: [{ name: "ci", role: "operator" }],
  });

const EXAMPLE = {
  id: "key_01hzy",
  name: "ci",
  role: "operator",
  createdAt: "2026-11-21T09:30:00.000Z",
} as const;

const fields = {
  id: idOf("The key's id; it is not the key.", EXAMPLE.id),
  name: line(200, "For people."),
  role: Role,
  person: Person.optional(),
  actsFor: ActsFor.optional(),
  workflows: Workflows.optional(),
  createdAt: Timestamp,
  expiresAt: Timestamp.optional().meta({ description: "From then on it opens nothing." }),
  lastUsedAt: Timestamp.optional().meta({
    description: "When it was last used, up to 15 minutes behind.",
  }),
  rotatedTo: idOf("The key that takes its place.", "key_01hzz").optional(),
};

export const RotateRequest = z
  .strictObject({
    overlap: Lifetime.optional().meta({
      description: "How long the old key still works: 24 hours unless said, at most 90 days.",
    }),
  })
  .meta({
    id: "RotateRequest",
    description: "How to change over.",
    examples: [{ overlap: "PT1H" }],
  });

export const Key = z
  .strictObject(fields)
  .meta({ id: "Key", description: "A key, without what it opens with.", examples: [EXAMPLE] });

export const KeyCreated = z
  .strictObject({
    ...fields,
    key: z
      .string()
      .max(256)
      .optional()
      .meta({ description: "Shown once, here; a replayed answer comes without it." }),
  })
  .meta({
    id: "KeyCreated",
    description: "A new key, shown this once.",
    examples: [{ ...EXAMPLE, key: "hf_shown_once" }],
  });

export const KeyList = listOf("KeyList", Key, EXAMPLE);
