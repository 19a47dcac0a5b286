import { instantText } from "../../kernel/duration.ts";
import { isObject, type Json, own } from "../../kernel/json.ts";
import { RESERVED } from "../../ports/secrets.ts";
import { type HookRecord, hookStore } from "../../store/hooks.ts";
import type { Engine } from "../engine.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Caller, Listing, Paging } from "../views.ts";
import type { FanOutDeps } from "./deps.ts";
import { keyIn, secretOf, signature } from "./webhook-signature.ts";
import { secretProblem } from "./webhooks.ts";

export type HookView = Readonly<{
  name: string;
  url: string;
  start: HookRecord["start"];
  event: HookRecord["event"];
  createdAt: string;
  updatedAt: string;
  secret?: string;
}>;

export type HookRequest = Readonly<{
  start?: NonNullable<HookRecord["start"]> | undefined;
  event?: NonNullable<HookRecord["event"]> | undefined;
  secret?: string | undefined;
}>;

/** A delivery as it came: the signature is over the very bytes. */
export type Delivered = Readonly<{
  id: string | undefined;
  timestamp: string | undefined;
  signatures: string | undefined;
  text: string;
  body: Json;
}>;

/** The run that it started, or how many runs have taken its event. */
export type HookTaken =
  | Readonly<{ duplicate: boolean; runId: string }>
  | Readonly<{ delivered: number }>;

/** Others' webhooks, which start runs and send events here. */
export interface Hooks {
  put(caller: Caller, name: string, request: HookRequest): Promise<Result<HookView>>;
  list(caller: Caller, paging: Paging): Promise<Listing<HookView>>;
  get(caller: Caller, name: string): Promise<Result<HookView>>;
  remove(caller: Caller, name: string): Promise<Result<null>>;
  /** Once for each id, however often it comes. */
  take(tenant: string, name: string, delivered: Delivered): Promise<Result<HookTaken>>;
}

/** How far the sender's clock may be from ours, as Standard Webhooks has it. */
export const TOLERANCE_MS = 5 * 60_000;

export function hooksOf(deps: FanOutDeps, engine: Pick<Engine, "runs" | "events">): Hooks {
  const hooks = hookStore(deps.table);

  return {
    async put({ tenant }, name, { start = null, event = null, secret }) {
      if (secret !== undefined && !keyIn(secret)) return secretProblem();
      const was = await hooks.get(tenant, name);
      const made = secret ?? (was ? undefined : secretOf(deps.randomness.hex()));
      const now = deps.clock.now();
      const hook = { name, start, event, createdAt: was?.createdAt ?? now, updatedAt: now };
      // The secret first: nobody could sign for a hook without one.
      if (made !== undefined) await deps.secrets.put(tenant, secretName(name), made);
      await hooks.put(tenant, hook);
      return ok({ ...view(tenant, hook), ...(made !== undefined && { secret: made }) });
    },

    async list({ tenant }, paging) {
      const { data, nextCursor } = await hooks.list(tenant, paging);
      return { data: data.map((hook) => view(tenant, hook)), nextCursor };
    },

    async get({ tenant }, name) {
      const hook = await hooks.get(tenant, name);
      return hook ? ok(view(tenant, hook)) : noHook(name);
    },

    async remove({ tenant }, name) {
      if (!(await hooks.remove(tenant, name))) return noHook(name);
      await deps.secrets.remove(tenant, secretName(name));
      return ok(null);
    },

    async take(tenant, name, delivered) {
      const hook = await hooks.get(tenant, name);
      const secret = hook && (await deps.secrets.get(tenant, secretName(name)));
      // One answer for what is not there and what is not signed: so nobody learns what there is.
      if (!hook || !secret || !(await isSigned(secret, delivered, deps.realNow()))) {
        const message = "the delivery is not signed with the secret of such a hook";
        return refuse("SIGNATURE_INVALID", message);
      }
      const id = `hook_${deps.hash(`${name}/${delivered.id ?? ""}`).slice(0, 40)}`;
      const caller: Caller = { tenant, role: "operator", keyId: `hook:${name}`, actsFor: false };
      return act(deps, engine, caller, hook, { ...delivered, about: id });
    },
  };
}

function noHook(name: string) {
  return refuse("NOT_FOUND", `there is no hook ${name}`);
}

async function act(
  deps: FanOutDeps,
  engine: Pick<Engine, "runs" | "events">,
  caller: Caller,
  { start, event }: HookRecord,
  { about, body, text }: Delivered & { about: string },
): Promise<Result<HookTaken>> {
  if (start) {
    const bodyHash = deps.hash(text);
    const request = { ...start, input: body, idempotencyKey: about, bodyHash };
    const started = await engine.runs.start(caller, request);
    if (!started.ok) return started;
    return ok({ duplicate: started.value.replayed, runId: started.value.run.id });
  }
  if (!event) throw new Error("a hook does one of two things");
  const key = event.keyFrom === undefined ? undefined : keyAt(body, event.keyFrom);
  const request = { name: event.name, payload: body, id: about, ...(key !== undefined && { key }) };
  const sent = await engine.events.send(caller, request);
  return sent.ok ? ok({ delivered: sent.value.delivered }) : sent;
}

/** Text, or a number as text, at a path of names. */
function keyAt(body: Json, path: string): string | undefined {
  let at: Json | undefined = body;
  for (const name of path.split(".")) at = isObject(at) ? own(at, name) : undefined;
  return typeof at === "string" || typeof at === "number" ? String(at) : undefined;
}

async function isSigned(secret: string, delivered: Delivered, now: number): Promise<boolean> {
  const { id, timestamp, signatures, text } = delivered;
  const key = keyIn(secret);
  if (!key || !id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
  const seconds = Number(timestamp);
  if (Math.abs(now - seconds * 1000) > TOLERANCE_MS) return false;
  const right = await signature(key, { id, seconds, body: text });
  return signatures.split(" ").some((one) => isSame(one, right));
}

/** In a time that says nothing about where two texts differ. */
function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function secretName(name: string): string {
  return `${RESERVED}hook.${name}`;
}

function view(tenant: string, hook: HookRecord): HookView {
  const of = tenant === "default" ? "" : `?tenant=${tenant}`;
  return {
    ...hook,
    url: `/v1/hooks/${hook.name}${of}`,
    createdAt: instantText(hook.createdAt),
    updatedAt: instantText(hook.updatedAt),
  };
}
