import { asmSecrets, secretsClient } from "../adapters/aws/asm-secrets.ts";
import { carryOut } from "../core/engine/fan-out/carry-out.ts";
import type { Owed } from "../core/ports/senders.ts";
import { engineOf, NO_RUNS, NO_SIGNER } from "./engine.ts";
import { env } from "./env.ts";
import { fanOutOf } from "./fan-out.ts";
import { storeOf } from "./store.ts";

/** While a line is sent, its run's log is looked at so often for what came after. */
const LOOK_EVERY_MS = 2_000;

/** All that delivers webhooks; made once per instance. */
export function webhookRuntime(): (owed: Owed, leftMs: number) => Promise<void> {
  const vars = env("webhook");
  const secrets = asmSecrets({ client: secretsClient(), prefix: vars.SECRETS_PREFIX });
  const engine = engineOf({
    store: storeOf(vars),
    secrets,
    signer: NO_SIGNER,
    ...NO_RUNS,
    models: "{}",
    lookEveryMs: LOOK_EVERY_MS,
  });
  const fanOut = fanOutOf(vars, engine, secrets);
  return (owed, leftMs) => carryOut(fanOut, owed, engine.elapsed() + leftMs);
}
