import { advance } from "../advance.ts";
import type { CommandOf } from "../command.ts";
import { type Draft, emit } from "../draft.ts";
import { heldToken } from "../hold.ts";
import type { Refused } from "./answer-waits.ts";

/** There is room: the run begins, with a unit of each limit that it waited for. */
export async function admitRun(draft: Draft): Promise<Refused | undefined> {
  const held = heldToken(draft.run);
  if (!held) return { reason: "run_not_held" };
  const units = (held.hold.units ?? []).map(({ name }) => name);
  emit(draft, { type: "run.admitted", ...(units.length > 0 && { units }) });
  await advance(draft, undefined);
  return undefined;
}

/** There is none: the run stands in the line of the limit that has none. */
export function lineRun(draft: Draft, { line }: CommandOf<"run.line">): Refused | undefined {
  const held = heldToken(draft.run);
  if (!held) return { reason: "run_not_held" };
  if (held.hold.line !== line) emit(draft, { type: "run.lined", line });
  return undefined;
}
