import type { Run, Token } from "./run.ts";

/** A token comes to a node, with what it brings along from where it was. */
export function arrive(
  run: Run,
  from: Pick<Token, "scope" | "forks" | "seen">,
  id: number,
  to: string,
  park?: boolean,
): Run {
  const token: Token = {
    id,
    node: to,
    status: park ? "parked" : "ready",
    visit: 0,
    attempt: 0,
    recoveries: 0,
    call: 0,
    since: run.at,
    arrival: run.arrivals + 1,
    ...(from.scope !== undefined && { scope: from.scope }),
    ...(from.forks && { forks: from.forks }),
    ...(from.seen && { seen: from.seen }),
  };
  return { ...run, arrivals: run.arrivals + 1, tokens: { ...run.tokens, [id]: token } };
}
