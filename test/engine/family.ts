import { driveDeps } from "../../core/engine/create-engine.ts";
import { drive } from "../../core/engine/drive.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { ADMIN, type House } from "../support/house.ts";

export const hold = { id: "hold", type: "wait", event: { name: "go" } };
export const call = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: "tool",
  tool: "charge",
  with: id,
  retry: { maxAttempts: 1 },
  ...more,
});
/** Nodes in a row. */
export const row = (name: string, ...nodes: readonly JsonObject[]): JsonObject => ({
  name,
  nodes,
  edges: nodes
    .slice(1)
    .map((node, index) => ({ from: nodes[index]?.["id"] ?? "", to: node["id"] ?? "" })),
});
export const sub = (workflow: string, more: JsonObject = {}): JsonObject => ({
  id: "sub",
  type: "subflow",
  workflow,
  ...more,
});

/** Registers the tool, publishes the workflows, and starts the last of them. */
export async function born(at: House, ...documents: readonly JsonObject[]): Promise<RunKey> {
  await at.engine.tools.put(ADMIN, "charge", { kind: "http", config: { url: "https://x.test" } });
  for (const document of documents) await at.publish(document);
  const name = documents.at(-1)?.["name"];
  return at.start(typeof name === "string" ? name : "");
}

/** `born`, and driven as far as it goes. */
export async function begin(at: House, ...documents: readonly JsonObject[]): Promise<RunKey> {
  const key = await born(at, ...documents);
  await settle(at, key);
  return key;
}

/** Drives whatever was woken, until nobody is. */
export async function settle(at: House, key: RunKey): Promise<void> {
  at.woken.push(key);
  for (let next = at.woken.shift(); next; next = at.woken.shift()) await at.drive(next);
}

/** Drives as a process would that dies before it has looked after any child. */
export function dying(at: House, key: RunKey): Promise<void> {
  const deps = { ...driveDeps(at.deps), lookAfterChildren: async () => false };
  return drive(deps, key, { effectsMax: 64, until: Number.POSITIVE_INFINITY }).done;
}

export async function childrenOf(at: House, { runId }: RunKey): Promise<readonly RunKey[]> {
  const listed = await at.engine.runs.list(ADMIN, { parent: runId }, { limit: 50 });
  if (!listed.ok) throw new Error(listed.refusal.message);
  return listed.value.data.map(({ id }) => ({ tenant: "default", runId: id }));
}

export async function childOf(at: House, key: RunKey): Promise<RunKey> {
  const [first] = await childrenOf(at, key);
  if (!first) throw new Error(`run ${key.runId} has no child`);
  return first;
}

export const rowsLeft = async (at: House, { runId }: RunKey) =>
  (await at.deps.table.query({ pk: `default#children#${runId}`, limit: 50 })).items;

export async function statuses(at: House, ...keys: readonly RunKey[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const key of keys) found.push((await at.read(key)).status);
  return found;
}
