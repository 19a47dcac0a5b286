import type { Replays } from "../../core/engine/access.ts";
import type { Caller } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Checked, refused } from "./problem.ts";
import type { Reply } from "./route.ts";

export function readIdempotencyKey(header: string | undefined): Checked<string | undefined> {
  return header === undefined || /^[\x21-\x7e]{1,255}$/.test(header)
    ? { ok: true, value: header }
    : refused("IDEMPOTENCY_KEY_INVALID", "The key must be 1 to 255 visible ASCII characters.");
}

/**
 * Keys are compared per API key and path: one client's repeat is never another client's answer.
 * The tenant comes first, as in every row.
 */
export function replayScope(caller: Caller | undefined, path: string): string {
  return caller === undefined ? `platform#${path}` : `${caller.tenant}#${caller.keyId}#${path}`;
}

/**
 * Does something once per key. Only what was done is kept: a refusal or a fault gives the key up,
 * so that the same request may be sent again once its cause is gone.
 */
export async function once(
  replays: Replays,
  use: Readonly<{ scope: string; key: string; bodyHash: string; shownOnce: string | undefined }>,
  act: () => Promise<Checked<Reply>>,
): Promise<Checked<Reply>> {
  const { scope, key, bodyHash, shownOnce } = use;
  const begun = await replays.begin(scope, key, bodyHash);
  switch (begun.type) {
    case "replay":
      return {
        ok: true,
        value: {
          status: begun.status,
          value: begun.body,
          headers: { "idempotency-replayed": "true" },
        },
      };
    case "reused":
      return refused("IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key came with another body.");
    case "in_flight":
      return refused("IDEMPOTENCY_IN_FLIGHT", "The first request with this key is under way.");
    case "first":
  }
  let done: Checked<Reply> | undefined;
  try {
    done = await act();
  } finally {
    if (done?.ok !== true) await replays.abandon(scope, key);
  }
  if (done.ok) {
    const { status, value } = done.value;
    const kept = without(shownOnce, (value ?? {}) as JsonObject);
    await replays.finish(scope, key, bodyHash, status, kept);
  }
  return done;
}

function without(name: string | undefined, value: JsonObject): JsonObject {
  if (name === undefined) return value;
  const { [name]: _secret, ...kept } = value;
  return kept;
}
