import { isSame } from "../kernel/decisions/decide-task.ts";
import { instantText } from "../kernel/duration.ts";
import { isOpenTask, type TaskRecord } from "../store/task-rows.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import { complete } from "./people/answer-task.ts";
import { isNonceOf, type LinkClaims, nonceOf, readLink } from "./people/link-token.ts";
import { readTask, taskView } from "./read/read-task.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { decideTask } from "./tasks.ts";
import type { LinkView } from "./views.ts";

/** A link is dead in one way only, so that nobody learns from it what there was. */
const DEAD = "this link is not valid, or not any more";

/** Signed links: reading them changes nothing, and deciding by them is deciding as their person. */
export function linksOf(deps: EngineDeps): Engine["links"] {
  async function open(
    token: string,
  ): Promise<{ claims: LinkClaims; task: TaskRecord } | undefined> {
    const claims = await readLink(deps.signer, token, deps.clock.now());
    if (!claims) return undefined;
    const task = await readTask(deps, claims.tenant, claims.task);
    if (!task || task.runId !== claims.runId) return undefined;
    // A decided task still shows its receipt to those whom it asked; any other end is the end.
    if (!isOpenTask(task) && task.status !== "done") return undefined;
    return [...task.approvers, task.claimedBy ?? ""].some((one) => isSame(one, claims.approver))
      ? { claims, task }
      : undefined;
  }

  async function view(token: string, claims: LinkClaims, task: TaskRecord): Promise<LinkView> {
    return {
      task: taskView(task),
      approver: claims.approver,
      nonce: await nonceOf(deps.signer, token),
      expires: instantText(claims.expires),
    };
  }

  return {
    async view(token): Promise<Result<LinkView>> {
      const opened = await open(token);
      if (!opened) return refuse("LINK_DEAD", DEAD);
      return ok(await view(token, opened.claims, opened.task));
    },

    async complete(token, { data, nonce, isWhole = true }) {
      const opened = await open(token);
      if (!opened) return refuse("LINK_DEAD", DEAD);
      const { claims, task } = opened;
      if (isOpenTask(task) && !(await isNonceOf(deps.signer, token, nonce))) {
        return refuse("NONCE_INVALID", "the form is not the one that this link shows");
      }
      if (isOpenTask(task) && task.kind !== "approval" && !isWhole) {
        return refuse("INVALID_FORM", "the answer could not be read");
      }
      const { tenant, approver: by } = claims;
      const caller = { tenant, keyId: "link", person: by };
      const completed = await complete(deps, caller, task, { by, via: "email" }, data);
      if (!completed.ok) return completed;
      const now = (await readTask(deps, tenant, task.id)) ?? task;
      return ok({ ...(await view(token, claims, now)), tenant });
    },

    async decide(token, { nonce, ...request }): Promise<Result<LinkView & { tenant: string }>> {
      const opened = await open(token);
      if (!opened) return refuse("LINK_DEAD", DEAD);
      const { claims, task } = opened;
      // A conflict is told before any complaint about the nonce: the person must learn the truth.
      if (task.status === "open" && !(await isNonceOf(deps.signer, token, nonce))) {
        return refuse("NONCE_INVALID", "the form is not the one that this link shows");
      }
      const { tenant, approver } = claims;
      const caller = { tenant, keyId: "link", person: approver };
      const { as: _nobody, ...given } = request;
      const by = { ...given, by: approver, via: "email" } as const;
      const decided = await decideTask(deps, caller, task, by);
      if (!decided.ok) return decided;
      const now = (await readTask(deps, tenant, task.id)) ?? task;
      return ok({ ...(await view(token, claims, now)), tenant });
    },
  };
}
