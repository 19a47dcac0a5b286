import { lambdaConnector, sqsLanes } from "../adapters/aws/sqs-lanes.ts";
import { type OwnLanes, ownLanes } from "../core/engine/people/own-lanes.ts";
import type { Lanes } from "../core/ports/lanes.ts";
import type { Table } from "../core/ports/table.ts";
import { LANE } from "./env.ts";
import { sqs } from "./messages.ts";
import { log, type Vars } from "./store.ts";

type LaneVars = Vars<"LANE_PREFIX" | "LANE_DEAD_LETTERS" | "LANE_FUNCTION" | "LANE_KEY">;

/** Queues of tenants that have their own. */
export function lanesOf(vars: LaneVars, table: Table): { lanes: Lanes; ownLanes: OwnLanes } {
  const lanes = sqsLanes({
    sqs: sqs(),
    lambda: lambdaConnector(),
    prefix: vars.LANE_PREFIX,
    deadLetters: vars.LANE_DEAD_LETTERS,
    functionArn: vars.LANE_FUNCTION,
    key: vars.LANE_KEY,
    settings: LANE,
  });
  return { lanes, ownLanes: ownLanes({ table, lanes, log }) };
}
