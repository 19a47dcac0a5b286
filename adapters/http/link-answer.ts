import { LinkAnswer } from "../../core/contract/links.ts";
import type { LinkView } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Serving } from "./app-deps.ts";
import { check } from "./check.ts";
import type { HttpRequest } from "./http.ts";
import { linkPage, linkReply, wantsJson } from "./link-reply.ts";
import { formPage } from "./pages/form.ts";
import { answerOf, fieldsOf } from "./pages/form-fields.ts";
import type { Checked } from "./problem.ts";
import type { Reply } from "./route.ts";

/**
 * Somebody sends the page of a form or a question, or the same as JSON. An answer that does not fit
 * comes back as the page, with what was filled in and what is wrong beside each field.
 */
export async function answerLink(
  { engine }: Pick<Serving, "engine">,
  request: HttpRequest,
  token: string,
  link: LinkView,
  sent: JsonObject,
): Promise<Checked<Reply>> {
  if (wantsJson(request)) {
    const answer = check(LinkAnswer, sent, "answer");
    if (!answer.ok) return answer;
    const { data, nonce } = answer.value;
    return receipt(await engine.links.complete(token, { data, nonce }), request);
  }
  const { data, unread } = answerOf(fieldsOf(link.task.schema), sent);
  const nonce = typeof sent["nonce"] === "string" ? sent["nonce"] : "";
  const completed = await engine.links.complete(token, {
    data,
    nonce,
    isWhole: unread.length === 0,
  });
  if (completed.ok || completed.refusal.code !== "INVALID_FORM") return receipt(completed, request);
  const { errors = [] } = completed.refusal;
  return { ok: true, value: linkPage(422, formPage(link, { sent, errors, unread })) };
}

type Completed = Awaited<ReturnType<Serving["engine"]["links"]["complete"]>>;

function receipt(completed: Completed, request: HttpRequest): Checked<Reply> {
  if (!completed.ok) return completed;
  const { tenant, ...link } = completed.value;
  const by = { tenant, actor: { kind: "link", id: link.approver } } as const;
  return { ok: true, value: { ...linkReply(link, wantsJson(request)), by } };
}
