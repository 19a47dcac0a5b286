import type { Driver, Outcome } from "../kernel/command.ts";
import { isToAsk } from "../kernel/hold.ts";
import { isOwed, type Run, startName, type Token, tokensOf } from "../kernel/run.ts";
import { isSuperseded } from "../kernel/superseded.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Watch } from "../ports/watch.ts";
import type { EffectDeps } from "./effects/effect.ts";
import { perform } from "./effects/perform.ts";
import { type HandleDeps, type Handled, handle } from "./handle.ts";
import { isHeldUp, type ShareDeps, stepShare } from "./step-share.ts";

export type DriveDeps = HandleDeps &
  EffectDeps &
  ShareDeps &
  Readonly<{
    /** Makes, tells of and cancels children; whether the run was told something. */
    lookAfterChildren(key: RunKey, until: number): Promise<boolean>;
    /** Asks the limits whether a run that was held may begin now. */
    admit(key: RunKey): Promise<"begun" | "full" | "moved" | "gone">;
    /** Whether nothing of the tenant may begin. */
    isSuspended(tenant: string): Promise<boolean>;
  }>;

export type DriveOptions = Readonly<{
  /** How many effects of one run are in flight at once. */
  effectsMax: number;
  /** When, on `elapsed`, to start nothing more: calls under way still end. */
  until: number;
  /** How long outcomes are offered to a log that cannot be written; `until` without it. */
  offerUntil?: number;
}>;

/**
 * A drive that goes on. `poke` says that somebody else may have committed to the run; `lose`, that
 * the lease is lost: all calls are aborted, and nothing is committed any more.
 */
export type Drive = Readonly<{ poke(): void; lose(): void; done: Promise<void> }>;

/** A call from its start until the log has its outcome. */
type Call = { readonly token: Token; readonly abort: AbortController; outcome?: Outcome };

const DRIVER = { kind: "system", id: "driver" } as const;

/**
 * Carries out what a run owes, and hands each outcome to `handle`, until nothing is owed.
 *
 * It calls only what its own commit has started, so every call is on record before it is made. It
 * never waits for a person, an event or a time: a run that waits is rows, and is not here.
 */
export function drive(deps: DriveDeps, key: RunKey, options: DriveOptions): Drive {
  const calls = new Map<string, Call>();
  let wake: (() => void) | undefined;
  let poked = false;
  let lost = false;
  let own = false;
  /** Something may be owed between the run and its children. */
  let family = true;

  const share = stepShare(deps, key.tenant);
  let held = false;
  const mayBegin = () => !held && deps.elapsed() < options.until;

  const poke = () => {
    poked = true;
    family = true;
    wake?.();
  };
  const asleep = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  // A signal, a cancel or a deadline reaches calls under way: what others commit is looked at.
  const unfollow = deps.watch.follow(key, () => {
    if (!own) poke();
  });
  const committed: Watch["committed"] = (of, settled) => {
    own = true;
    deps.watch.committed(of, settled);
    own = false;
  };
  const handling = { ...deps, watch: { ...deps.watch, committed } };

  async function turn(): Promise<Run | undefined> {
    held = await deps.isSuspended(key.tenant);
    const effectsMax = mayBegin() ? await share.most(calls.size, options.effectsMax) : 0;
    const driver: Driver = { mine: new Set(calls.keys()), effectsMax };
    const outcomes = [...calls.values()].flatMap(({ outcome }) => outcome ?? []);
    poked = false;
    const command =
      outcomes.length > 0
        ? ({ type: "step.settle", outcomes, driver } as const)
        : ({ type: "run.advance", driver } as const);
    const until = options.offerUntil ?? options.until;
    const handled = await handle(handling, { key, command, actor: DRIVER, until });
    if (handled.type !== "accepted") return undefined;
    // What this commit started itself, as it does a retry without a pause, is nobody else's.
    const mine = new Set([...driver.mine, ...startsIn(handled)]);
    if (isSuperseded(handled.run, mine)) lose();
    else follow(handled);
    share.settle(calls.size);
    if (handled.events.some(({ type }) => type === "child.started")) family = true;
    return handled.run;
  }

  /** Calls what this commit started, and aborts what the run no longer waits for. */
  function follow({ run: now, context }: Extract<Handled, { type: "accepted" }>): void {
    const current = new Set<string>();
    for (const token of tokensOf(now)) {
      if (token.status !== "running") continue;
      const name = startName(token);
      current.add(name);
      // While the run is paused, what another driver had called is left as it is.
      if (calls.has(name) || !context || now.status === "paused") continue;
      const call: Call = { token, abort: new AbortController() };
      calls.set(name, call);
      void finish(call, perform(deps, now, token, context, call.abort));
    }
    for (const [name, call] of calls) {
      if (!current.has(name)) cancel(name, call);
    }
  }

  async function finish(call: Call, performed: Promise<Outcome>): Promise<void> {
    call.outcome = await performed;
    wake?.();
  }

  function cancel(name: string, { abort, outcome }: Call): void {
    calls.delete(name);
    // A call that has ended needs no abort, which is dear: it makes an error with its stack.
    if (!outcome) abort.abort();
  }

  /** While it waits for a place and calls nothing, nothing else would tell. */
  function timeIsUp(): Promise<void> {
    const left = options.until - deps.elapsed();
    return Number.isFinite(left) ? deps.pause(left) : new Promise(() => undefined);
  }

  async function run(): Promise<void> {
    try {
      for (;;) {
        if (lost) return;
        const now = await turn();
        if (family && !held && (!now || now.children !== undefined)) {
          family = false;
          const told = await deps.lookAfterChildren(key, options.until);
          if (told) continue;
        }
        if (!now || lost) return;
        if (!held && isToAsk(now, deps.clock.now())) {
          if ((await deps.admit(key)) !== "begun") return;
          continue;
        }
        const mayGoOn = mayBegin();
        if (poked || [...calls.values()].some(({ outcome }) => outcome)) continue;
        const waits = mayGoOn && share.isShort() && isHeldUp(now, deps.clock.now());
        if (calls.size === 0 && !waits) {
          if (!mayGoOn || !isOwed(now, deps.clock.now())) return;
          continue;
        }
        await (waits ? Promise.race([asleep(), share.freed(), timeIsUp()]) : asleep());
      }
    } finally {
      unfollow();
      share.end();
      for (const [name, call] of calls) cancel(name, call);
    }
  }

  const lose = () => {
    lost = true;
    for (const [name, call] of calls) cancel(name, call);
    wake?.();
  };
  return { poke, lose, done: run() };
}

/** The names of the starts in a commit, as far as they are under way. */
function startsIn({ run, events }: Extract<Handled, { type: "accepted" }>): readonly string[] {
  return events.flatMap((event) => {
    const token = event.type === "step.started" ? run.tokens[event.token] : undefined;
    return token ? [startName(token)] : [];
  });
}
