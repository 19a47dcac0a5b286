import type { Context, ToolFacts } from "../kernel/draft.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { ToolRecord } from "../store/tools.ts";
import type { EngineDeps } from "./deps.ts";
import type { RegisteredTool } from "./effects/effect.ts";
import type { HandleDeps, Pinned } from "./handle.ts";

/** A tool that comes with the runtime is there for everybody, unless a tenant has its own. */
export async function findTool(
  deps: EngineDeps,
  tenant: string,
  name: string,
): Promise<ToolRecord | undefined> {
  const stored = await deps.toolStore.get(tenant, name);
  if (stored) return stored;
  const builtIn = deps.tools.builtins.get(name);
  if (!builtIn) return undefined;
  return { name, kind: "builtin", config: {}, hash: `builtin:${name}`, updatedAt: 0, ...builtIn };
}

/** What `handle` needs, from the engine's own dependencies. */
export function handleDeps(deps: EngineDeps): HandleDeps {
  return {
    ...deps,
    commitId: () => deps.randomness.hex(),
    chance: () => deps.randomness.unit(),
    contextOf: (tenant, pinned) => contextOf(deps, tenant, pinned),
  };
}

async function contextOf(
  deps: EngineDeps,
  tenant: string,
  { name, version }: Pinned,
): Promise<Omit<Context, "now">> {
  const workflow = await deps.workflows.compiled(tenant, name, version);
  if (!workflow) throw new Error(`tenant ${tenant} has no version ${version} of ${name}`);
  const tools: Record<string, ToolFacts> = {};
  for (const node of workflow.nodes.values()) {
    const tool = node.document["tool"];
    if (node.type !== "tool" || typeof tool !== "string" || tools[tool]) continue;
    const record = await findTool(deps, tenant, tool);
    if (record) tools[tool] = record;
  }
  return { workflow, tools, defaultModel: deps.models.default, hash: deps.hash };
}

/** A tool ready to be called, with its schemas. */
export async function registeredTool(
  deps: EngineDeps,
  tenant: string,
  name: string,
): Promise<RegisteredTool | undefined> {
  const record = await findTool(deps, tenant, name);
  if (!record) return undefined;
  const check = (schema: JsonObject | undefined, path: string) => (value: never) =>
    schema ? deps.schemas.validate(schema, value, path) : [];
  return {
    name: record.name,
    kind: record.kind,
    config: record.config,
    inputProblems: check(record.inputSchema, "input"),
    outputProblems: check(record.outputSchema, "output"),
  };
}
