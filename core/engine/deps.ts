import type { Json, JsonObject } from "../kernel/json.ts";
import type { Artifacts } from "../ports/artifacts.ts";
import type { Calendar } from "../ports/calendar.ts";
import type { Clock } from "../ports/clock.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { Models } from "../ports/models.ts";
import type { Notary, PublicJwk } from "../ports/notary.ts";
import type { Notices } from "../ports/notices.ts";
import type { Queue } from "../ports/queue.ts";
import type { Randomness } from "../ports/randomness.ts";
import type { Rules } from "../ports/rules.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import type { Signer } from "../ports/signer.ts";
import type { Table } from "../ports/table.ts";
import type { Timers } from "../ports/timers.ts";
import type { Tools } from "../ports/tools.ts";
import type { Watch } from "../ports/watch.ts";
import type { RunLog } from "../store/run-log.ts";
import type { ToolStore } from "../store/tools.ts";
import type { Workflows } from "../store/workflows.ts";
import type { Limits } from "./access.ts";
import type { Contents } from "./artifacts/contents.ts";
import type { FairGate } from "./fair-gate.ts";
import type { Problem } from "./refusal.ts";
import type { RunCache } from "./run-cache.ts";
import type { StepPlaces } from "./step-places.ts";

/** A customer's JSON Schema, made ready, or what is wrong with it. */
export type Schemas = Readonly<{
  problems(schema: Json): readonly Problem[];
  validate(schema: JsonObject, value: Json, path: string): readonly Problem[];
}>;

/** All that the engine needs. One place, so that a door wires it once. */
export type EngineDeps = Readonly<{
  table: Table;
  log: RunLog;
  cache: RunCache;
  artifacts: Artifacts;
  contents: Contents;
  clock: Clock;
  calendar: Calendar;
  watch: Watch;
  metrics?: Metrics;
  queue: Queue;
  timers: Timers;
  workflows: Workflows;
  toolStore: ToolStore;
  tools: Tools;
  models: Models;
  notices: Notices;
  schemas: Schemas;
  sandbox: Sandbox;
  rules: Rules;
  signer: Signer;
  notary: Notary;
  /** Whether the owner of an Ed25519 key signed a text; `signature` is base64url. */
  isSignedBy(key: PublicJwk, text: string, signature: string): boolean;
  randomness: Randomness;
  limitsOf(tenant: string): Promise<Limits>;
  gate?: FairGate;
  places: StepPlaces;
  /** How many steps of it this process may carry out at once; undefined for any number. */
  stepsMaxOf(tenant: string): Promise<number | undefined>;
  /** Nothing of it is carried out then; as good as `limitsOf`. */
  isSuspended(tenant: string): Promise<boolean>;
  /** What is wrong with a tool document. */
  toolProblems(tenant: string, name: string, tool: JsonObject): readonly Problem[];
  /** SHA-256 as hex. */
  hash(text: string): string;
  pause(ms: number): Promise<void>;
  /** Resolves after whatever else waits for the process had its turn. */
  turn(): Promise<void>;
  /** Real milliseconds that only grow. */
  elapsed(): number;
}>;

/** How long a caller of the API waits for a write that meets trouble, before a retryable 503. */
export const API_TIME_MS = 5_000;
