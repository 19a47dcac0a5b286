import { type Draft, emit } from "./draft.ts";
import { heldToken } from "./hold.ts";

/** A run that waited for its time alone begins. One that needs units asks for them first. */
export function releaseDue(draft: Draft): void {
  const held = heldToken(draft.run);
  if (!held || held.hold.line !== undefined || (held.hold.units ?? []).length > 0) return;
  if ((held.hold.until ?? 0) > draft.at) return;
  emit(draft, { type: "run.admitted" });
}
