import type { Instant, Json } from "../../kernel/json.ts";
import type { Signer } from "../../ports/signer.ts";

/** What a link says: whose decision on which task it takes, and until when. */
export type LinkClaims = Readonly<{
  tenant: string;
  runId: string;
  task: string;
  approver: string;
  expires: Instant;
  /** Issued anew, a link has the next version, and the older ones are dead. */
  version: number;
}>;

/** Tells the layout of the claims, should it ever change. */
const LAYOUT = 1;
const TOKEN_LENGTH_MAX = 2048;
const NONCE_LENGTH_MAX = 128;

/** The token of an approval link: the claims, and a keyed hash that only we can make. */
export async function makeLink(signer: Signer, claims: LinkClaims): Promise<string> {
  const { tenant, runId, task, approver, expires, version } = claims;
  const values = [LAYOUT, tenant, runId, task, approver, expires, version];
  const encoded = Buffer.from(JSON.stringify(values)).toString("base64url");
  const token = `${encoded}.${await signer.mac(linkText(encoded))}`;
  if (token.length <= TOKEN_LENGTH_MAX) return token;
  throw new Error(`the link to ${task} would have ${token.length} characters`);
}

/** The claims of a live link; undefined for all that is not one, whatever the reason. */
export async function readLink(
  signer: Signer,
  token: string,
  now: Instant,
): Promise<LinkClaims | undefined> {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token);
  const [, encoded = "", mac = ""] = parts ?? [];
  if (!parts || !(await signer.verify(linkText(encoded), mac))) return undefined;

  const claims = decode(encoded);
  return claims && now < claims.expires ? claims : undefined;
}

/**
 * What the page of a link must hand back with a decision.
 *
 * It is made from the token alone, so that showing the page writes nothing: a mail scanner may ask
 * for it as often as it likes.
 */
export function nonceOf(signer: Signer, token: string): Promise<string> {
  return signer.mac(nonceText(token));
}

export async function isNonceOf(signer: Signer, token: string, nonce: string): Promise<boolean> {
  return nonce.length <= NONCE_LENGTH_MAX && signer.verify(nonceText(token), nonce);
}

export function linkUrl(publicUrl: string, token: string): string {
  return `${publicUrl.replace(/\/+$/, "")}/approve/${token}`;
}

// One key serves both, so each text says first what it is for: neither can pass for the other.
const linkText = (encoded: string) => `link:${encoded}`;
const nonceText = (token: string) => `nonce:${token}`;

function decode(encoded: string): LinkClaims | undefined {
  const values = parse(Buffer.from(encoded, "base64url").toString());
  if (!Array.isArray(values) || values.length !== 7 || values[0] !== LAYOUT) return undefined;
  const [, tenant, runId, task, approver, expires, version] = values as readonly Json[];
  if (typeof tenant !== "string" || typeof runId !== "string") return undefined;
  if (typeof task !== "string" || typeof approver !== "string") return undefined;
  if (typeof expires !== "number" || typeof version !== "number") return undefined;
  return { tenant, runId, task, approver, expires, version };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
