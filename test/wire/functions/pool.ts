import type { Json } from "../../../core/kernel/json.ts";
import type { WorldClock } from "../world-clock.ts";
import { type Environment, environment, type Listener, type Outcome } from "./environment.ts";

export type FunctionSettings = Readonly<{
  /** Its file in `lambdas/`. */
  name: string;
  /** Its logical id, which is its access key as well. */
  id: string;
  arn: string;
  bundle: string;
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** As many at once; what the template reserves, or what this machine can take. */
  environmentsMax: number;
}>;

export type Pool = ReturnType<typeof pool>;

const LINES_MAX = 300;

/** The environments of one function: made when they are needed, used again when they are free. */
export function pool(settings: FunctionSettings, clock: WorldClock, began: () => void) {
  const environments = new Set<Environment>();
  const line: ((free: Environment) => void)[] = [];
  const lines: string[] = [];
  const failures: string[] = [];
  let invocations = 0;
  let coldStarts = 0;
  let closed = false;
  const watchers = new Set<() => void>();

  function log(text: string): void {
    lines.push(text);
    if (lines.length > LINES_MAX) lines.shift();
  }

  function start(): Environment {
    coldStarts++;
    began();
    const { bundle, env } = settings;
    const made = environment({ bundle, env, clock, log });
    environments.add(made);
    return made;
  }

  function prune(): void {
    for (const one of environments) if (one.isDead()) environments.delete(one);
  }

  const taken = new Set<Environment>();

  async function take(): Promise<Environment> {
    prune();
    const free = [...environments].find((one) => !taken.has(one));
    const found =
      free ??
      (environments.size < settings.environmentsMax
        ? start()
        : await new Promise<Environment>((resolve) => line.push(resolve)));
    taken.add(found);
    return found;
  }

  function giveBack(used: Environment): void {
    taken.delete(used);
    prune();
    const next = line.shift();
    if (!next) {
      for (const watcher of watchers) watcher();
      return;
    }
    const handed = used.isDead() ? start() : used;
    taken.add(handed);
    next(handed);
  }

  return {
    settings,
    /** Gives an event to a free environment, a new one or, when all are busy, the next. */
    async invoke(event: Json, listener?: Listener): Promise<Outcome> {
      const used = await take();
      invocations++;
      try {
        await used.ready;
        const outcome = await used.invoke(event, settings.timeoutMs, listener);
        if (outcome.type === "failed") {
          const { errorType, errorMessage, trace = "" } = outcome.error;
          failures.push(`${errorType}: ${errorMessage} ${trace}`);
        }
        return outcome;
      } catch (error) {
        const errorMessage = error instanceof Error ? error.message : String(error);
        if (!closed) failures.push(`could not start: ${errorMessage}`);
        return { type: "failed", error: { errorType: "Runtime.ImportModuleError", errorMessage } };
      } finally {
        giveBack(used);
      }
    },
    /** Kills the environment of this id, in whatever it does. */
    kill(id: string): boolean {
      const found = [...environments].find((one) => one.id === id);
      found?.kill();
      return found !== undefined;
    },
    /** Kills all of them that are at work; how many those were. */
    killBusy(): number {
      const busy = [...environments].filter((one) => one.isBusy());
      for (const one of busy) one.kill();
      return busy.length;
    },
    /** Ends all that stand still, as Lambda does with instances that nobody needs. */
    recycle(): void {
      for (const one of environments) if (!taken.has(one)) one.kill();
    },
    busy: () => taken.size,
    hasRoom: () => !closed && taken.size < settings.environmentsMax,
    /** Calls back whenever there is room for one more event. */
    whenFree: (watcher: () => void) => void watchers.add(watcher),
    counts: () => ({ invocations, coldStarts, environments: environments.size }),
    lines: () => lines,
    failures: () => failures,
    async close(): Promise<void> {
      closed = true;
      const all = [...environments];
      for (const one of all) one.kill();
      await Promise.all(all.map((one) => one.exited()));
    },
  };
}
