import type { Json, JsonObject } from "../kernel/json.ts";
import { nodesIn } from "../kernel/validate-graph.ts";
import { hookStore } from "../store/hooks.ts";
import { scheduleStore } from "../store/schedules.ts";
import type { EngineDeps } from "./deps.ts";
import { named } from "./named.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import type { Caller } from "./views.ts";

const PAGE = 200;
/** Live runs that are looked at: where there are more, nobody can say, and nothing is deleted. */
const RUNS_LOOKED_MAX = 20_000;
/** Of each kind of use, so many are named. */
const NAMED_MAX = 10;

/** Who uses a version, or any version of a workflow. */
type Use = Readonly<{ kind: "run" | "schedule" | "hook" | "workflow"; id: string }>;
type Wanted = Readonly<{ name: string; version: number | undefined; isLast: boolean }>;

/**
 * Deletes a version, or a workflow with all its versions, unless somebody uses it. Runs that have
 * ended keep their definition: it can still be read by them, and a failed run be retried.
 */
export async function removeWorkflow(
  deps: EngineDeps,
  { tenant }: Caller,
  name: string,
  version?: number,
): Promise<Result<null>> {
  const versions = await versionsOf(deps, tenant, name);
  const doomed = version === undefined ? versions : versions.filter((one) => one === version);
  if (doomed.length === 0) {
    return refuse("WORKFLOW_NOT_FOUND", `there is no workflow ${named(name, version)}`);
  }
  const isLast = doomed.length === versions.length;
  const used = await usesOf(deps, tenant, { name, version, isLast });
  if (used === "unknown") {
    const message = `more than ${RUNS_LOOKED_MAX} runs are live: whether one is under ${named(name, version)} cannot be told`;
    return refuse("WORKFLOW_IN_USE", message);
  }
  if (used.length > 0) return inUse(named(name, version), used);
  // The oldest first: whoever starts a run meanwhile gets the newest, or none.
  for (const one of doomed.toSorted((a, b) => a - b)) {
    await deps.workflows.remove(tenant, name, one, deps.clock.now());
  }
  return ok(null);
}

function inUse(what: string, used: readonly Use[]) {
  const kinds = [...new Set(used.map(({ kind }) => kind))];
  const counts = kinds.map((kind) => {
    const ids = used.filter((use) => use.kind === kind).map(({ id }) => id);
    return { kind, count: ids.length, ids: ids.slice(0, NAMED_MAX) };
  });
  const told = counts.map(({ kind, count, ids }) => {
    const more = count > ids.length ? ", …" : "";
    return `${count} ${kind}${count === 1 ? "" : "s"} (${ids.join(", ")}${more})`;
  });
  const usedBy = counts.map(({ kind, count, ids }): JsonObject => ({ kind, count, examples: ids }));
  const message = `workflow ${what} is used by ${told.join(", ")}`;
  return refuse("WORKFLOW_IN_USE", message, { data: { usedBy } });
}

async function versionsOf(
  deps: EngineDeps,
  tenant: string,
  name: string,
): Promise<readonly number[]> {
  const found: number[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await deps.workflows.versions(tenant, name, after, PAGE);
    found.push(...page.records.map(({ version }) => version));
    more = page.next !== null;
    after = page.next ?? undefined;
  }
  return found;
}

async function usesOf(
  deps: EngineDeps,
  tenant: string,
  wanted: Wanted,
): Promise<readonly Use[] | "unknown"> {
  const runs = await runsUnder(deps, tenant, wanted);
  if (runs === "unknown") return runs;
  const pinned = [
    ...(await schedulesOf(deps, tenant, wanted)),
    ...(await hooksOf(deps, tenant, wanted)),
    ...(await parentsOf(deps, tenant, wanted)),
  ];
  return [...runs, ...pinned];
}

/** By the index of live runs, which holds no run that has ended. */
async function runsUnder(
  deps: EngineDeps,
  tenant: string,
  { name, version }: Wanted,
): Promise<readonly Use[] | "unknown"> {
  const used: Use[] = [];
  let looked = 0;
  for (let after: string | undefined, more = true; more; ) {
    const from = after === undefined ? {} : { after };
    const range = { pk: `${tenant}#runs#live`, index: "list", limit: 1_000, ...from } as const;
    const page = await deps.table.query(range);
    for (const row of page.items) {
      const isUnder =
        row["workflow"] === name && (version === undefined || row["version"] === version);
      if (isUnder) used.push({ kind: "run", id: String(row["run"]) });
    }
    looked += page.items.length;
    if (looked >= RUNS_LOOKED_MAX && page.more) return used.length > 0 ? used : "unknown";
    after = page.items.at(-1)?.listSk;
    more = page.more && after !== undefined;
  }
  return used;
}

async function schedulesOf(deps: EngineDeps, tenant: string, wanted: Wanted) {
  const used: Use[] = [];
  const store = scheduleStore(deps.table);
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await store.list(tenant, { limit: PAGE, cursor });
    for (const { id, status, workflow, version } of page.data) {
      if (status !== "ended" && starts(wanted, workflow, version))
        used.push({ kind: "schedule", id });
    }
    more = page.nextCursor !== null;
    cursor = page.nextCursor ?? undefined;
  }
  return used;
}

async function hooksOf(deps: EngineDeps, tenant: string, wanted: Wanted) {
  const used: Use[] = [];
  const store = hookStore(deps.table);
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await store.list(tenant, { limit: PAGE, cursor });
    for (const { name, start } of page.data) {
      if (start && starts(wanted, start.workflow, start.version))
        used.push({ kind: "hook", id: name });
    }
    more = page.nextCursor !== null;
    cursor = page.nextCursor ?? undefined;
  }
  return used;
}

/** Workflows whose newest version starts it as a child. */
async function parentsOf(deps: EngineDeps, tenant: string, wanted: Wanted) {
  const used: Use[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await deps.workflows.list(tenant, after, PAGE);
    for (const { name, document } of page.records) {
      const children = nodesIn(document as Json).filter(({ type }) => type === "subflow");
      const isParent = children.some(({ workflow, version }) =>
        starts(wanted, workflow, typeof version === "number" ? version : undefined),
      );
      if (isParent && name !== wanted.name) used.push({ kind: "workflow", id: name });
    }
    more = page.next !== null;
    after = page.next ?? undefined;
  }
  return used;
}

/** Whoever names no version is content with any that is left. */
function starts(wanted: Wanted, workflow: Json | undefined, version: number | undefined): boolean {
  if (workflow !== wanted.name) return false;
  if (wanted.version === undefined) return true;
  return version === undefined ? wanted.isLast : version === wanted.version;
}
