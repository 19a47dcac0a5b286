import { createHash } from "node:crypto";
import { wellFormed } from "../../core/kernel/well-formed.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { StateMachines } from "../../core/ports/state-machines.ts";
import { Later, type ToolCall, type Tools } from "../../core/ports/tools.ts";
import { isAllowed, type ToolsConfig } from "./targets.ts";

const INPUT_BYTES_MAX = 256 * 1024;

/** Starts an execution, and leaves it to itself: what comes of it is looked at later. */
export function machineTool(config: ToolsConfig, machines: StateMachines) {
  return async (call: ToolCall, signal: AbortSignal): Promise<Later> => {
    const { tool, tenant, idempotencyKey } = call;
    const named = tool.config["stateMachineArn"];
    const stateMachineArn = typeof named === "string" ? named : "";
    if (!isAllowed(config, tenant, "stateMachineArns", stateMachineArn)) {
      const why = `this deployment does not let ${tenant} start ${stateMachineArn}`;
      throw failure(call, "TARGET_REFUSED", why);
    }
    const input = JSON.stringify(call.input);
    if (Buffer.byteLength(input) > INPUT_BYTES_MAX) {
      throw failure(call, "REQUEST_INVALID", "its input is larger than 256 KB");
    }
    const name = nameOf(idempotencyKey);
    return new Later(await machines.start({ stateMachineArn, name, input }, signal));
  };
}

/** The key is the name; what no name can hold, or none so long, is named by its digest. */
function nameOf(key: string): string {
  if (/^[A-Za-z0-9_-]{1,80}$/.test(key)) return key;
  return createHash("sha256").update(key).digest("hex");
}

/** How what goes on elsewhere is looked at, and stopped. */
export function machinesAway(machines: StateMachines): NonNullable<Tools["away"]> {
  return {
    async look(ref) {
      const state = await machines.look(ref);
      if (state.status === "running") return undefined;
      if (state.status === "failed") {
        const { error, cause } = state;
        const code = /^[A-Z][A-Z0-9_]{2,63}$/.test(error) ? error : "EXECUTION_FAILED";
        const message = `${ref} failed with ${error}: ${cause.slice(0, 500).toWellFormed()}`;
        return { ok: false, code, message, retryable: false };
      }
      const kept = wellFormed(state.output);
      if (kept.ok) return { ok: true, output: kept.value };
      const message = `the output of ${ref} cannot be kept: ${kept.why}`;
      return { ok: false, code: "RESPONSE_INVALID", message, retryable: false };
    },
    stop: (ref) => machines.stop(ref),
  };
}

function failure(call: ToolCall, code: string, why: string): CallFailure {
  return new CallFailure(code, `Tool ${call.tool.name}: ${why}.`, { retryable: false });
}
