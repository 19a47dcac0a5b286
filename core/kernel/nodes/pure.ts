import { fail, nodeOf, succeed } from "../depart.ts";
import { type Draft, passingOn, scopeOf } from "../draft.ts";
import { closeAll, finishRun } from "../end-run.ts";
import type { Scope } from "../expression.ts";
import { ExpressionError } from "../expression-limits.ts";
import { frameOf } from "../frames.ts";
import { isObject, type Json } from "../json.ts";
import { hasEnded, type Token } from "../run.ts";
import { evaluateTemplate, type Template } from "../template.ts";
import { begin } from "./begin.ts";

const MESSAGE_LENGTH_MAX = 2_000;

/** Computes values: decided where the token is let through, so it costs no write of its own. */
export async function visitSet(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const value = await passedOn(draft, token, nodeOf(draft, token).with);
  if (!value.ok) return fail(draft, token, value.error);
  return succeed(draft, token, { output: value.value ?? null });
}

/** Ends a path, or with `terminate` or a failure the whole run. */
export async function visitEnd(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const node = nodeOf(draft, token);
  const { document, fields } = node;
  if (document["status"] === "failed") {
    const told = await valueOf(draft, token, fields["error"]);
    if (!told.ok) return fail(draft, token, told.error);
    const error = isObject(told.value) ? told.value : {};
    const code = typeof error["code"] === "string" ? error["code"].slice(0, 100) : "FAILED";
    const message = error["message"] ?? `the run ended at ${node.id}`;
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const shown = text.slice(0, MESSAGE_LENGTH_MAX);
    return fail(draft, token, { code, message: shown, retryable: false });
  }
  const template = fields["output"] ?? node.with;
  const value = await passedOn(draft, token, template);
  if (!value.ok) return fail(draft, token, value.error);
  const output = template ? value.value : frameOf(draft.run, token.scope).lastOutput;
  await succeed(draft, token, { output: output ?? null });
  if (document["terminate"] !== true || hasEnded(draft.run) || token.scope !== undefined) return;
  closeAll(draft);
  await finishRun(draft);
}

export type Value =
  | Readonly<{ ok: true; value: Json | undefined }>
  | Readonly<{ ok: false; error: { code: string; message: string } }>;

/** A template's value where the token stands, or the error that its step fails with. */
export function valueOf(
  draft: Draft,
  token: Token,
  template: Template | undefined,
): Promise<Value> {
  return evaluated(token, template, () => scopeOf(draft, draft.run, token));
}

/** The same, where what is large is not looked into but passed on. */
export function passedOn(
  draft: Draft,
  token: Token,
  template: Template | undefined,
): Promise<Value> {
  return evaluated(token, template, () => passingOn(draft, draft.run, token));
}

async function evaluated(
  token: Token,
  template: Template | undefined,
  scope: () => Scope,
): Promise<Value> {
  if (!template) return { ok: true, value: undefined };
  if (template.type === "constant") return { ok: true, value: template.value };
  try {
    return { ok: true, value: await evaluateTemplate(template, scope()) };
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    return { ok: false, error: { code: cause.code, message: `${token.node}: ${cause.message}` } };
  }
}
