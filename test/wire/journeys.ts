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

/** Nothing was asked that a role does not grant, or that no emulator knows. */
export function expectClean({ world }: House): void {
  const denials = world.authority.denials.map(
    ({ who, wish, why }) => `${who}: ${wish.action} on ${wish.resource}: ${why}`,
  );
  expect([...new Set(denials)]).toEqual([]);
  expect(world.complaints).toEqual([]);
}
