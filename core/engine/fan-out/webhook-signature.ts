const PREFIX = "whsec_";
const KEY_BYTES_MIN = 16;
const KEY_BYTES_MAX = 64;

/** A secret in the form of Standard Webhooks, from hex digits. */
export function secretOf(hex: string): string {
  return `${PREFIX}${Buffer.from(hex, "hex").toString("base64")}`;
}

/** The key in a secret; undefined when it is none of Standard Webhooks' form. */
export function keyIn(secret: string): Uint8Array<ArrayBuffer> | undefined {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Uint8Array.from(Buffer.from(text, "base64"));
  return key.length >= KEY_BYTES_MIN && key.length <= KEY_BYTES_MAX ? key : undefined;
}

/** `v1,…`: HMAC-SHA-256 over id, time and body, as Standard Webhooks has it. */
export async function signature(
  key: Uint8Array<ArrayBuffer>,
  message: Readonly<{ id: string; seconds: number; body: string }>,
): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  const text = new TextEncoder().encode(`${message.id}.${message.seconds}.${message.body}`);
  const mac = await crypto.subtle.sign("HMAC", imported, text);
  return `v1,${Buffer.from(mac).toString("base64")}`;
}
