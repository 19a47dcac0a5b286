import * as z from "zod";
import { idOf, line, listOf, Timestamp } from "./fields.ts";

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

export const KeyRequest = z
  .strictObject({
    name: line(200, "For people."),
    role: Role.optional().meta({ description: "Default: operator." }),
    person: Person.optional(),
    actsFor: ActsFor.optional(),
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
  createdAt: Timestamp,
};

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
