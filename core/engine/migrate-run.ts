import { type Finding, migrationOf } from "../kernel/migrate.ts";
import { hasEnded, isOwed, type Run } from "../kernel/run.ts";
import { handleDeps } from "./contexts.ts";
import { API_TIME_MS, type EngineDeps } from "./deps.ts";
import { handle } from "./handle.ts";
import { named } from "./named.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { noRun, refused } from "./run-refusals.ts";
import { actorOf } from "./start-run.ts";
import type { Caller } from "./views.ts";

export type MigrateRequest = Readonly<{
  version: number;
  dryRun?: boolean | undefined;
  map?: Readonly<Record<string, string>> | undefined;
  reopen?: readonly string[] | undefined;
  reason?: string | undefined;
}>;

export type MigrationView = Readonly<{
  runId: string;
  from: number;
  to: number;
  hash: string;
  /** False when it was only asked about, or when something does not map. */
  migrated: boolean;
  /** What does not map. */
  problems: readonly Finding[];
  /** What maps, and stays otherwise than the new version would have it. */
  notes: readonly Finding[];
}>;

/** Lets a run go on under another version of its workflow, or says what would become of it. */
export async function migrateRun(
  deps: EngineDeps,
  caller: Caller,
  runId: string,
  request: MigrateRequest,
): Promise<Result<MigrationView>> {
  const key = { tenant: caller.tenant, runId };
  const { run } = await deps.log.load(key);
  if (run.seq === 0) return noRun(runId);
  const { name } = run.workflow;
  const { version, map = {}, reopen = [], reason } = request;
  const record = await deps.workflows.get(caller.tenant, name, version);
  if (!record) return refuse("WORKFLOW_NOT_FOUND", `there is no workflow ${named(name, version)}`);
  const found = await judged(deps, caller.tenant, run, request);
  if (!found.ok) return found;
  const { problems, notes } = found.value;
  const view = { runId, from: run.workflow.version, to: version, hash: record.hash };
  if (request.dryRun) return ok({ ...view, migrated: false, problems, notes });
  const handled = await handle(handleDeps(deps), {
    key,
    command: { type: "run.migrate", map, reopen, ...(reason !== undefined && { reason }) },
    actor: actorOf(caller),
    target: { name, version },
    until: deps.elapsed() + API_TIME_MS,
  });
  if (handled.type !== "accepted") return refused(handled, runId);
  if (handled.committed && isOwed(handled.run, handled.at)) await deps.queue.wake(key);
  return ok({ ...view, migrated: true, problems: [], notes });
}

async function judged(
  deps: EngineDeps,
  tenant: string,
  run: Run,
  { version, map = {}, reopen = [] }: MigrateRequest,
): Promise<Result<{ problems: readonly Finding[]; notes: readonly Finding[] }>> {
  if (hasEnded(run) && run.status !== "failed") {
    return refuse("RUN_ENDED", `run ${run.id} has ended`);
  }
  if (run.undoing || (hasEnded(run) && !run.halted)) {
    return refused({ type: "rejected", reason: "run_undone" }, run.id);
  }
  const { name } = run.workflow;
  const [from, to] = await Promise.all([
    deps.workflows.compiled(tenant, name, run.workflow.version),
    deps.workflows.compiled(tenant, name, version),
  ]);
  if (!from || !to) throw new Error(`run ${run.id} has lost its definition`);
  if (version === run.workflow.version && reopen.length === 0)
    return ok({ problems: [], notes: [] });
  const { problems, notes } = migrationOf(run, from, to, { map, reopen });
  const misfits = to.input ? deps.schemas.validate(to.input, run.input, "input") : [];
  const unfit = misfits.map(({ path, message }) => ({
    node: "",
    code: "INPUT_UNFIT",
    message: `the run's input would not be taken by a start of that version: ${path} ${message}`,
  }));
  return ok({ problems, notes: [...notes, ...unfit] });
}
