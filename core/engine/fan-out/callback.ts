import type { Item, Operation } from "../../ports/table.ts";
import { callbackDone } from "../../store/callbacks.ts";
import { addition, type Endpoint } from "../../store/endpoints.ts";
import type { EngineDeps } from "../deps.ts";
import type { StartRequest } from "../views.ts";
import type { FanOutDeps } from "./deps.ts";
import { owe } from "./line.ts";

/** What a callback hears of that names no types: how the run ended. */
export const CALLBACK_TYPES = ["run.succeeded", "run.failed", "run.cancelled"] as const;

/** The endpoint that goes with the first commit of a run that asks for a callback. */
export function callbackOf(
  { clock }: Pick<EngineDeps, "clock">,
  tenant: string,
  runId: string,
  { callback }: StartRequest,
): readonly Operation[] {
  if (!callback) return [];
  const now = clock.now();
  const endpoint: Endpoint = {
    tenant,
    id: runId,
    url: callback.url,
    description: null,
    types: callback.types ?? CALLBACK_TYPES,
    workflow: null,
    tag: null,
    enabled: true,
    disabledReason: null,
    from: 0,
    ...(callback.secret && { secretName: callback.secret.$secret }),
    failingSince: null,
    createdAt: now,
    updatedAt: now,
    rev: 1,
  };
  return [addition(endpoint)];
}

/** Turns the row that a commit has written into a line that is owed. */
export async function oweCallback(deps: FanOutDeps, row: Item): Promise<void> {
  const runId = String(row["run"]);
  const line = { tenant: String(row["tenant"]), subscriber: runId, runId };
  if (await owe(deps, line, Number(row["seq"]))) await deps.senders.owed({ type: "line", ...line });
  await callbackDone(deps.table, row);
}
