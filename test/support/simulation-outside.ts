import type { EngineDeps } from "../../core/engine/deps.ts";
import type { Json } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import type { Chance } from "./simulation-random.ts";
import type { Time } from "./simulation-time.ts";
import type { Witness } from "./simulation-witness.ts";

/** What tools and models do in the world. They go on when the process that called is gone. */
export type Outside = Readonly<{
  /** Effects by idempotency key, as the other side has them on its books. */
  effects: ReadonlyMap<string, Json>;
  /** The other side's doors, as a process has them. */
  doors(isAlive: () => boolean): Pick<EngineDeps, "tools" | "models" | "notices">;
}>;

type World = Readonly<{
  time: Time;
  chance: Chance;
  witness: Witness;
  /** How often a call fails. */
  trouble(): number;
  answer?: (call: ToolCall) => Json;
}>;

export function outside(world: World): Outside {
  const { time, chance, witness } = world;
  const effects = new Map<string, Json>();

  /** The other side keeps the key: asked again, it does nothing more and answers the same. */
  function effect(call: ToolCall): Json {
    const before = effects.get(call.idempotencyKey);
    if (before !== undefined) return before;
    const done = world.answer ? world.answer(call) : something(call);
    effects.set(call.idempotencyKey, done);
    return done;
  }

  function something({ input }: ToolCall): Json {
    // Now and then enough that runs are kept as snapshots, and those as artifacts.
    const text = chance.happens(0.15) ? "x".repeat(chance.pick([9_000, 40_000, 90_000])) : "";
    return { done: input, n: effects.size, text };
  }

  async function answer(call: ToolCall): Promise<Json> {
    await time.sleep(chance.whole(0, 400));
    if (chance.happens(world.trouble())) {
      const kind = chance.pick(["HTTP_503", "HTTP_429", "HTTP_404", "TIMEOUT", "NETWORK"]);
      if (kind === "HTTP_404") throw new CallFailure(kind, "not here", { retryable: false });
      if (kind === "HTTP_429") {
        const retryAfterMs = chance.whole(0, 20_000);
        throw new CallFailure(kind, "too many", { retryable: true, retryAfterMs });
      }
      if (kind !== "HTTP_503" && chance.happens(0.5)) effect(call);
      throw new CallFailure(kind, "in trouble", { retryable: true });
    }
    const done = effect(call);
    await time.sleep(chance.pick([0, 5, 50, 8_000]));
    witness.answered(call);
    return done;
  }

  /** An answer for somebody who is not there any more, or no longer wants it, is nobody's. */
  async function wanted<Answer>(
    isAlive: () => boolean,
    signal: AbortSignal,
    work: Promise<Answer>,
  ): Promise<Answer> {
    const given = await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () =>
          reject(new CallFailure("NETWORK", "hung up", { retryable: true })),
        );
      }),
    ]);
    return isAlive() ? given : new Promise<never>(() => undefined);
  }

  return {
    effects,
    doors: (isAlive) => ({
      tools: {
        builtins: new Map(),
        call(call, signal) {
          witness.called(call);
          return wanted(isAlive, signal, answer(call));
        },
      },
      notices: {
        async send(notice, signal) {
          if (notice.channel !== "email") throw new Error("only mails are sent here");
          const { id: idempotencyKey, attempt, channel, tenant, timeoutMs } = notice;
          const tool = { name: channel, kind: "builtin", config: {} } as const;
          const { to, subject, text } = notice;
          const input = { channel, to, subject, body: text.trimEnd() };
          const call = { tenant, tool, input, idempotencyKey, attempt, timeoutMs };
          witness.called(call);
          await wanted(isAlive, signal, answer(call));
          return {};
        },
      },
      models: {
        default: "mock/echo",
        knows: () => true,
        async call({ model }, signal) {
          await wanted(isAlive, signal, time.sleep(chance.whole(0, 2_000)));
          if (chance.happens(world.trouble())) {
            throw new CallFailure("HTTP_529", "overloaded", { retryable: true });
          }
          const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
          return { text: "said", usage, cost: 0.01, model, finishReason: "stop" };
        },
      },
    }),
  };
}
