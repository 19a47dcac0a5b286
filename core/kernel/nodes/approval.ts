import { isGroup } from "../decisions/decide-task.ts";
import { fail, idsOf, nodeOf } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { parseDuration } from "../duration.ts";
import { timedId } from "../ids.ts";
import type { Instant, Json } from "../json.ts";
import type { Token } from "../run.ts";
import type { AgendaItem } from "../task.ts";
import type { Doubt } from "../wait.ts";
import { optionsOf } from "../workflow.ts";
import { APPROVERS_MAX, addresses } from "./addresses.ts";
import { agendaOf } from "./agenda.ts";
import { begin, tokenAt } from "./begin.ts";
import { valueOf } from "./pure.ts";
import { park } from "./wait.ts";

const TEXT_LENGTH_MAX = 10_000;
const PREVIEW_LENGTH_MAX = 60_000;

/** Asks people. The task carries all that they are shown, and a digest of what they decide upon. */
export async function visitApproval(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const node = nodeOf(draft, token);
  const values: Record<string, Json | undefined> = {};
  for (const [name, template] of Object.entries(node.fields)) {
    const value = await valueOf(draft, token, template);
    if (!value.ok) return fail(draft, token, value.error);
    values[name] = value.value;
  }
  const input = await valueOf(draft, token, node.with);
  if (!input.ok) return fail(draft, token, input.error);
  const approvers = addresses(values["approvers"]);
  if (!approvers) {
    const message = `the approvers of ${node.id} are not 1 to ${APPROVERS_MAX} addresses or groups`;
    return fail(draft, token, { code: "INVALID_APPROVERS", message });
  }
  const due = dueOf(draft, values["due"], node.timeoutMs);
  if (due === "invalid") {
    const message = `due of ${node.id} is not a duration`;
    return fail(draft, token, { code: "INVALID_TIME", message });
  }
  const { document } = node;
  const quorum = typeof document["quorum"] === "number" ? document["quorum"] : 1;
  if (approvers.length > 0 && quorum > approvers.length && !approvers.some(isGroup)) {
    const message = `${node.id} needs ${quorum} of ${approvers.length} approvers`;
    return fail(draft, token, { code: "INVALID_APPROVERS", message });
  }
  const agenda = agendaOf(draft, node.id, values, quorum);
  if (!agenda.ok) return fail(draft, token, { code: agenda.code, message: agenda.message });
  return openTask(draft, token, {
    agenda: agenda.items,
    title: textOf(values["title"] ?? node.title ?? `Approve ${node.id}`),
    description: values["description"] === undefined ? undefined : textOf(values["description"]),
    preview: values["preview"] ?? input.value ?? null,
    approvers,
    quorum,
    options: optionsOf(document),
    due,
    priority: typeof document["priority"] === "number" ? document["priority"] : 0,
    email: document["email"] !== false,
    gate: false,
  });
}

type Ask = Readonly<{
  kind?: "form" | "ask";
  groups?: readonly string[];
  agenda?: readonly AgendaItem[];
  schema?: Json;
  ui?: Json;
  title: string;
  description: string | undefined;
  preview: Json;
  approvers: readonly string[];
  quorum: number;
  options: readonly { id: string; label: string }[];
  due: Instant | undefined;
  priority: number;
  email: boolean;
  gate: boolean;
  doubt?: Doubt;
}>;

/** Opens a task for a token's step and lets the token wait for it. */
export async function openTask(draft: Draft, token: Token, ask: Ask): Promise<void> {
  const { hash, workflow } = draft.context;
  const ids = idsOf(token);
  const shownAll = [ask.preview, ask.schema ?? null, ask.ui ?? null];
  if (JSON.stringify(shownAll).length > PREVIEW_LENGTH_MAX) {
    // Nobody may approve what cannot be shown whole.
    const message = `the preview of ${ids.node} is larger than ${PREVIEW_LENGTH_MAX} characters`;
    return fail(draft, token, { code: "PREVIEW_TOO_LARGE", message });
  }
  // Made of the step, so that a decision made again asks for the same task.
  const place = `${draft.run.seed}/${ids.step}/${ids.attempt}`;
  const which = ask.doubt ? `${place}/${ask.doubt.about}/${draft.run.seq}` : place;
  const task = `task_${timedId(draft.at, hash(which))}`;
  const digest = hash(
    JSON.stringify([workflow.hash, ids.step, ask.title, ask.description ?? "", ask.preview]),
  );
  const { gate, doubt, due, description, kind = "approval", agenda = [], ...shown } = ask;
  draft.rows += 1 + ask.approvers.length;
  emit(draft, {
    type: "task.created",
    ...ids,
    ...shown,
    task,
    kind,
    digest,
    ...(description !== undefined && { description }),
    ...(due !== undefined && { due }),
    ...(agenda.length > 0 && { agenda }),
  });
  const until = due === undefined ? {} : { until: due };
  const first = agenda[0]?.at;
  const dueAt = first === undefined ? due : Math.min(first, due ?? first);
  park(
    draft,
    tokenAt(draft, token.id),
    kind === "approval"
      ? { kind, task, ...until, ...(gate && { gate }) }
      : { kind, task, ...until, ...(doubt && { doubt }) },
    dueAt,
  );
}

export function dueOf(draft: Draft, due: Json | undefined, timeoutMs: number | undefined) {
  if (due === undefined) return timeoutMs === undefined ? undefined : draft.at + timeoutMs;
  const ms = typeof due === "string" ? parseDuration(due) : undefined;
  return ms === undefined ? ("invalid" as const) : draft.at + ms;
}

export function textOf(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.slice(0, TEXT_LENGTH_MAX);
}
