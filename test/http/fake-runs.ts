import type { RunView } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";
import type { PublicJwk } from "../../core/ports/notary.ts";

export const AT = "2026-11-21T09:30:00.000Z";

/** The key of RFC 8037, whose thumbprint is in it, too. */
export const LEDGER_KEY: PublicJwk = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
  alg: "EdDSA",
  use: "sig",
};

export const SIGNATURE = {
  keyId: LEDGER_KEY.kid,
  valid: true,
  at: AT,
  count: 4,
  text: "holdfast run head\n{}",
  value: "c2lnbmVk",
} as const;

export function runSummaryOf(run: RunView) {
  const { id, status, workflow, version, tags, parent, createdAt, updatedAt, endedAt } = run;
  const { waitingOn } = run;
  return { id, status, workflow, version, tags, parent, createdAt, updatedAt, endedAt, waitingOn };
}

export function runOf(id: string, workflow: string, input: Json = null): RunView {
  return {
    id,
    status: "running",
    workflow,
    version: 1,
    hash: "abc",
    input,
    output: null,
    error: null,
    vars: {},
    waitingOn: [],
    steps: [],
    cost: 0,
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    tags: {},
    actor: { kind: "key", id: "key_1" },
    parent: null,
    forkedFrom: null,
    deadline: null,
    createdAt: AT,
    updatedAt: AT,
    endedAt: null,
    seq: 1,
  };
}
