import { expect } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { JsonClient } from "../../scripts/support/client.ts";
import { read } from "../support/runs.ts";
import type { House } from "./house.ts";

/** A tool of the house's server: the effect is counted outside, once for each key. */
export function pays(id: string, n = 0): JsonObject {
  return { id, type: "tool", tool: "pay", with: { n, run: "{% $run.id %}" } };
}

/** The run once it has ended, whatever time that takes in the account. */
export function ended(
  { world }: House,
  api: JsonClient,
  id: string,
  withinMs?: number,
): Promise<RunView> {
  return world.until(
    `run ${id} ended`,
    async () => {
      const run = await read(api, id).catch(() => undefined);
      return run?.endedAt ? run : undefined;
    },
    withinMs,
  );
}

/** The link in the mail that a person got about a run. */
export function linkTo({ world }: House, to: string, run: string): Promise<string> {
  return world.until(`a mail to ${to}`, () => {
    const mail = world.mails.find((one) => one.to.includes(to) && one.text.includes(run));
    return mail && /http:\S+\/approve\/\S+/.exec(mail.text)?.[0];
  });
}

/** Asks again until there is an answer: what a client does whose first answer was lost. */
export async function persist<T>(ask: () => Promise<T | undefined>, times = 100): Promise<T> {
  for (let time = 0; time < times; time++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`no answer in ${times} times`);
}

/**
 * Each of these payments was made by each of these runs, under one key that no other has: whatever
 * was called twice was one payment to the other side.
 */
export function expectOnce(
  { tools }: House,
  runs: readonly string[],
  payments: readonly number[],
): void {
  const keys = new Map<string, Set<string>>();
  for (const { key, body } of tools.callsOf("/pay")) {
    const { run, n } = body as { run: string; n: number };
    const name = `${run} ${n}`;
    keys.set(name, (keys.get(name) ?? new Set()).add(key));
  }
  const wanted = runs.flatMap((run) => payments.map((n) => `${run} ${n}`));
  expect(
    [...keys.keys()].filter((name) => runs.includes(name.split(" ")[0] ?? "")).toSorted(),
  ).toEqual(wanted.toSorted());
  expect(wanted.filter((name) => keys.get(name)?.size !== 1)).toEqual([]);
}

/** Nothing was asked that a role does not grant, or that no emulator knows. */
export function expectClean({ world }: House): void {
  const denials = world.authority.denials.map(
    ({ who, wish, why }) => `${who}: ${wish.action} on ${wish.resource}: ${why}`,
  );
  const found = [...new Set([...denials, ...world.complaints])];
  expect(found, found.join("\n")).toEqual([]);
}
