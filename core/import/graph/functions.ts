import type { JsonObject } from "../../kernel/json.ts";
import { template } from "../jsonata-text.ts";

const STATE = "$vars.state";

/**
 * The functions that come with the dialect. All but the approval compute a new state of the old
 * one, and so need no tool.
 */
export const FUNCTIONS: Readonly<Record<string, JsonObject>> = {
  profile_data: state(
    `$merge([${STATE}, {"dataset_size": 1000, "anomaly_count": $exists(${STATE}.anomaly_count) ? ` +
      `${STATE}.anomaly_count : 50}])`,
  ),
  identify_anomalies: state(STATE),
  generate_rules: state(`$merge([${STATE}, {"rules_generated": true}])`),
  apply_rules: state(
    `$merge([${STATE}, {"anomaly_count": $exists(${STATE}.anomaly_count) ? ` +
      `$floor(${STATE}.anomaly_count / 2) : 0}])`,
  ),
  finish_pipeline: { type: "end" },
  wait_for_approval: { type: "approval", preview: template(STATE), email: false },
};

function state(expression: string): JsonObject {
  return { type: "set", with: template(expression), assign: { state: template("$output") } };
}
