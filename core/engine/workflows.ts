import { instantText } from "../kernel/duration.ts";
import { isObject, type Json } from "../kernel/json.ts";
import { bytesOf } from "../kernel/sizes.ts";
import { type Validation, validateWorkflow } from "../kernel/validate.ts";
import { nodesIn } from "../kernel/validate-graph.ts";
import type { WorkflowRecord } from "../store/workflows.ts";
import { findTool } from "./contexts.ts";
import { cursorOf, readCursor } from "./cursor.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import { named } from "./named.ts";
import { ok, refuse } from "./refusal.ts";
import { removeWorkflow } from "./remove-workflow.ts";
import { toolsOf } from "./tools.ts";
import type { Listing, WorkflowSummary } from "./views.ts";

/** A published document must fit one row of the table. */
const DOCUMENT_BYTES_MAX = 300_000;

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Publishing, and reading what was published. */
export function workflowsOf(deps: EngineDeps): Engine["workflows"] {
  const workflows: Engine["workflows"] = {
    async publish({ tenant }, document) {
      const { errors, warnings } = await validate(deps, tenant, document);
      if (errors.length > 0 || !isObject(document)) {
        const count = errors.length === 1 ? "one fault" : `${errors.length} faults`;
        return refuse("INVALID_WORKFLOW", `the workflow has ${count}`, { errors });
      }
      if (bytesOf(document) > DOCUMENT_BYTES_MAX) {
        const message = `a workflow has at most ${DOCUMENT_BYTES_MAX} bytes`;
        return refuse("PAYLOAD_TOO_LARGE", message);
      }
      const name = typeof document["name"] === "string" ? document["name"] : "";
      const published = await deps.workflows.publish(tenant, name, document, deps.clock.now());
      const { version, hash } = published.record;
      const { created } = published;
      return ok({ name, version, hash, created, ...(warnings.length > 0 && { warnings }) });
    },

    async validate({ tenant }, document) {
      const { errors, warnings } = await validate(deps, tenant, document);
      return { valid: errors.length === 0, errors, warnings };
    },

    async import(caller, request) {
      // Few ask for it, and a function that starts must be small.
      const { importWorkflow } = await import("./import-workflow.ts");
      return importWorkflow({ workflows, tools: toolsOf(deps) }, caller, request);
    },

    async list({ tenant }, { limit, cursor }) {
      const after = readCursor("workflows", cursor);
      if (after === false) return { data: [], nextCursor: null };
      const { records, next } = await deps.workflows.list(tenant, after, limit);
      return listing("workflows", records, next);
    },

    async get({ tenant }, name, version) {
      const record =
        version === undefined
          ? await deps.workflows.newest(tenant, name)
          : await deps.workflows.get(tenant, name, version);
      if (!record)
        return refuse("WORKFLOW_NOT_FOUND", `there is no workflow ${named(name, version)}`);
      return ok({ ...summary(record), document: record.document });
    },

    remove: (caller, name, version) => removeWorkflow(deps, caller, name, version),

    async versions({ tenant }, name, { limit, cursor }) {
      const after = readCursor("versions", cursor);
      if (after === false) return refuse("INVALID_REQUEST", "the cursor is not one of this list");
      const { records, next } = await deps.workflows.versions(tenant, name, after, limit);
      if (records.length === 0 && after === undefined) {
        return refuse("WORKFLOW_NOT_FOUND", `there is no workflow "${name}"`);
      }
      return ok(listing("versions", records, next));
    },
  };
  return workflows;
}

async function validate(deps: EngineDeps, tenant: string, document: Json): Promise<Validation> {
  const tools = new Set<string>();
  for (const name of toolsNamed(document)) {
    if (await findTool(deps, tenant, name)) tools.add(name);
  }
  const scripts = new Map<string, string>();
  for (const code of codesIn(document)) {
    const problem = await deps.sandbox.problem(code);
    if (problem !== undefined) scripts.set(code, problem);
  }
  const workflows = await workflowsNamed(deps, tenant, document);
  return validateWorkflow(document, {
    workflow: (name, version) => workflows.has(`${name}@${version ?? ""}`),
    scriptProblem: (code) => scripts.get(code),
    cellProblem: (cell, kind) => deps.rules.problem(cell, kind),
    tool: (name) => tools.has(name),
    model: (name) => deps.models.knows(name),
    schemaProblems: (schema) => deps.schemas.problems(schema),
  });
}

/** Those that are published, of the workflows that a document starts. It may start itself. */
async function workflowsNamed(
  deps: EngineDeps,
  tenant: string,
  document: Json,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (isObject(document) && typeof document["name"] === "string") found.add(`${document["name"]}@`);
  for (const { type, workflow, version } of nodesIn(document).slice(0, 1_000)) {
    if (type !== "subflow" || typeof workflow !== "string" || !NAME.test(workflow)) continue;
    const number = typeof version === "number" ? version : undefined;
    const name = `${workflow}@${number ?? ""}`;
    if (found.has(name)) continue;
    const record =
      number === undefined
        ? await deps.workflows.newest(tenant, workflow)
        : await deps.workflows.get(tenant, workflow, number);
    if (record) found.add(name);
  }
  return found;
}

function toolsNamed(document: Json): ReadonlySet<string> {
  const wanted = nodesIn(document).flatMap(({ tool, onUnknown }) => [
    tool,
    onUnknown !== undefined && isObject(onUnknown) ? onUnknown["reconcile"] : undefined,
  ]);
  const names = wanted.filter((name) => typeof name === "string" && name.length <= 128);
  return new Set((names as string[]).slice(0, 2_000));
}

/** The code of every script, each once. */
function codesIn(document: Json): ReadonlySet<string> {
  const scripts = nodesIn(document).filter(({ type }) => type === "script");
  return new Set(scripts.flatMap(({ code }) => (typeof code === "string" ? [code] : [])));
}

function listing(
  kind: string,
  records: readonly WorkflowRecord[],
  next: string | null,
): Listing<WorkflowSummary> {
  return { data: records.map(summary), nextCursor: cursorOf(kind, next) };
}

function summary({ name, version, hash, createdAt, document }: WorkflowRecord): WorkflowSummary {
  const { title, description } = document;
  return {
    name,
    version,
    hash,
    ...(typeof title === "string" && { title }),
    ...(typeof description === "string" && { description }),
    createdAt: instantText(createdAt),
  };
}
