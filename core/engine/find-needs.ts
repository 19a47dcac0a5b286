import type { Json } from "../kernel/json.ts";
import type { Content } from "../kernel/large-values.ts";
import type { Asked, Found, Need } from "../kernel/needs.ts";
import type { Clock } from "../ports/clock.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Rules } from "../ports/rules.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import type { Contents } from "./artifacts/contents.ts";

export type NeedDeps = Readonly<{
  sandbox: Sandbox;
  rules: Rules;
  contents: Contents;
  clock: Clock;
}>;

/** What customers wrote is run here, and never in the kernel. */
async function answer(deps: NeedDeps, tenant: string, need: Asked): Promise<Found> {
  switch (need.kind) {
    case "script": {
      const { code, input, timeoutMs } = need;
      const result = await deps.sandbox.run({ tenant, code, input, timeoutMs });
      return result.ok ? { ok: true, value: result.output } : result;
    }
    case "rules": {
      const matches = deps.rules.match(need.cells, need.input);
      return matches.ok ? { ok: true, value: matches.matched as unknown as Json } : matches;
    }
  }
}

/** What was found for one command, however often it is decided anew. */
export function foundNeeds(deps: NeedDeps, key: RunKey) {
  const known = new Map<string, Found>();
  const contents = new Map<string, Content>();
  let instant: number | undefined;
  return {
    /** The same while needs are found: a script that is handed the time is one need, not many. */
    now: () => (instant ??= deps.clock.now()),
    /** The decision begins again, on what somebody else has written. */
    later: () => {
      instant = undefined;
    },
    found: (need: Asked) => known.get(JSON.stringify(need)),
    artifact: (id: string) => contents.get(id),
    async find(need: Need): Promise<void> {
      if (need.kind === "artifacts") {
        for (const id of need.ids) contents.set(id, await deps.contents.read(key, id));
      } else known.set(JSON.stringify(need), await answer(deps, key.tenant, need));
    },
  };
}
