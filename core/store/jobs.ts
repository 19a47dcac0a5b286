import type { Instant } from "../kernel/json.ts";
import type { Item, Table } from "../ports/table.ts";
import { type JobRecord, jobItem, jobOf } from "./job-rows.ts";
import { rows } from "./rows.ts";

/** Who may change a job until when; each change is refused when somebody else came first. */
export interface Jobs {
  get(tenant: string, id: string): Promise<JobRecord | undefined>;
  /** What is offered for a tool, oldest first. An index, which may lag: see `lease`. */
  offered(tenant: string, tool: string, limit: number): Promise<readonly JobRecord[]>;
  lease(
    job: JobRecord,
    to: Readonly<{ lease: string; worker: string; until: Instant }>,
  ): Promise<boolean>;
  /** The lease goes on until `until`. */
  extend(job: JobRecord, until: Instant): Promise<boolean>;
  /** Looked at in vain, or in trouble: again at `at`. */
  lookAgain(job: JobRecord, at: Instant): Promise<boolean>;
  remove(job: JobRecord): Promise<boolean>;
}

export function tableJobs(table: Table): Jobs {
  async function replace(job: JobRecord, next: JobRecord): Promise<boolean> {
    const when = { type: "is", attributes: attributesOf(job) } as const;
    return (await table.write([{ type: "put", item: jobItem(next), when }])).ok;
  }

  return {
    async get(tenant, id) {
      const row = await table.get(rows.job(tenant, id));
      return row && jobOf(row);
    },

    async offered(tenant, tool, limit) {
      const pk = rows.jobsOffered(tenant, tool);
      const { items } = await table.query({ pk, index: "list", limit });
      // What the index says is where to look; what holds is what the row says.
      const found = await Promise.all(
        items.map(({ pk: at, sk }: Item) => table.get({ pk: at, sk })),
      );
      return found.flatMap((row) => (row?.["status"] === "offered" ? [jobOf(row)] : []));
    },

    lease: (job, { lease, worker, until }) =>
      replace(job, { ...job, status: "leased", lease, worker, lookAt: until }),

    extend: (job, until) => replace(job, { ...job, lookAt: until }),

    lookAgain: (job, at) => replace(job, { ...job, lookAt: at, looks: (job.looks ?? 0) + 1 }),

    async remove(job) {
      const when = { type: "is", attributes: attributesOf(job) } as const;
      const key = rows.job(job.tenant, job.id);
      return (await table.write([{ type: "remove", key, when }])).ok;
    },
  };
}

/** What no two states of a job share that anybody may act on. */
function attributesOf({ status, attempt, looks = 0, lease }: JobRecord) {
  return { status, attempt, looks, ...(lease !== undefined && { lease }) };
}
