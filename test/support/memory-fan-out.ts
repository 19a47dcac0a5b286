import type { FanOutDeps } from "../../core/engine/fan-out/deps.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import type { Owed } from "../../core/ports/senders.ts";
import { fanOutParts } from "../../wiring/fan-out-parts.ts";
import { type House, type HouseOptions, house } from "./house.ts";

/** One process that tells others, on a table in memory; what it would send, it only notes. */
export function memoryFanOut(
  options: HouseOptions & { request?: FanOutDeps["request"]; alone?: boolean } = {},
): House & Readonly<{ telling: FanOutDeps; owed: Owed[]; deps: House["deps"] }> {
  const { request, alone = false, ...given } = options;
  const home = house(given);
  const owed: Owed[] = [];
  const parts = fanOutParts(home.deps, {
    secrets: memorySecrets(),
    senders: { owed: (what) => void owed.push(what) },
    report: { info: () => undefined, error: () => undefined },
    allowLoopback: true,
    alone,
  });
  return { ...home, owed, telling: request ? { ...parts, request } : parts };
}

export function memorySecrets(): Secrets {
  const kept = new Map<string, string>();
  return {
    async put(tenant, name, value) {
      kept.set(`${tenant}/${name}`, value);
    },
    get: async (tenant, name) => kept.get(`${tenant}/${name}`),
    names: async () => [],
    remove: async (tenant, name) => kept.delete(`${tenant}/${name}`),
  };
}
