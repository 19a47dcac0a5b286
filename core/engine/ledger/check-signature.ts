import type { RunKey } from "../../ports/queue.ts";
import type { Item } from "../../ports/table.ts";
import { headText, signedHeadIn } from "../../store/signatures.ts";
import type { EngineDeps } from "../deps.ts";

export type SignatureView = Readonly<{
  keyId: string;
  /** Whether a key of ours signed, and signed the head that the chain has at this event. */
  valid: boolean;
  at: string;
  /** Events that it covers; a run that went on after it ended has more. */
  count: number;
  /** The text that was signed, for whoever checks it with the public key alone. */
  text: string;
  value: string;
}>;

export type CheckedSignature = Readonly<{
  signature: SignatureView | null;
  /** What is wrong with it, if anything is. */
  fault?: "signature_invalid" | "signature_key_unknown" | "signature_mismatch";
}>;

/** Holds a stored signature against our public keys, and what it says against the chain. */
export async function checkSignature(
  deps: Pick<EngineDeps, "notary" | "isSignedBy">,
  { tenant, runId }: RunKey,
  row: Item,
  /** The hash that the chain has at the signed event; undefined when it has none. */
  found: string | undefined,
): Promise<CheckedSignature> {
  const signed = signedHeadIn(tenant, runId, row);
  if (!signed) return { signature: null, fault: "signature_invalid" };
  const { head, keyId, value } = signed;
  const text = headText(head);
  const key = (await deps.notary.keys()).find(({ kid }) => kid === keyId);
  const fault = () => {
    if (!key) return "signature_key_unknown";
    if (!deps.isSignedBy(key, text, value)) return "signature_invalid";
    return head.head === found ? undefined : "signature_mismatch";
  };
  const wrong = fault();
  const { count } = head;
  const at = new Date(head.at).toISOString();
  const signature = { keyId, valid: wrong === undefined, at, count, text, value };
  return wrong === undefined ? { signature } : { signature, fault: wrong };
}
