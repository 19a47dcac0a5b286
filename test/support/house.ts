import { parseModels } from "../../adapters/models/models-config.ts";
import type { Access, Limits } from "../../core/engine/access.ts";
import { createEngine, driveDeps } from "../../core/engine/create-engine.ts";
import type { EngineDeps } from "../../core/engine/deps.ts";
import { type DriveOptions, drive } from "../../core/engine/drive.ts";
import type { Engine } from "../../core/engine/engine.ts";
import { runCache } from "../../core/engine/run-cache.ts";
import type { Caller, RunView, StartRequest } from "../../core/engine/views.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import type { Artifacts } from "../../core/ports/artifacts.ts";
import type { Notice } from "../../core/ports/notices.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import type { Table } from "../../core/ports/table.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import { localNotary } from "../../local/local-notary.ts";
import { localSigner } from "../../local/local-signer.ts";
import { engineParts } from "../../wiring/engine-parts.ts";
import { processWatch } from "../../wiring/process-watch.ts";
import { memoryArtifacts } from "./memory-artifacts.ts";
import { memoryTable } from "./memory-table.ts";

export const ADMIN: Caller = { tenant: "default", role: "admin", keyId: "key_1", actsFor: true };

export type HouseOptions = Readonly<{
  table?: Table;
  artifacts?: Artifacts;
  now?: () => number;
  limits?: Limits;
  /** What tools answer; without it they answer their input. */
  call?: (call: ToolCall, signal: AbortSignal) => Promise<Json> | Json;
}>;

export type House = Readonly<{
  engine: Engine;
  deps: EngineDeps;
  /** Every call that a tool was asked to make. */
  calls: ToolCall[];
  /** What would have been told to somebody, by whatever channel. */
  notices: Notice[];
  /** Runs that the API has woken, oldest first. */
  woken: RunKey[];
  publish(document: JsonObject): Promise<void>;
  start(workflow: string, more?: Partial<StartRequest>): Promise<RunKey>;
  /** Drives a run as far as it goes. */
  drive(key: RunKey, options?: Partial<DriveOptions>): Promise<void>;
  read(key: RunKey): Promise<RunView>;
  types(key: RunKey): Promise<readonly string[]>;
}>;

/** One process of the product: what it remembers is its own, what it wrote is in the table. */
export function house(options: HouseOptions = {}): House {
  const table = options.table ?? memoryTable();
  const calls: ToolCall[] = [];
  const woken: RunKey[] = [];
  const parts = engineParts({
    table,
    artifacts: options.artifacts ?? memoryArtifacts(),
    clock: { now: options.now ?? (() => Date.now()) },
    secrets: {} as Secrets,
    access: {
      tenant: async () => ({ ok: true, value: { limits: options.limits ?? {} } }),
    } as unknown as Access,
    queue: { wake: (key) => void woken.push(key) },
    timers: { set: () => undefined },
    watch: () => processWatch(),
    signer: localSigner(new Uint8Array(32)),
    notary: localNotary(new Uint8Array(32)),
    models: parseModels(undefined),
    isAuthority: true,
    allowLoopback: true,
  });
  const tools: EngineDeps["tools"] = {
    builtins: parts.tools.builtins,
    async call(call, signal) {
      calls.push(call);
      return options.call ? options.call(call, signal) : call.input;
    },
  };
  // Two processes may be at one run, so what is remembered must be checked like on AWS.
  const cache = runCache({ sizeMax: 1_000, isAuthority: false });
  const told: Notice[] = [];
  const notices: EngineDeps["notices"] = {
    async send(notice) {
      told.push(notice);
      return { captured: true };
    },
  };
  const deps: EngineDeps = { ...parts, tools, notices, cache, pause: async () => undefined };
  const engine = createEngine(deps);

  return {
    engine,
    deps,
    calls,
    notices: told,
    woken,
    async publish(document) {
      const published = await engine.workflows.publish(ADMIN, document);
      if (!published.ok) throw new Error(JSON.stringify(published.refusal));
    },
    async start(workflow, more = {}) {
      const started = await engine.runs.start(ADMIN, { workflow, ...more });
      if (!started.ok) throw new Error(JSON.stringify(started.refusal));
      return { tenant: ADMIN.tenant, runId: started.value.run.id };
    },
    drive: (key, more = {}) =>
      drive(driveDeps(deps), key, { effectsMax: 64, until: Number.POSITIVE_INFINITY, ...more })
        .done,
    async read(key) {
      const run = await engine.runs.get({ ...ADMIN, tenant: key.tenant }, key.runId);
      if (!run.ok) throw new Error(JSON.stringify(run.refusal));
      return run.value;
    },
    async types({ runId }) {
      const events = await engine.runs.events(ADMIN, runId, { after: 0, limit: 1_000 });
      return events.ok ? events.value.data.map(({ type }) => type) : [];
    },
  };
}
