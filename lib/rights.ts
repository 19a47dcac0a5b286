import type { Functions } from "./functions.ts";
import type { Parts } from "./parts.ts";
import type { HoldfastProps } from "./props.ts";
import { grantTargets } from "./targets.ts";

/** Who may do what. Each line is a right that one function needs, at the thing that it is about. */
export function grantRights(functions: Functions, parts: Parts, props: HoldfastProps): void {
  const { keys, table, artifacts, secrets, lanes, timers, webhooks, bus, mail, sockets } = parts;
  const { api, step, stream, timer, webhook, socket, sse, sweep } = functions;
  const letter = functions["dead-letter"];
  const platform = functions["platform-key"];

  for (const fn of [api, step, stream, webhook, socket, sweep]) table.grantReadWrite(fn);
  for (const fn of [timer, sse]) table.grantRead(fn);
  for (const fn of [api, step, sweep]) artifacts.grantReadWrite(fn);
  for (const fn of [stream, webhook, sse]) artifacts.grantRead(fn);
  for (const fn of [api, step, stream, timer, sweep]) lanes.grantWake(fn);
  for (const fn of [api, step, stream, timer, sweep, letter]) timers.grantSet(fn);
  for (const fn of [api, sweep]) lanes.grantOpen(fn, step);
  for (const fn of [api, stream, webhook, sweep]) webhooks.grantSend(fn);
  for (const fn of [api, stream, socket, sweep]) sockets.grantSend(fn);
  // What a run tells by itself leaves from where it is driven.
  for (const fn of [step, stream, sweep]) {
    bus.grantPublish(fn);
    mail?.grantSend(fn);
  }
  for (const fn of [api, stream, sweep]) keys.grantMakeLinks(fn);
  keys.grantCheckLinks(api);
  keys.grantSignHeads(stream);
  keys.grantCheckHeads(api);
  for (const fn of [step, stream, webhook, sweep]) secrets.grantUse(fn);
  secrets.grantKeep(api);
  // A tenant that was deleted is taken away piece by piece, for as long as it takes.
  lanes.grantClose(sweep, step);
  table.grantRemoveAll(sweep);
  artifacts.grantRemove(sweep);
  secrets.grantRemove(sweep);
  secrets.grantPlatformKey(api);
  secrets.grantPlatformKeyOnce(platform);
  grantTargets(step, sweep, props);
}
