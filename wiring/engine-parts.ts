import { hash as hashOnce } from "node:crypto";
import { setImmediate as immediate, setTimeout as pause } from "node:timers/promises";
import { cronerCalendar } from "../adapters/calendar/croner-calendar.ts";
import { isSignedBy } from "../adapters/ed25519/public-jwk.ts";
import { models } from "../adapters/models/models.ts";
import type { ModelsConfig } from "../adapters/models/models-config.ts";
import { guardedRequest } from "../adapters/net/guarded-request.ts";
import { feelRules } from "../adapters/rules/feel-rules.ts";
import { quickjsSandbox } from "../adapters/sandbox/quickjs-sandbox.ts";
import { type Channels, notices } from "../adapters/tools/notices.ts";
import { isAllowed, parseTools, type ToolsConfig } from "../adapters/tools/targets.ts";
import { tools } from "../adapters/tools/tools.ts";
import { toolProblems } from "../adapters/tools/validate-tool.ts";
import type { Access, TenantView } from "../core/engine/access.ts";
import { contentsOf } from "../core/engine/artifacts/contents.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import { fairGate } from "../core/engine/fair-gate.ts";
import { runCache } from "../core/engine/run-cache.ts";
import { stepPlaces } from "../core/engine/step-places.ts";
import type { Artifacts } from "../core/ports/artifacts.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Functions } from "../core/ports/functions.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import type { Notary } from "../core/ports/notary.ts";
import type { Outbound } from "../core/ports/outbound.ts";
import type { Queue } from "../core/ports/queue.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import type { Signer } from "../core/ports/signer.ts";
import type { StateMachines } from "../core/ports/state-machines.ts";
import type { Table } from "../core/ports/table.ts";
import type { Timers } from "../core/ports/timers.ts";
import type { Watch } from "../core/ports/watch.ts";
import { runLog } from "../core/store/run-log.ts";
import { toolStore } from "../core/store/tools.ts";
import { workflowStore } from "../core/store/workflows.ts";
import { random } from "./random.ts";
import { schemas } from "./schemas.ts";
import { templateEvaluator } from "./template-evaluator.ts";

/** Two, so that one tenant's endless loop leaves another a process. */
const SCRIPT_PROCESSES = 2;
/**
 * Commits of one process under way at once. Fewer make a commit to the file dearer, more let one
 * tenant's runs stand in another's way for longer: with 16, a single step beside 5,000 queued runs
 * takes some 15 ms, and without a bound 330 ms, at the same throughput.
 */
const TURNS_MAX = 16;
const RUNS_CACHED_MAX = 10_000;

export type EngineOptions = Readonly<{
  table: Table;
  artifacts: Artifacts;
  clock: Clock;
  secrets: Secrets;
  access: Pick<Access, "tenant">;
  queue: Queue;
  timers: Timers;
  /** Who is told of commits; it may look at the log for those of others. */
  watch: (parts: Pick<EngineDeps, "log" | "cache">) => Watch;
  metrics?: Metrics;
  signer: Signer;
  notary: Notary;
  models: ModelsConfig;
  /** What runs tell people by, beside webhooks, which are always there. */
  channels?: Channels;
  /** What of AWS tenants may have called, and who calls it. Without both, nothing of it is. */
  toolsConfig?: ToolsConfig;
  functions?: Functions;
  machines?: StateMachines;
  /** This process alone writes: what it remembers is what is stored. */
  isAuthority: boolean;
  /** A laptop's tools may be on the laptop; no other private address is ever called. */
  allowLoopback: boolean;
  /** How many steps a process may carry out of a tenant's limit; all of them where it is alone. */
  shareOf?: (limit: number, lane: "dedicated" | "shared") => number;
  /** How many processes run scripts. With none, scripts run where everything else does. */
  scriptProcesses?: number;
}>;

/** What the engine needs, made the same behind every door. */
export function engineParts(options: EngineOptions): EngineDeps {
  const { table, artifacts, clock, secrets, access, allowLoopback } = options;
  const { queue, timers, signer, notary } = options;
  const { toolsConfig: config = parseTools(undefined), functions, machines } = options;
  const evaluate = templateEvaluator(clock);
  const request: Outbound = (call) => guardedRequest({ ...call, allowLoopback });
  const log = runLog({ table, artifacts, hash: hashText, salt: () => random("base64url") });
  const tenantOf = remembered(async (tenant) => {
    const found = await access.tenant(tenant);
    return found.ok ? found.value : { limits: {} };
  });
  const cache = runCache({ sizeMax: RUNS_CACHED_MAX, isAuthority: options.isAuthority });
  return {
    log,
    cache,
    artifacts,
    contents: contentsOf({ table, artifacts, clock }),
    table,
    clock,
    calendar: cronerCalendar(),
    queue,
    timers,
    watch: options.watch({ log, cache }),
    ...(options.metrics && { metrics: options.metrics }),
    signer,
    notary,
    isSignedBy,
    schemas,
    sandbox: quickjsSandbox({ processes: options.scriptProcesses ?? SCRIPT_PROCESSES }),
    rules: feelRules(),
    hash,
    elapsed,
    toolProblems: (tenant, name, tool) =>
      toolProblems({ ...tool, name }, undefined, {
        function: (arn) => isAllowed(config, tenant, "lambdaArns", arn),
        ...(machines && {
          machine: (arn) => isAllowed(config, tenant, "stateMachineArns", arn),
        }),
      }),
    pause: (ms) => pause(ms),
    turn: () => immediate(),
    workflows: workflowStore({ table, hash, elapsed }),
    toolStore: toolStore({ table, hash, elapsed }),
    tools: tools({ secrets, request, evaluate, config, functions, machines }),
    notices: notices({ ...options.channels, secrets, request }),
    models: models(options.models, {
      env: process.env,
      secret: (name) => secrets.get("platform", name),
      request,
      checkObject: (schema, value) => schemas.validate(schema, value, "object"),
    }),
    randomness: { hex: () => random("hex"), unit: () => Math.random() },
    limitsOf: async (tenant) => (await tenantOf(tenant)).limits,
    ...(options.isAuthority && { gate: fairGate(TURNS_MAX) }),
    places: stepPlaces(),
    stepsMaxOf: async (tenant) => {
      const { limits, lane = "dedicated" } = await tenantOf(tenant);
      const { maxConcurrentSteps: limit } = limits;
      return limit === undefined ? undefined : (options.shareOf?.(limit, lane) ?? limit);
    },
    isSuspended: async (tenant) => (await tenantOf(tenant)).suspended === true,
  };
}

const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 1_000;

type Known = Pick<TenantView, "limits"> & Partial<Pick<TenantView, "lane" | "suspended">>;

/** Every start asks for its tenant's limits; what changes them shows within a second. */
function remembered(ask: (tenant: string) => Promise<Known>): (tenant: string) => Promise<Known> {
  const known = new Map<string, { value: Known; at: number }>();
  return async (tenant) => {
    const hit = known.get(tenant);
    if (hit && elapsed() - hit.at < REMEMBERED_MS) return hit.value;
    const value = await ask(tenant);
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(tenant, { value, at: elapsed() });
    return value;
  };
}

function elapsed(): number {
  return performance.now();
}

function hash(text: string): string {
  return hashOnce("sha256", text, "hex");
}

function hashText(text: string): string {
  return hashOnce("sha256", text, "base64url");
}
