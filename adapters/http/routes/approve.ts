import * as z from "zod";
import { Link, LinkAnswer, LinkDecision } from "../../../core/contract/links.ts";
import type { Result } from "../../../core/engine/refusal.ts";
import type { LinkView } from "../../../core/engine/views.ts";
import { isObject, type JsonObject } from "../../../core/kernel/json.ts";
import type { Serving } from "../app-deps.ts";
import { check } from "../check.ts";
import type { HttpRequest } from "../http.ts";
import { answerLink } from "../link-answer.ts";
import { linkRefusal, linkReply, TOKEN_PATH, wantsJson } from "../link-reply.ts";
import { type Checked, refused } from "../problem.ts";
import { isJson, mediaType, parseJson, readText } from "../read-body.ts";
import { readForm } from "../read-form.ts";
import { route } from "../route.ts";
import { isOwnSite } from "../same-site.ts";

const byLink = {
  link: z
    .string()
    .max(2048)
    .regex(/^[A-Za-z0-9_.~-]+$/)
    .meta({ description: "From the message; whoever has it may see and decide this one task." }),
};

/** Which of them it is, the task says: an approval is decided, and all else is answered. */
const LinkBody = z.union([LinkDecision, LinkAnswer]);

const ANSWER = { schema: Link, texts: ["text/html"] } as const;

/** Signed links. Reading never changes anything; only a POST that carries the page's nonce does. */
export const approveRoutes = [
  route({
    method: "GET",
    path: TOKEN_PATH,
    operationId: "viewLink",
    tag: "Signed links",
    summary: "See what a signed link asks",
    description: "A page with the form; JSON for whoever accepts only JSON. Changes nothing, ever.",
    needs: "nothing",
    params: byLink,
    page: linkRefusal,
    answers: [{ status: 200, description: "What is asked, or the receipt.", ...ANSWER }],
    refusals: ["LINK_DEAD"],
    async handle({ params, request }, { engine }) {
      const viewed = await view(engine, params.link);
      return viewed.ok ? { ok: true, value: linkReply(viewed.value, wantsJson(request)) } : viewed;
    },
  }),
  route({
    method: "POST",
    path: TOKEN_PATH,
    operationId: "decideLink",
    tag: "Signed links",
    summary: "Decide or answer by a signed link",
    description:
      "What the page's form sends, or the same as JSON. Decides as the person the link was sent " +
      "to. The same again answers the receipt; another decision is refused with `TASK_DECIDED`. " +
      "A form or a question takes `{data, nonce}`; what does not fit is a 422, and nothing is sent.",
    needs: "nothing",
    params: byLink,
    body: LinkBody,
    page: linkRefusal,
    answers: [{ status: 200, description: "The receipt.", ...ANSWER }],
    refusals: [
      "LINK_DEAD",
      "TASK_DECIDED",
      "TASK_CLOSED",
      "ALREADY_VOTED",
      "DIGEST_MISMATCH",
      "NONCE_INVALID",
      "CROSS_SITE",
      "INVALID_FORM",
      "TASK_CLAIMED",
      "INVALID_REQUEST",
    ],
    async handle({ params, request }, deps) {
      if (!isOwnSite(request, deps.publicUrl)) {
        return refused("CROSS_SITE", "The decision came from another site.");
      }
      // A dead link is told as such whatever was sent to it, so that nothing tells them apart.
      const viewed = await view(deps.engine, params.link);
      if (!viewed.ok) return viewed;
      const sent = readSent(request, deps);
      if (!sent.ok) return sent;
      if (viewed.value.task.kind !== "approval") {
        return answerLink(deps, request, params.link, viewed.value, sent.value);
      }
      const decision = check(LinkDecision, sent.value, "decision");
      if (!decision.ok) return decision;
      const decided = await deps.engine.links.decide(params.link, decision.value);
      if (!decided.ok) return decided;
      const { tenant, ...link } = decided.value;
      const by = { tenant, actor: { kind: "link", id: link.approver } } as const;
      return { ok: true, value: { ...linkReply(link, wantsJson(request)), by } };
    },
  }),
];

function view(
  engine: Serving["engine"],
  token: string,
): Promise<Result<LinkView>> | ReturnType<typeof dead> {
  return isToken(token) ? engine.links.view(token) : dead();
}

/** The form's empty comment is no comment; JSON says what it means. */
function readSent(request: HttpRequest, { limits }: Serving): Checked<JsonObject> {
  const text = readText(request, limits, (type) => isJson(type) || type === FORM);
  if (!text.ok) return text;
  const type = mediaType(request.headers["content-type"] ?? "");
  const sent = type === FORM ? readForm(text.value) : parseJson(text.value, limits);
  if (!sent.ok) return sent;
  return isObject(sent.value)
    ? { ok: true, value: sent.value }
    : refused("INVALID_REQUEST", "The body must be an object.");
}

const FORM = "application/x-www-form-urlencoded";

function isToken(token: string): boolean {
  return byLink.link.safeParse(token).success;
}

function dead() {
  return {
    ok: false,
    refusal: { code: "LINK_DEAD", message: "This link no longer works." },
  } as const;
}
