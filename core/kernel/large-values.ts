import { artifactId, referencesIn, referenceTo, referredBy, withContents } from "./artifact.ts";
import type { Draft } from "./draft.ts";
import { ExpressionError } from "./expression-limits.ts";
import type { Json, JsonObject } from "./json.ts";
import { NeedsMore } from "./needs.ts";
import { bytesOf, SIZES } from "./sizes.ts";

/** Where values share the room of one row: what is left of it. */
export type Room = { bytes: number };

/** The content of an artifact as a decision has it; `none`: there is no such artifact. */
export type Content = Readonly<{ value: Json; bytes: number }> | "none";

/** Not worth an object of its own, however little room is left. */
const SMALL_BYTES = 2 * 1024;

export function newRoom(): Room {
  return { bytes: SIZES.inlineMax };
}

/**
 * A value as the log has it: itself, or when it is large a reference to it. Its content goes with
 * the decision, and is there before the commit that refers to it: see `handle`.
 * @returns undefined for a value that is larger than any may be.
 */
export function keep(draft: Draft, value: Json, room: Room = newRoom()): Json | undefined {
  const bytes = bytesOf(value);
  if (bytes > SIZES.valueMax) return undefined;
  if (bytes <= room.bytes || bytes <= SMALL_BYTES) {
    room.bytes -= bytes;
    draft.size += bytes;
    return value;
  }
  const content = JSON.stringify(value);
  const id = artifactId(draft.context.hash, content);
  draft.artifacts.set(id, { content, value });
  draft.opened += bytes;
  draft.rows++;
  return referenceTo(id);
}

/** What a door has bounded before. */
export function keepBounded(draft: Draft, value: Json): Json {
  const kept = keep(draft, value);
  if (kept === undefined) throw new Error(`a value for run ${draft.run.id} is larger than may be`);
  return kept;
}

/** Variables as the log has them; undefined when one of them, or all, are larger than may be. */
export function keepEach(draft: Draft, values: JsonObject): JsonObject | undefined {
  if (bytesOf(values) > SIZES.valueMax) return undefined;
  const room = newRoom();
  const kept = Object.entries(values).map(
    ([name, value]) => [name, keep(draft, value, room) ?? null] as const,
  );
  return Object.fromEntries(kept);
}

/** The value with all that it refers to, as expressions and tables see it. */
export function whole(draft: Draft, value: Json): Json {
  if (referencesIn(value).size === 0) return value;
  const missing = new Set<string>();
  let bytes = 0;
  const filled = withContents(value, (id) => {
    const content = contentOf(draft, id);
    if (content === undefined) missing.add(id);
    if (content === undefined || content === "none") return undefined;
    bytes += content.bytes;
    if (bytes <= SIZES.openMax) return content.value;
    const message = `what is referred to is larger than ${SIZES.openMax} bytes together`;
    throw new ExpressionError("EXPRESSION_LIMIT", message);
  });
  if (missing.size > 0) throw new NeedsMore({ kind: "artifacts", ids: [...missing] });
  draft.opened += bytes;
  return filled;
}

/** What a reference refers to, and any other value itself; not what is further in it. */
export function lookInto(draft: Draft, value: unknown): unknown {
  const id = referredBy(value);
  if (id === undefined) return value;
  const content = contentOf(draft, id);
  if (content === undefined) throw new NeedsMore({ kind: "artifacts", ids: [id] });
  if (content === "none") return value;
  draft.opened += content.bytes;
  return content.value;
}

function contentOf({ artifacts, context }: Draft, id: string): Content | undefined {
  const made = artifacts.get(id);
  if (made) return { value: made.value, bytes: made.content.length };
  return context.artifact ? context.artifact(id) : "none";
}
