import * as z from "zod";
import { AnyJson, count, idOf, line, listOf, paging, prose, Timestamp } from "./fields.ts";
import { WorkflowName } from "./workflows.ts";

export const TASK_KINDS = ["approval", "form", "ask"] as const;
export const TASK_STATUSES = ["open", "claimed", "done", "expired", "cancelled"] as const;

const Digest = z.string().max(128).meta({
  description: "SHA-256 of what is decided upon; a decision that names another is refused.",
});

export const DecideRequest = z
  .strictObject({
    decision: line(64, "The id of one of the task's options."),
    comment: prose(10_000, "Why; kept on record.").optional(),
    edits: AnyJson.optional(),
    digest: Digest.optional(),
    as: line(254, "The person the key acts for, if it may.").optional(),
  })
  .meta({
    id: "DecideRequest",
    description: "A decision.",
    examples: [{ decision: "approved", comment: "as agreed on the phone" }],
  });

export const Decision = z
  .strictObject({
    decision: line(64, "What was decided."),
    by: line(512, "Who decided."),
    via: z.enum(["api", "email", "escalation"]),
    assertedBy: line(254, "The key that named the person.").optional(),
    comment: prose(10_000, "Why.").optional(),
    edits: AnyJson.optional(),
    at: Timestamp,
  })
  .meta({ id: "Decision", description: "Who decided what, when and why." });

const Person = line(254, "The person the key acts for, if it may.");

export const CompleteRequest = z.strictObject({ data: AnyJson, as: Person.optional() }).meta({
  id: "CompleteRequest",
  description: "The filled form, or `{response}` of a question.",
  examples: [{ data: { approved: true, comments: "fine" } }],
});

export const ClaimRequest = z.strictObject({ as: Person.optional() }).meta({
  id: "ClaimRequest",
  description: "Who claims or releases.",
  examples: [{ as: "ada@acme.example" }],
});

export const ReassignRequest = z
  .strictObject({ assignees: z.array(line(254, "Who is asked now.")).min(1).max(40) })
  .meta({
    id: "ReassignRequest",
    description: "Who is asked instead.",
    examples: [{ assignees: ["bob@acme.example"] }],
  });

const EXAMPLE = {
  id: "task_01hzy",
  runId: "run_01hzy",
  workflow: "refund",
  node: "check",
  kind: "approval",
  status: "open",
  title: "Refund 12?",
  description: null,
  preview: { order: "A-17", amount: 12 },
  digest: "9f86d081884c7d65",
  options: [
    { id: "approved", label: "Approve" },
    { id: "rejected", label: "Reject" },
  ],
  quorum: 1,
  schema: null,
  ui: null,
  assignees: ["finance@acme.example"],
  groups: [],
  due: null,
  priority: 0,
  claimedBy: null,
  data: null,
  reminders: [{ at: "2026-11-22T09:30:00.000Z", doneAt: null }],
  escalation: [
    {
      at: "2026-11-24T09:30:00.000Z",
      doneAt: null,
      action: "reassign",
      to: ["boss@acme.example"],
    },
  ],
  decision: null,
  decisions: [],
  createdAt: "2026-11-21T09:30:00.000Z",
  updatedAt: "2026-11-21T09:30:00.000Z",
} as const;

const TIMES = {
  at: Timestamp,
  doneAt: Timestamp.nullable().meta({ description: "When it happened; null while it has not." }),
};

const Option = z.strictObject({ id: line(64, "Sent as `decision`."), label: prose(256, "Shown.") });

export const Task = z
  .strictObject({
    id: idOf("The task.", EXAMPLE.id),
    runId: idOf("Its run.", EXAMPLE.runId),
    workflow: WorkflowName,
    node: line(256, "The node that waits."),
    kind: z.enum(TASK_KINDS),
    status: z.enum(TASK_STATUSES),
    title: prose(10_000, "What is asked."),
    description: prose(65_536, "More about it.").nullable(),
    preview: AnyJson,
    digest: Digest,
    options: z.array(Option).max(100),
    quorum: count("How many must decide alike."),
    schema: AnyJson,
    ui: AnyJson,
    assignees: z.array(line(254, "Who is asked.")).max(1000),
    groups: z.array(line(254, "Which groups are asked.")).max(1000),
    due: Timestamp.nullable(),
    priority: z.number().meta({ description: "Higher comes first." }),
    claimedBy: line(512, "Who has it in hand.").nullable(),
    data: AnyJson,
    reminders: z
      .array(z.strictObject(TIMES))
      .max(20)
      .meta({ description: "When those who are asked are reminded." }),
    escalation: z
      .array(
        z.strictObject({
          ...TIMES,
          action: z.enum(["remind", "reassign", "decide"]),
          to: z.array(line(512, "Who is asked instead.")).max(40).optional(),
          decision: line(64, "What is decided.").optional(),
        }),
      )
      .max(20)
      .meta({ description: "What happens when nobody answers." }),
    decision: line(64, "What was decided in the end.").nullable(),
    decisions: z.array(Decision).max(1000),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: "Task", description: "What a person must do.", examples: [EXAMPLE] });

export const TaskList = listOf("TaskList", Task, EXAMPLE);

export const TaskQuery = z.strictObject({
  status: z.enum(TASK_STATUSES).optional(),
  assignee: line(254, "Only tasks of this person.").optional(),
  group: line(254, "Only tasks of this group.").optional(),
  run: idOf("Only tasks of this run.", EXAMPLE.runId).optional(),
  kind: z.enum(TASK_KINDS).optional(),
  ...paging,
});
