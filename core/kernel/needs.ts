import type { Draft } from "./draft.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Cells } from "./table.ts";

/** What a decision must know that the kernel cannot work out: asked for, and never fetched. */
export type Need =
  | Readonly<{ kind: "script"; code: string; input: Json; timeoutMs: number }>
  | Readonly<{ kind: "rules"; cells: Cells; input: JsonObject }>
  /** Contents of large values, which are told by the context's `artifact`. */
  | Readonly<{ kind: "artifacts"; ids: readonly string[] }>;

/** What the sandbox and the tables answer. */
export type Asked = Exclude<Need, { kind: "artifacts" }>;

/** The same need is always answered alike, so that a decision can be made again. */
export type Found =
  | Readonly<{ ok: true; value: Json }>
  | Readonly<{ ok: false; reason: "threw" | "time" | "memory" | "size"; message: string }>;

/** Needs of one decision after which it takes on nothing more: each makes it begin again. */
export const NEEDS_SOFT = 20;

/** Ends a decision that cannot go on; `decide` hands the need out. */
export class NeedsMore extends Error {
  readonly need: Need;

  constructor(need: Need) {
    super(`the decision needs ${need.kind}`);
    this.name = "NeedsMore";
    this.need = need;
  }
}

/** The answer to a need, when whoever asks for the decision has it. */
export function lookUp(draft: Draft, need: Asked): Found {
  draft.needs++;
  const found = draft.context.found?.(need);
  if (!found) throw new NeedsMore(need);
  return found;
}
