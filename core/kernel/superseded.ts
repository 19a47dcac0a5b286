import { type Run, startName, tokensOf } from "./run.ts";

/**
 * Whether somebody else has taken over a call that a driver has under way, by the names of its
 * starts. The other one drives the run from then on, and this one leaves: two that took over from
 * each other again and again would use up all recoveries, and the run would fail.
 */
export function isSuperseded(run: Run, mine: ReadonlySet<string>): boolean {
  if (mine.size === 0) return false;
  return tokensOf(run).some((token) => {
    if (token.status !== "running" || mine.has(startName(token))) return false;
    for (let attempt = 1; attempt < token.attempt; attempt++) {
      if (mine.has(startName({ ...token, attempt }))) return true;
    }
    return false;
  });
}
