import { setTimeout as pause } from "node:timers/promises";
import type { Json } from "../../core/kernel/json.ts";

export type Deployment = Readonly<{
  /** Without a slash at its end. */
  url: string;
  platformKey: string;
  say: (line: string) => void;
}>;

/** What the answers that are asked for here hold, each its part of it. */
type Body = Readonly<{
  id: string;
  key: string;
  status: string;
  seq: number;
  output: Json;
  error: Json;
  waitingOn: Json;
  data: readonly Readonly<{ seq: number }>[];
  ok: boolean;
}>;

const WAIT_MS_MAX = 90_000;
const WORKFLOW = {
  name: "check",
  nodes: [
    { id: "call", type: "tool", tool: "echo", with: { word: "hold" } },
    { id: "pause", type: "wait", for: "PT2S" },
    { id: "go", type: "wait", event: { name: "go" } },
    { id: "end", type: "set", with: "{% $steps.call.output.word & $steps.go.output.word %}" },
  ],
  edges: [
    { from: "call", to: "pause" },
    { from: "pause", to: "go" },
    { from: "go", to: "end" },
  ],
} as const;

/**
 * What a deployment has to do, whatever it runs on: make a tenant, publish, run, wait by a timer
 * and for a signal, and prove its log. It throws at the first thing that is not so.
 */
export async function scenario({ url, platformKey, say }: Deployment): Promise<void> {
  const platform = asker(url, platformKey);
  const tenant = await platform("POST", "/v1/tenants", { name: "check", lane: "shared" });
  const path = `/v1/tenants/${tenant.id}/keys`;
  const { key } = await platform("POST", path, { name: "check", role: "admin" });
  const api = asker(url, key);
  say(`made the tenant ${tenant.id}, and a key of it`);

  await api("POST", "/v1/workflows", WORKFLOW);
  const started = await api("POST", "/v1/runs", { workflow: WORKFLOW.name });
  const run = `/v1/runs/${started.id}`;
  const waits = await until(api, run, (body) => JSON.stringify(body.waitingOn).includes('"event"'));
  say(`the run called its tool, its timer fired, and it waits for a signal at ${waits.seq}`);

  await api("POST", `${run}/signals`, { name: "go", payload: { word: "fast" } });
  const ended = await until(api, run, ({ status }) => status === "succeeded");
  if (ended.output !== "holdfast") throw new Error(`its output is ${JSON.stringify(ended.output)}`);
  say("the signal came, and the run succeeded");

  const { data } = await api("GET", `${run}/events?limit=200`);
  const seqs = data.map(({ seq }) => seq);
  if (seqs.some((seq, index) => seq !== index + 1))
    throw new Error(`its events are ${seqs.join()}`);
  const proof = await api("GET", `${run}/ledger/verify`);
  if (!proof.ok) throw new Error(`its log is not whole: ${JSON.stringify(proof)}`);
  say(`its ${seqs.length} events have no gap, and its log verifies`);
}

type Ask = (method: "GET" | "POST", path: string, body?: Json) => Promise<Body>;

function asker(url: string, key: string): Ask {
  return async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as Body;
  };
}

async function until(ask: Ask, run: string, is: (body: Body) => boolean): Promise<Body> {
  const began = performance.now();
  for (;;) {
    const body = await ask("GET", run);
    if (is(body)) return body;
    if (["failed", "cancelled"].includes(body.status)) {
      throw new Error(`the run is ${body.status}: ${JSON.stringify(body.error)}`);
    }
    if (performance.now() - began > WAIT_MS_MAX) {
      throw new Error(`the run does not move: ${JSON.stringify(body.waitingOn)}`);
    }
    await pause(250);
  }
}
