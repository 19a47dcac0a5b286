import type { Context, ToolFacts } from "../kernel/draft.ts";
import { own } from "../kernel/json.ts";
import { reconcilerOf } from "../kernel/nodes/reconcile.ts";
import type { Node } from "../kernel/workflow.ts";
import type { ToolRecord } from "../store/tools.ts";
import { admitFreed } from "./admission/admit.ts";
import type { EngineDeps } from "./deps.ts";
import { inputFault } from "./effects/call-tool.ts";
import type { RegisteredTool } from "./effects/effect.ts";
import { evaluations } from "./evaluations.ts";
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
  let made = handling.get(deps);
  if (!made) {
    const fresh: HandleDeps = {
      ...deps,
      commitId: () => deps.randomness.hex(),
      chance: () => deps.randomness.unit(),
      contextOf: contexts(deps),
      freed: (tenant, units) => admitFreed(fresh, tenant, units),
    };
    made = fresh;
    handling.set(deps, made);
  }
  return made;
}

const handling = new WeakMap<EngineDeps, HandleDeps>();

type Made = Readonly<{ context: Omit<Context, "now">; changes: number; at: number }>;

const CONTEXTS_MAX = 500;
/** How long a context is good without a look: what another process registers is seen after it. */
const CONTEXT_MS_MAX = 2_000;

/** Contexts by workflow version, made again when a tool that they name was registered anew. */
function contexts(deps: EngineDeps): HandleDeps["contextOf"] {
  const known = new Map<string, Made>();
  const evaluating = evaluations(deps);
  return async (tenant, pinned) => {
    const name = `${tenant}/${pinned.name}@${pinned.version}`;
    const hit = known.get(name);
    const isFresh = hit && deps.elapsed() - hit.at < CONTEXT_MS_MAX;
    if (isFresh && deps.toolStore.changes(tenant) === hit.changes) return hit.context;
    const made = await contextOf(deps, tenant, pinned, evaluating(tenant));
    if (known.size >= CONTEXTS_MAX) known.clear();
    known.set(name, made);
    return made.context;
  };
}

async function contextOf(
  deps: EngineDeps,
  tenant: string,
  { name, version }: Pinned,
  evaluating: NonNullable<Context["evaluating"]>,
): Promise<Made> {
  const at = deps.elapsed();
  const changes = deps.toolStore.changes(tenant);
  const workflow = await deps.workflows.compiled(tenant, name, version);
  if (!workflow) throw new Error(`tenant ${tenant} has no version ${version} of ${name}`);
  const tools: Record<string, ToolFacts> = {};
  for (const node of workflow.nodes.values()) {
    for (const tool of toolsOf(node)) {
      if (own(tools, tool)) continue;
      const record = await findTool(deps, tenant, tool);
      if (record) tools[tool] = factsOf(deps, record);
    }
  }
  const defaultModel = deps.models.default;
  const context = { workflow, tools, defaultModel, hash: deps.hash, evaluating };
  return { context, changes, at };
}

/** The tool that a node calls, and the one that is asked whether it did. */
function toolsOf(node: Node): readonly string[] {
  const tool = node.type === "tool" ? node.document["tool"] : undefined;
  return [tool, reconcilerOf(node)].filter((name) => typeof name === "string");
}

/** A job is offered by the commit that starts it, so it is there that its input is looked at. */
function factsOf(deps: EngineDeps, record: ToolRecord): ToolFacts {
  if (record.kind !== "worker" || !record.inputSchema) return record;
  const tool = withSchemas(deps, record);
  return { ...record, inputFault: (input) => inputFault(tool, input) };
}

/** A tool ready to be called, with its schemas. */
export async function registeredTool(
  deps: EngineDeps,
  tenant: string,
  name: string,
): Promise<RegisteredTool | undefined> {
  const record = await findTool(deps, tenant, name);
  return record && withSchemas(deps, record);
}

function withSchemas(deps: EngineDeps, record: ToolRecord): RegisteredTool {
  const { name, kind, config, inputSchema, outputSchema } = record;
  return {
    name,
    kind,
    config,
    inputProblems: (value) =>
      inputSchema ? deps.schemas.validate(inputSchema, value, "input") : [],
    outputProblems: (value) =>
      outputSchema ? deps.schemas.validate(outputSchema, value, "output") : [],
  };
}
