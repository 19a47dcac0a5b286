import { fail, nodeOf, succeed } from "../depart.ts";
import type { Draft } from "../draft.ts";
import type { Json } from "../json.ts";
import { type Found, lookUp } from "../needs.ts";
import type { Token } from "../run.ts";
import { bytesOf } from "../sizes.ts";
import { begin } from "./begin.ts";
import { valueOf } from "./pure.ts";

const SCRIPT_MS_MAX = 1_000;
const INPUT_BYTES_MAX = 1024 * 1024;

/** Runs code of a customer, in the commit that lets its token go on: it has no effect to repeat. */
export async function visitScript(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const node = nodeOf(draft, token);
  const given = await valueOf(draft, token, node.with);
  if (!given.ok) return fail(draft, token, given.error);
  const input = given.value ?? null;
  if (bytesOf(input) > INPUT_BYTES_MAX) {
    const message = `the input of ${node.id} is larger than ${INPUT_BYTES_MAX} bytes`;
    return fail(draft, token, { code: "INPUT_TOO_LARGE", message });
  }
  const timeoutMs = Math.min(node.timeoutMs ?? SCRIPT_MS_MAX, SCRIPT_MS_MAX);
  const code = textOf(node.document["code"]);
  const found = lookUp(draft, { kind: "script", code, input, timeoutMs });
  if (found.ok) return succeed(draft, token, { output: found.value });
  const message = `the script of ${node.id}: ${found.message}`;
  return fail(draft, token, { code: CODES[found.reason], message, retryable: false });
}

const CODES: Readonly<Record<Extract<Found, { ok: false }>["reason"], string>> = {
  threw: "SCRIPT_ERROR",
  time: "TIMEOUT",
  memory: "SCRIPT_OUT_OF_MEMORY",
  size: "OUTPUT_TOO_LARGE",
};

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
