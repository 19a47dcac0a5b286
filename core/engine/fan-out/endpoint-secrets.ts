import type { Instant, Json } from "../../kernel/json.ts";
import { RESERVED, type Secrets } from "../../ports/secrets.ts";
import { type Endpoint, isCallback } from "../../store/endpoints.ts";
import { keyIn } from "./webhook-signature.ts";

/** After a rotation, deliveries carry signatures of both secrets for so long. */
export const ROTATION_MS = 24 * 3_600_000;

type Kept = Readonly<{ current: string; previous?: string; previousUntil?: Instant }>;

/** Among the tenant's own secrets, so that they go with the tenant; no request can name it. */
function nameOf(id: string): string {
  return `${RESERVED}webhook.${id}`;
}

export async function keepSecret(
  secrets: Secrets,
  { tenant, id }: Pick<Endpoint, "tenant" | "id">,
  current: string,
): Promise<void> {
  await secrets.put(tenant, nameOf(id), JSON.stringify({ current } satisfies Kept));
}

/** Puts `secret` in the place of the present one, which stays good for a day. */
export async function rotateSecret(
  secrets: Secrets,
  endpoint: Pick<Endpoint, "tenant" | "id">,
  secret: string,
  now: Instant,
): Promise<Instant> {
  const kept = await read(secrets, endpoint);
  const previousUntil = now + ROTATION_MS;
  const next: Kept = {
    current: secret,
    ...(kept && { previous: kept.current, previousUntil }),
  };
  await secrets.put(endpoint.tenant, nameOf(endpoint.id), JSON.stringify(next));
  return previousUntil;
}

export async function forgetSecret(
  secrets: Secrets,
  { tenant, id }: Pick<Endpoint, "tenant" | "id">,
): Promise<void> {
  await secrets.remove(tenant, nameOf(id));
}

/** The keys that sign what goes out now, newest first; undefined when a named one is none. */
export async function signingKeys(
  secrets: Secrets,
  endpoint: Pick<Endpoint, "tenant" | "id" | "secretName">,
  now: Instant,
): Promise<readonly Uint8Array<ArrayBuffer>[] | undefined> {
  const { tenant, secretName } = endpoint;
  if (secretName !== undefined) {
    const own = keyIn((await secrets.get(tenant, secretName)) ?? "");
    return own && [own];
  }
  if (isCallback(endpoint.id)) return [];
  const kept = await read(secrets, endpoint);
  if (!kept) return [];
  const { current, previous, previousUntil = 0 } = kept;
  const live = previous !== undefined && now < previousUntil ? [current, previous] : [current];
  return live.flatMap((secret) => keyIn(secret) ?? []);
}

async function read(
  secrets: Secrets,
  { tenant, id }: Pick<Endpoint, "tenant" | "id">,
): Promise<Kept | undefined> {
  const text = await secrets.get(tenant, nameOf(id));
  return text === undefined ? undefined : (JSON.parse(text) as Kept & Json);
}
