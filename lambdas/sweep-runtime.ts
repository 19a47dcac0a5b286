import { asmSecrets, asmTenantData, secretsClient } from "../adapters/aws/asm-secrets.ts";
import { dynamoClient } from "../adapters/aws/dynamo-client.ts";
import { dynamoTenantData } from "../adapters/aws/dynamo-tenant-data.ts";
import { kmsClient, kmsSigner } from "../adapters/aws/kms-signer.ts";
import { s3Bucket, s3TenantData } from "../adapters/aws/s3-artifacts.ts";
import { sendersDue } from "../core/engine/fan-out/carry-out.ts";
import type { FanOutDeps } from "../core/engine/fan-out/deps.ts";
import { ticketsDue } from "../core/engine/fan-out/tickets.ts";
import { type DueHandlers, fireDue } from "../core/engine/fire-due.ts";
import { putOff, type Swept, sweep } from "../core/engine/sweep.ts";
import type { Senders } from "../core/ports/senders.ts";
import { isSocket } from "../core/store/connections.ts";
import { dueHandlers } from "../wiring/due-handlers.ts";
import { connectionsDue, liveOnRows } from "../wiring/live-on-rows.ts";
import { accessOf } from "./access.ts";
import { engineOf } from "./engine.ts";
import { env } from "./env.ts";
import { fanOutOf } from "./fan-out.ts";
import { lanesOf } from "./lanes.ts";
import { stateMachines } from "./machines.ts";
import { mailerOf } from "./mailer.ts";
import { asHints, queueOf, timersOf } from "./messages.ts";
import { log, storeOf, type Vars } from "./store.ts";
import { wires } from "./wires.ts";

/** Followed by nobody: the sweep hands on, and drives nothing. */
const LOOK_EVERY_MS = 60_000;

/** All that does what is due; made once per instance. */
export function sweepRuntime(): (leftMs: number) => Promise<Swept> {
  const vars = env("sweep");
  const store = storeOf(vars);
  const { table, clock } = store;
  const queue = queueOf(vars, table);
  const secretsSource = { client: secretsClient(), prefix: vars.SECRETS_PREFIX };
  const secrets = asmSecrets(secretsSource);
  const engine = engineOf({
    store,
    secrets,
    signer: kmsSigner({ client: kmsClient(), keyId: vars.LINK_KEY }),
    ...asHints(queue, timersOf(vars)),
    models: vars.MODELS,
    tools: vars.TOOLS,
    machines: stateMachines(),
    lookEveryMs: LOOK_EVERY_MS,
  });
  const handlers = dueHandlers({
    engine,
    queue,
    access: accessOf(store, undefined),
    mailer: mailerOf(vars),
    publicUrl: vars.PUBLIC_URL,
    log,
    data: [
      dynamoTenantData({ client: dynamoClient(), table: vars.TABLE }),
      s3TenantData(s3Bucket(vars.ARTIFACTS_BUCKET)),
      asmTenantData(secretsSource),
    ],
    ...lanesOf(vars, table),
  });
  const now = () => clock.now();
  const { fire } = fireDue({
    ...handlers,
    ...telling(vars, fanOutOf(vars, engine, secrets)),
    run: {
      async fire(row) {
        await handlers.run?.fire(row);
        await putOff({ table, now }, row);
      },
    },
  });
  const { elapsed } = engine;
  return (leftMs) => sweep({ table, now, elapsed, fire, log }, elapsed() + leftMs);
}

/** What one push may take of a sweep. */
const PUSH_MS_MAX = 5_000;

/** Lines of connections are pushed here; those of webhooks go to their own function. */
function telling({ SOCKET_ENDPOINT }: Vars<"SOCKET_ENDPOINT">, fanOut: FanOutDeps): DueHandlers {
  const sockets = wires(SOCKET_ENDPOINT);
  const live = liveOnRows(fanOut, { sockets, timeMs: PUSH_MS_MAX });
  const senders: Senders = {
    owed: (what, inMs) =>
      what.type === "line" && isSocket(what.subscriber)
        ? live.push(what, fanOut.elapsed() + PUSH_MS_MAX)
        : fanOut.senders.owed(what, inMs),
  };
  return {
    ...sendersDue({ ...fanOut, senders }),
    ...connectionsDue(live),
    ticket: ticketsDue(fanOut.table),
  };
}
