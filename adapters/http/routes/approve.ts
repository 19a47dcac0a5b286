import * as z from "zod";
import { Link, LinkDecision } from "../../../core/contract/links.ts";
import type { Result } from "../../../core/engine/refusal.ts";
import type { LinkView } from "../../../core/engine/views.ts";
import type { Serving } from "../app-deps.ts";
import { check } from "../check.ts";
import type { HttpRequest } from "../http.ts";
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
    summary: "Decide by a signed link",
    description:
      "What the page's form sends, or the same as JSON. Decides as the person the link was sent " +
      "to. The same again answers the receipt; another decision is refused with `TASK_DECIDED`.",
    needs: "nothing",
    params: byLink,
    body: LinkDecision,
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
      "INVALID_REQUEST",
    ],
    async handle({ params, request }, deps) {
      if (!isOwnSite(request, deps.publicUrl)) {
        return refused("CROSS_SITE", "The decision came from another site.");
      }
      const decision = readDecision(request, deps);
      if (!decision.ok) {
        // A dead link is told as such whatever was sent to it, so that nothing tells them apart.
        const viewed = await view(deps.engine, params.link);
        return viewed.ok ? decision : viewed;
      }
      if (!isToken(params.link)) return dead();
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
function readDecision(
  request: HttpRequest,
  { limits }: Serving,
): Checked<z.infer<typeof LinkDecision>> {
  const text = readText(request, limits, (type) => isJson(type) || type === FORM);
  if (!text.ok) return text;
  const type = mediaType(request.headers["content-type"] ?? "");
  const sent = type === FORM ? readForm(text.value) : parseJson(text.value, limits);
  return sent.ok ? check(LinkDecision, sent.value, "decision") : sent;
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
