import { lookAtLine } from "../core/engine/admission/admit.ts";
import { cancelRuns } from "../core/engine/cancel-runs.ts";
import { handleDeps } from "../core/engine/contexts.ts";
import { createEngine } from "../core/engine/create-engine.ts";
import { redriveDue } from "../core/engine/dead-letters.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import { eventHandlers } from "../core/engine/events/send-event.ts";
import type { DueHandlers } from "../core/engine/fire-due.ts";
import { jobHandler } from "../core/engine/fire-job.ts";
import { closeTenant } from "../core/engine/people/close-tenant.ts";
import type { OwnLanes } from "../core/engine/people/own-lanes.ts";
import { type SendMailDeps, sendOwed } from "../core/engine/people/send-mail.ts";
import type { FixedAccess } from "../core/engine/people/table-access.ts";
import { readTask, taskView } from "../core/engine/read/read-task.ts";
import { fireSchedule } from "../core/engine/schedules/fire-schedule.ts";
import type { Lanes } from "../core/ports/lanes.ts";
import type { Log } from "../core/ports/log.ts";
import type { Mailer } from "../core/ports/mailer.ts";
import type { Queue } from "../core/ports/queue.ts";
import type { TenantData } from "../core/ports/tenant-data.ts";
import { tableOutbox } from "../core/store/outbox.ts";

export type DueParts = Readonly<{
  engine: EngineDeps;
  queue: Queue;
  access: Pick<FixedAccess, "dropKeys">;
  mailer: Mailer;
  publicUrl: string;
  log: Log;
  /** Every store that may hold something of a tenant. */
  data: readonly TenantData[];
  /** Absent where tenants have no queues of their own. */
  lanes?: Lanes;
  ownLanes?: OwnLanes;
}>;

/** What rows of the `due` index ask for, by their kind: on a laptop and in a deployment alike. */
export function dueHandlers(parts: DueParts): DueHandlers {
  const { engine, queue, access, ownLanes } = parts;
  const owed = owedMails(parts);
  const closing = {
    ...engine,
    ...(parts.lanes && { lanes: parts.lanes }),
    data: parts.data,
    dropKeys: (tenant: string) => access.dropKeys(tenant),
    cancelRuns: (tenant: string) => cancelRuns(engine, tenant),
  };
  return {
    ...eventHandlers(engine),
    job: jobHandler(engine),
    letter: { fire: (row) => redriveDue(engine, row) },
    mail: { fire: async (row) => void (await sendOwed(owed, row)), isOwed: () => true },
    run: {
      async fire(row) {
        const tenant = String(row["tenant"]);
        // It stays due, and is woken within a minute of when that is lifted.
        if (await engine.isSuspended(tenant)) return;
        await queue.wake({ tenant, runId: String(row["run"]) });
      },
      // What a driver was doing when the process died has no due time of its own.
      isOwed: (row) => row["owed"] === true,
    },
    "line-of-runs": { fire: (row) => lookAtLine(handleDeps(engine), row) },
    schedule: { fire: fireSchedule(engine, createEngine(engine).runs) },
    tenant: { fire: async (row) => ownLanes?.finish(row) },
    closing: { fire: (row) => closeTenant(closing, row.sk) },
  };
}

/** What sending the mails needs that are owed. */
export function owedMails({
  engine,
  mailer,
  publicUrl,
  log,
}: Pick<DueParts, "engine" | "mailer" | "publicUrl" | "log">): SendMailDeps {
  return {
    mailer,
    publicUrl,
    log,
    outbox: tableOutbox(engine.table),
    signer: engine.signer,
    clock: engine.clock,
    taskOf: async (tenant, id) => {
      const task = await readTask(engine, tenant, id);
      return task && taskView(task);
    },
  };
}
