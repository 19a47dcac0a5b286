import type { Committed } from "../../store/commit.ts";
import type { Endpoint } from "../../store/endpoints.ts";
import { wantsType } from "../../store/wants-type.ts";
import type { FanOutDeps } from "./deps.ts";
import { owe } from "./line.ts";
import { wantsRun } from "./wanted.ts";

/**
 * Owes a commit to the webhooks that want one of its events. Undefined when none does, which costs
 * no read and no turn: nearly every commit is such a one.
 *
 * It may be told of a commit late and twice, and must be told of each one once: nothing else makes
 * a webhook look at a run.
 */
export function oweWebhooks(deps: FanOutDeps, commit: Committed): Promise<void> | undefined {
  const known = deps.endpoints.remembered(commit.tenant);
  if (known) return oweThese(deps, commit, known);
  return deps.endpoints
    .enabled(commit.tenant)
    .then((endpoints) => oweThese(deps, commit, endpoints));
}

function oweThese(
  deps: FanOutDeps,
  commit: Committed,
  endpoints: readonly Endpoint[],
): Promise<void> | undefined {
  const wanting = endpoints.filter(({ types }) =>
    commit.types.some((type) => wantsType(types, type)),
  );
  return wanting.length === 0 ? undefined : oweEach(deps, commit, wanting);
}

async function oweEach(
  deps: FanOutDeps,
  { tenant, runId, lastSeq }: Committed,
  endpoints: readonly Endpoint[],
): Promise<void> {
  const facts = await deps.factsOf({ tenant, runId });
  if (!facts) return;
  for (const endpoint of endpoints) {
    if (!wantsRun(endpoint, facts)) continue;
    const line = { tenant, subscriber: endpoint.id, runId };
    if (await owe(deps, line, lastSeq)) await deps.senders.owed({ type: "line", ...line });
  }
}
