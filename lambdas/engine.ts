import { parseModels } from "../adapters/models/models-config.ts";
import type { Channels } from "../adapters/tools/notices.ts";
import { parseTools } from "../adapters/tools/targets.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import { stepsOfWorker } from "../core/engine/people/worker-share.ts";
import { ok, refuse } from "../core/engine/refusal.ts";
import type { Functions } from "../core/ports/functions.ts";
import type { Notary } from "../core/ports/notary.ts";
import type { Queue, RunKey } from "../core/ports/queue.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import type { Senders } from "../core/ports/senders.ts";
import type { Signer } from "../core/ports/signer.ts";
import type { StateMachines } from "../core/ports/state-machines.ts";
import type { Timers } from "../core/ports/timers.ts";
import { tenantStore } from "../core/store/tenants.ts";
import { engineParts } from "../wiring/engine-parts.ts";
import { pollingWatch } from "../wiring/polling-watch.ts";
import { outboundPolicy } from "./outbound-policy.ts";
import { log, type Store } from "./store.ts";

export type EngineMeans = Readonly<{
  store: Store;
  secrets: Secrets;
  signer: Signer;
  /** Without one, the function has no right to the key of ledgers. */
  notary?: Notary;
  queue: Queue;
  timers: Timers;
  /** The models document; "{}" for the mock models only. */
  models: string;
  /** The tools document; without one, nothing of the account may be called. */
  tools?: string;
  /** What runs tell people by, where they are driven. */
  channels?: Channels;
  functions?: Functions;
  machines?: StateMachines;
  /** How often the log is looked at while a run is followed. */
  lookEveryMs: number;
}>;

/** The engine of a deployment: many processes write, so nothing remembered is the last word. */
export function engineOf(given: EngineMeans): EngineDeps {
  const { store, models, tools, lookEveryMs, ...means } = given;
  const tenants = tenantStore(store.table);
  return engineParts({
    notary: NO_NOTARY,
    ...store,
    ...means,
    models: parseModels(models === "{}" ? undefined : models),
    toolsConfig: parseTools(tools),
    watch: (parts) => pollingWatch(parts, { everyMs: lookEveryMs, onFailure }),
    access: {
      async tenant(id) {
        const found = await tenants.get(id);
        return found ? ok(found) : refuse("NOT_FOUND", "There is no such tenant.");
      },
    },
    isAuthority: false,
    shareOf: stepsOfWorker,
    ...outboundPolicy(),
  });
}

function onFailure({ runId: run }: RunKey, error: unknown): void {
  log.error("a run could not be looked at", { run, error: String(error) });
}

/** For functions that are not granted the key of links: whoever asks for one has a bug. */
export const NO_SIGNER: Signer = {
  mac: () => Promise.reject(new Error("this function makes no links")),
  verify: () => Promise.reject(new Error("this function checks no links")),
};

const NO_NOTARY: Notary = {
  sign: () => Promise.reject(new Error("this function signs no heads")),
  keys: () => Promise.reject(new Error("this function tells no keys")),
};

/** For functions that change no run. */
export const NO_RUNS: { queue: Queue; timers: Timers } = {
  queue: { wake: () => Promise.reject(new Error("this function wakes no runs")) },
  timers: { set: () => Promise.reject(new Error("this function sets no timers")) },
};

const refused = () => Promise.reject(new Error("this function is granted no secrets"));
/** For functions that call nothing which needs one. */
export const NO_SECRETS: Secrets = { put: refused, get: refused, names: refused, remove: refused };

/** For functions that deliver nothing. */
export const NO_SENDERS: Senders = {
  owed: () => Promise.reject(new Error("this function tells no senders")),
};
