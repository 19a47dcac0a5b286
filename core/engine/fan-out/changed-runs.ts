import type { Instant } from "../../kernel/json.ts";
import type { Table } from "../../ports/table.ts";

const PAGE = 200;
const RUNS_MAX = 1_000;
/** How much older than the time of a change the run may be that is still found by it. */
const OLDER_MS_MAX = 7 * 86_400_000;

/** The newest runs of a tenant in which something was shown anew since an instant. */
export async function runsChangedSince(
  table: Table,
  tenant: string,
  since: Instant,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const part of ["live", "done"]) {
    let after: string | undefined;
    for (let more = true; more && found.length < RUNS_MAX; ) {
      const page = await table.query({
        pk: `${tenant}#runs#${part}`,
        index: "list",
        reverse: true,
        limit: PAGE,
        ...(after !== undefined && { after }),
      });
      for (const head of page.items) {
        if (Number(head["updatedAt"]) >= since) found.push(String(head["run"]));
      }
      const last = page.items.at(-1);
      after = last?.listSk;
      more = page.more && Number(last?.["createdAt"]) >= since - OLDER_MS_MAX;
    }
  }
  return found;
}
