import type { Asking, Mark, Outcome } from "../../core/engine/audit.ts";
import { PLATFORM } from "../../core/engine/audit.ts";
import type { Caller } from "../../core/engine/views.ts";
import type { AppDeps } from "./app-deps.ts";
import type { HttpRequest } from "./http.ts";
import { TOKEN_PATH } from "./link-reply.ts";
import type { Reply, Route } from "./route.ts";

/** What the door knows of a request whose sender it knows. */
export type Known = Readonly<{
  request: HttpRequest;
  id: string;
  route?: Route;
  caller?: Caller;
  /** A link or a hook says itself whose it is, once it was taken. */
  by?: Reply["by"];
}>;

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether it is told of before it happens: what only an administrator may, and is rare. */
export function isToldBefore({ method, needs, audited }: Route): boolean {
  if (READS.has(method) || audited === false) return false;
  return needs === "administer" || needs === "platform";
}

/** Whether it is to be told of: what was to change something, and what a role does not allow. */
export function isToldOf({ route, by }: Known, { status, code }: Outcome): boolean {
  if (!route || route.audited === false || status === 401) return false;
  if (route.needs === "nothing") return by !== undefined;
  return !READS.has(route.method) || code === "FORBIDDEN";
}

/** Undefined for a request of nobody whom we know. */
export function askingOf({ request, id, route, caller, by }: Known): Asking | undefined {
  if (!route) return undefined;
  const isLink = request.path.startsWith("/approve/");
  const said = {
    action: route.operationId,
    method: request.method,
    path: isLink ? TOKEN_PATH : request.path.slice(0, 2048),
    requestId: id,
    ...(request.from !== undefined && { from: request.from }),
  };
  if (by) return { ...said, tenant: by.tenant, actor: by.actor };
  if (caller) {
    const { tenant, keyId, role, person } = caller;
    const actor = { kind: "key", id: keyId } as const;
    return { ...said, tenant, actor, role, ...(person !== undefined && { person }) };
  }
  if (route.needs !== "platform") return undefined;
  return { ...said, tenant: PLATFORM, actor: { kind: "platform", id: "platform" } };
}

/**
 * Tells the audit how a request went. What has happened has happened: that it could not be told of
 * is for the log, which then has all of it.
 */
export async function tell(
  { audit, log }: Pick<AppDeps, "audit" | "log">,
  known: Known,
  outcome: Outcome,
  mark: Mark | undefined,
): Promise<void> {
  if (mark === undefined && !isToldOf(known, outcome)) return;
  const asking = askingOf(known);
  if (!asking) return;
  try {
    await audit.end(asking, outcome, mark);
  } catch (error) {
    log.error("audit not written", { ...asking, ...outcome, error: String(error) });
  }
}

export function outcomeOf(status: number, code: string | undefined, reply?: Reply): Outcome {
  const replayed = reply?.headers?.["idempotency-replayed"] === "true";
  return {
    outcome: status >= 500 ? "failed" : status >= 400 ? "refused" : "done",
    status,
    ...(code !== undefined && { code }),
    ...(replayed && { replayed }),
  };
}
