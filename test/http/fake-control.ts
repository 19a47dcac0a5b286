import type { Engine } from "../../core/engine/engine.ts";
import { ok, refuse } from "../../core/engine/refusal.ts";

const none = (id: string) => refuse("NOT_FOUND", `There is no ${id}.`);

/** Where nothing has ever failed. */
export const fakeControl: Pick<Engine["runs"], "retry"> = {
  retry: async (_caller, id) => none(id),
};

export const fakeRunControl: Engine["control"] = {
  pause: async (_caller, id) => none(id),
  resume: async (_caller, id) => none(id),
  patch: async (_caller, id) => none(id),
  skipStep: async (_caller, id) => none(id),
  migrate: async (_caller, id) => none(id),
  cancelStep: async (_caller, id) => none(id),
};

export const fakeHistory: Engine["history"] = {
  fork: async (_caller, id) => none(id),
  preview: async (_caller, id) => none(id),
  make: async (_caller, id) => none(id),
  list: async (_caller, id) => none(id),
  remove: async (_caller, id) => none(id),
  state: async (_caller, id) => none(id),
};

export const fakeBulk: Engine["bulk"] = async (_caller, { action }) =>
  ok({ action, dryRun: false, matched: 0, done: [], failed: [], more: false });

export const fakeInsight: Engine["insight"] = {
  explain: async (_caller, id) => none(id),
  graph: async (_caller, id) => none(id),
  advice: async (_caller, id) => none(id),
};

export const fakeDeadLetters: Engine["deadLetters"] = {
  list: async () => ok({ data: [], nextCursor: null }),
  get: async (_caller, id) => none(id),
  redrive: async (_caller, id) => none(id),
  discard: async (_caller, id) => none(id),
  redriveAll: async () => ok({ scheduled: 0, until: null, more: false }),
};
