import type { Outcome } from "../../kernel/command.ts";
import type { Context } from "../../kernel/draft.ts";
import type { Run, Token } from "../../kernel/run.ts";
import type { Node } from "../../kernel/workflow.ts";
import { CallFailure } from "../../ports/call-failure.ts";
import { Later } from "../../ports/tools.ts";
import { callModel } from "./call-model.ts";
import { callTool } from "./call-tool.ts";
import type { EffectDeps } from "./effect.ts";
import { sendNotice } from "./send-notice.ts";

export type Answer = Pick<Extract<Outcome, { ok: true }>, "output" | "usage" | "cost">;

const CALLS = { llm: callModel, notify: sendNotice, tool: callTool } as const;
const DEFAULT_TIMEOUT_MS = { llm: 120_000, notify: 30_000, tool: 30_000 } as const;

/**
 * Calls what a committed start names, once, and turns whatever comes of it into an outcome.
 *
 * The attempt's timeout is real time, not the run's clock: a call does not hurry because a test
 * moved the clock. A call that does not listen to its signal is left; its answer is nobody's.
 *
 * @param abort ends the call: when its time is over, or when the run no longer waits for it.
 */
export async function perform(
  deps: EffectDeps,
  run: Run,
  token: Token,
  context: Omit<Context, "now">,
  abort: AbortController,
): Promise<Outcome> {
  const { node, visit, attempt, scope } = token;
  const ids = { token: token.id, node, visit, attempt, ...(scope !== undefined && { scope }) };
  const definition = context.workflow.nodes.get(node);
  const type = token.reconciling ? "tool" : callOf(definition);
  const timeoutMs = definition?.timeoutMs ?? DEFAULT_TIMEOUT_MS[type];
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(timeout(node, timeoutMs));
        abort.abort();
      }, timeoutMs);
    });
    const call: Call = CALLS[type];
    const calling = async () => {
      const input = await inputOf(deps, run, token);
      return call(deps, run, { ...token, input }, definition, timeoutMs, abort.signal);
    };
    const answer = await Promise.race([calling(), expired]);
    if (answer instanceof Later) return { ...ids, ok: "later", ref: answer.ref };
    return { ...ids, ok: true, ...answer };
  } catch (error) {
    return { ...ids, ok: false, ...failureOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

type Call = (...given: Parameters<typeof callTool>) => Promise<Answer | Later>;

function callOf(node: Node | undefined): keyof typeof CALLS {
  return node?.type === "llm" || node?.type === "notify" ? node.type : "tool";
}

async function inputOf({ contents }: EffectDeps, { tenant, id }: Run, { input, node }: Token) {
  const whole = await contents.whole({ tenant, runId: id }, input ?? null);
  if (whole !== undefined) return whole;
  const message = `the input of ${node} is larger, with all that it refers to, than a call may be`;
  throw new CallFailure("INPUT_TOO_LARGE", message, { retryable: false });
}

function timeout(node: string, timeoutMs: number): CallFailure {
  const message = `${node} did not answer within ${timeoutMs} ms`;
  return new CallFailure("TIMEOUT", message, { retryable: true });
}

/** Codes after which nobody knows whether the other side did what it was asked. */
const LOST = new Set(["TIMEOUT", "NETWORK"]);

function failureOf(error: unknown) {
  if (error instanceof CallFailure) {
    const { code, message, retryable, retryAfterMs } = error;
    return {
      code,
      message: message.slice(0, 2_000),
      retryable,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(LOST.has(code) && { lost: true }),
    };
  }
  const message = error instanceof Error ? error.message : "the call failed";
  return { code: "TOOL_FAILED", message: message.slice(0, 2_000), retryable: false };
}
