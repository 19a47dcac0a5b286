import type { Command } from "../kernel/command.ts";
import { isOwed } from "../kernel/run.ts";
import { handleDeps } from "./contexts.ts";
import { API_TIME_MS, type EngineDeps } from "./deps.ts";
import { type Handled, handle } from "./handle.ts";
import { actorOf } from "./start-run.ts";
import type { Caller } from "./views.ts";

/** Hands a command of the API to the run, and wakes a driver if the run is now owed something. */
export async function give(
  deps: EngineDeps,
  caller: Pick<Caller, "tenant" | "keyId" | "person">,
  runId: string,
  command: Command,
  actor = actorOf(caller),
): Promise<Handled> {
  const key = { tenant: caller.tenant, runId };
  const until = deps.elapsed() + API_TIME_MS;
  const handled = await handle(handleDeps(deps), { key, command, actor, until });
  if (handled.type === "accepted" && handled.committed && isOwed(handled.run, handled.at)) {
    await deps.queue.wake(key);
  }
  return handled;
}
