import { apiGatewaySockets, socketsClient } from "../adapters/aws/api-gateway-sockets.ts";
import { asmSecrets, secretsClient } from "../adapters/aws/asm-secrets.ts";
import { eventBridgeBus, eventBridgeClient } from "../adapters/aws/event-bridge-bus.ts";
import { kmsNotary } from "../adapters/aws/kms-notary.ts";
import { kmsClient, kmsSigner } from "../adapters/aws/kms-signer.ts";
import { busEvents } from "../core/engine/fan-out/bus-events.ts";
import { oweCallback } from "../core/engine/fan-out/callback.ts";
import { oweWebhooks } from "../core/engine/fan-out/owe-webhooks.ts";
import { signHead } from "../core/engine/ledger/sign-head.ts";
import { sendOwed } from "../core/engine/people/send-mail.ts";
import { Fault } from "../core/ports/fault.ts";
import type { Item } from "../core/ports/table.ts";
import { type Committed, committedIn } from "../core/store/commit.ts";
import { isOwedMail } from "../core/store/outbox.ts";
import { owedMails } from "../wiring/due-handlers.ts";
import { liveOnRows } from "../wiring/live-on-rows.ts";
import { engineOf } from "./engine.ts";
import { env } from "./env.ts";
import { fanOutOf } from "./fan-out.ts";
import { mailerOf } from "./mailer.ts";
import { asHints, queueOf, timersOf } from "./messages.ts";
import { log, storeOf } from "./store.ts";

/** It follows nobody: the stream tells it what is new. */
const LOOK_EVERY_MS = 60_000;

/** What one push may take; what is left is found by the sweep. */
const PUSH_MS_MAX = 10_000;

/** What is told of each row that is written to the table; made once per instance. */
export function streamRuntime(): (row: Item) => Promise<void> | undefined {
  const vars = env("stream");
  const store = storeOf(vars);
  const secrets = asmSecrets({ client: secretsClient(), prefix: vars.SECRETS_PREFIX });
  const kms = kmsClient();
  const engine = engineOf({
    store,
    secrets,
    signer: kmsSigner({ client: kms, keyId: vars.LINK_KEY }),
    notary: kmsNotary({ client: kms, keyId: vars.LEDGER_KEY }),
    ...asHints(queueOf(vars, store.table), timersOf(vars)),
    models: "{}",
    lookEveryMs: LOOK_EVERY_MS,
  });
  const fanOut = fanOutOf(vars, engine, secrets);
  const mails = owedMails({ engine, mailer: mailerOf(vars), publicUrl: vars.PUBLIC_URL, log });

  const live = liveOnRows(fanOut, {
    sockets: apiGatewaySockets(socketsClient(vars.SOCKET_ENDPOINT)),
    timeMs: PUSH_MS_MAX,
  });
  const bus = eventBridgeBus({ client: eventBridgeClient(), bus: vars.EVENT_BUS });

  /** Who listens now is told as well as can be: the line's row is due until it was told. */
  const push = async (commit: Committed) => {
    try {
      await live.committed(commit);
    } catch (error) {
      log.error("a commit was not pushed", { run: commit.runId, error: String(error) });
    }
  };

  /** A key that will not sign (disabled, say) must not hold up what others are told. */
  const sign = async (commit: Committed) => {
    if (vars.LEDGER_KEY === "") return;
    try {
      await signHead(engine, commit);
    } catch (error) {
      if (!(error instanceof Fault) || error.retryable) throw error;
      log.error("a head was not signed", { run: commit.runId, error: String(error) });
    }
  };

  async function tell(commit: Committed, row: Item): Promise<void> {
    const events = vars.EVENT_BUS === "" ? [] : busEvents(commit, row, engine.hash);
    const publishing = events.length > 0 ? bus.publish(events) : Promise.resolve();
    const owing = oweWebhooks(fanOut, commit) ?? Promise.resolve();
    await Promise.all([owing, push(commit), publishing, sign(commit)]);
  }

  return (row) => {
    // A mail is owed from the commit on: its row is due, and this only saves the wait for a sweep.
    if (isOwedMail(row)) return sendOwed(mails, row).then(() => undefined);
    if (row["kind"] === "callback") return oweCallback(fanOut, row);
    const commit = committedIn(row);
    if (!commit) return undefined;
    return tell(commit, row);
  };
}
