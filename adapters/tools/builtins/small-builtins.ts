import { setTimeout as delay } from "node:timers/promises";
import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";
import { CallFailure } from "../../../core/ports/call-failure.ts";
import type { Builtin } from "./builtin.ts";

const PAD_BYTES_MAX = 100_000;
const SLEEP_MS_MAX = 60_000;

export const echo: Builtin = {
  description: "Returns its input.",
  run: (input) => input,
};

export const pad: Builtin = {
  description: `Returns {pad}: a text of \`bytes\` letters (200, at most ${PAD_BYTES_MAX}).`,
  inputSchema: fields({ bytes: { type: "integer", minimum: 0, maximum: PAD_BYTES_MAX } }),
  run: (input) => ({ pad: "x".repeat(Number(field(input, "bytes") ?? 200)) }),
};

export const sleep: Builtin = {
  description: `Waits for \`ms\` milliseconds (at most ${SLEEP_MS_MAX}) and returns {slept}.`,
  inputSchema: {
    ...fields({ ms: { type: "number", minimum: 0, maximum: SLEEP_MS_MAX } }),
    required: ["ms"],
  },
  async run(input, signal) {
    const ms = Number(field(input, "ms"));
    try {
      await delay(ms, undefined, { signal });
    } catch (cause) {
      if (signal.reason instanceof CallFailure) throw signal.reason;
      throw new CallFailure("ABORTED", "The sleep was abandoned.", { retryable: true, cause });
    }
    return { slept: ms };
  },
};

export const fail: Builtin = {
  description: "Fails with the `code`, `message` and `retryable` that it is given.",
  inputSchema: fields({
    code: { type: "string", pattern: "^[A-Z][A-Z0-9_]{0,63}$" },
    message: { type: "string", maxLength: 500 },
    retryable: { type: "boolean" },
  }),
  run(input) {
    const { code, message, retryable } = isObject(input) ? input : {};
    throw new CallFailure(
      typeof code === "string" ? code : "FAILED",
      typeof message === "string" ? message : "The tool was asked to fail.",
      { retryable: retryable === true },
    );
  },
};

function fields(properties: JsonObject): JsonObject {
  return { type: ["object", "null"], properties, additionalProperties: false };
}

function field(input: Json, name: string): Json | undefined {
  return isObject(input) ? input[name] : undefined;
}
