import { asmSecrets, secretsClient } from "../adapters/aws/asm-secrets.ts";
import { readPlatformKey } from "../adapters/aws/platform-key.ts";
import type { HttpApp } from "../adapters/http/http.ts";
import { closingAccess } from "../core/engine/fan-out/closing-access.ts";
import { liveOnRows } from "../wiring/live-on-rows.ts";
import { accessOf } from "./access.ts";
import { appOf } from "./app.ts";
import { engineOf } from "./engine.ts";
import { env } from "./env.ts";
import { fanOutOf } from "./fan-out.ts";
import { lanesOf } from "./lanes.ts";
import { stateMachines } from "./machines.ts";
import { asHints, queueOf, timersOf } from "./messages.ts";
import { signingOf } from "./signing.ts";
import { storeOf } from "./store.ts";
import { wires } from "./wires.ts";

/** While an answer waits for a run (`?wait=`), the log is looked at so often. */
const LOOK_EVERY_MS = 400;

/** The HTTP app of a deployment; made once per instance, when its platform key has been read. */
export async function apiRuntime(): Promise<HttpApp> {
  const vars = env("api");
  const store = storeOf(vars);
  const { table } = store;
  const manager = secretsClient();
  const secrets = asmSecrets({ client: manager, prefix: vars.SECRETS_PREFIX });
  const engine = engineOf({
    store,
    secrets,
    ...signingOf(vars),
    ...asHints(queueOf(vars, table), timersOf(vars)),
    models: vars.MODELS,
    tools: vars.TOOLS,
    machines: stateMachines(),
    lookEveryMs: LOOK_EVERY_MS,
  });
  const place = { client: manager, secretId: vars.PLATFORM_KEY_SECRET };
  const platformKey = await readPlatformKey(place);
  const fanOut = fanOutOf(vars, engine, secrets);
  const sockets = wires(vars.SOCKET_ENDPOINT);
  const live = liveOnRows(fanOut, { sockets, timeMs: 0 });
  return appOf({
    engine,
    fanOut,
    access: closingAccess(accessOf(store, platformKey, lanesOf(vars, table).ownLanes), live),
    secrets,
    publicUrl: vars.PUBLIC_URL,
    seedRoutes: vars.SEED_ROUTES === "1",
  });
}
