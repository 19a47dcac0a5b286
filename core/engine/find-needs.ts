import type { Json } from "../kernel/json.ts";
import type { Found, Need } from "../kernel/needs.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Rules } from "../ports/rules.ts";
import type { Sandbox } from "../ports/sandbox.ts";

export type NeedDeps = Readonly<{ sandbox: Sandbox; rules: Rules }>;

/** What a decision asked for. What customers wrote is run here, and never in the kernel. */
export async function findNeed(deps: NeedDeps, { tenant }: RunKey, need: Need): Promise<Found> {
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
export function foundNeeds() {
  const known = new Map<string, Found>();
  return {
    found: (need: Need) => known.get(JSON.stringify(need)),
    keep: (need: Need, found: Found) => void known.set(JSON.stringify(need), found),
  };
}
