import type { LinkView } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";
import { PROBLEMS } from "./error-catalog.ts";
import type { HttpRequest } from "./http.ts";
import { approvalPage, conflictPage, deadPage, troublePage } from "./pages/approval.ts";
import { formPage } from "./pages/form.ts";
import { FORM_CSP } from "./pages/page.ts";
import { problemReply, type Refused, retryHeaders } from "./problem.ts";
import { mediaType } from "./read-body.ts";
import type { Reply } from "./route.ts";

/** How the path of a link is written wherever it is told: the token is a key, and is never told. */
export const TOKEN_PATH = "/approve/{link}";

const STRICT = { "x-robots-tag": "noindex, nofollow" };

/** JSON is answered to whoever sent JSON, or accepts it and no page. */
export function wantsJson({ method, headers }: HttpRequest): boolean {
  if (method === "POST" && mediaType(headers["content-type"] ?? "") === "application/json")
    return true;
  const accept = headers["accept"] ?? "";
  return accept.includes("json") && !accept.includes("text/html");
}

export function linkReply(link: LinkView, asJson: boolean): Reply {
  if (asJson) return { status: 200, value: link, headers: STRICT };
  return linkPage(200, link.task.kind === "approval" ? approvalPage(link) : formPage(link));
}

/** A refusal as a page for people, or as a problem for programs. */
export function linkRefusal(refusal: Refused, request: HttpRequest, requestId: string): Reply {
  if (wantsJson(request)) {
    const reply = problemReply(refusal, TOKEN_PATH, requestId);
    return { ...reply, headers: { ...reply.headers, ...STRICT } };
  }
  const { status, title } = PROBLEMS[refusal.code];
  const reply = linkPage(status, pageFor(refusal, title, requestId));
  return { ...reply, headers: { ...reply.headers, ...retryHeaders(refusal) } };
}

function pageFor(refusal: Refused, title: string, requestId: string): string {
  if (refusal.code === "LINK_DEAD") return deadPage();
  if (refusal.code === "TASK_DECIDED") {
    const { decision, decidedBy, at } = refusal.data ?? {};
    return conflictPage(said(decision), said(decidedBy), said(at));
  }
  return troublePage(title, refusal.message, requestId);
}

export function linkPage(status: number, text: string): Reply {
  return {
    status,
    text,
    headers: {
      ...STRICT,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": FORM_CSP,
    },
  };
}

function said(value: Json | undefined): string {
  return typeof value === "string" ? value : "unknown";
}
