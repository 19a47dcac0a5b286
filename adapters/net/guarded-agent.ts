import type { LookupAddress } from "node:dns";
import http from "node:http";
import https from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { isReachable } from "./address.ts";

/** Many calls to one host share connections, and no host can take all of them. */
const POOL = {
  keepAlive: true,
  maxSockets: 128,
  maxFreeSockets: 16,
  maxTotalSockets: 512,
  scheduling: "lifo",
  // Shorter than the five seconds after which many servers close an idle connection.
  timeout: 4_000,
} as const;

export type Policy = Readonly<{ allowLoopback: boolean; lookup: LookupFunction }>;
export type Agents = Readonly<{ "http:": http.Agent; "https:": https.Agent }>;

/** Agents whose sockets carry nothing unless the address that they reached is allowed. */
export function guardedAgents(policy: Policy): Agents {
  const options = { ...POOL, lookup: guardedLookup(policy) };
  const agents = { "http:": new http.Agent(options), "https:": new https.Agent(options) };
  for (const agent of Object.values<http.Agent>(agents)) {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (to, done) => {
      const socket = connect(to, done);
      if (socket) guardSocket(socket, policy.allowLoopback);
      return socket;
    };
  }
  return agents;
}

/**
 * Destroys a socket that reached an address which is not allowed, before anything is sent.
 *
 * What HTTP and TLS have to say is queued behind the same `connect` event, so this listener has to
 * be the first.
 */
export function guardSocket(socket: Duplex, allowLoopback: boolean): void {
  socket.prependOnceListener("connect", () => {
    if (!isReachable((socket as Socket).remoteAddress ?? "", allowLoopback)) {
      socket.destroy(refused("the address that was reached is not public"));
    }
  });
}

/** Resolves like `policy.lookup`; one refused address among many refuses the name. */
function guardedLookup(policy: Policy): LookupFunction {
  return (hostname, options, done) => {
    policy.lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, []);
      const addresses = found as LookupAddress[];
      const allowed = addresses.every(({ address }) => isReachable(address, policy.allowLoopback));
      const first = addresses[0];
      if (!allowed || !first) {
        return done(refused(`${hostname} resolves to an address that is not public`), []);
      }
      return options.all ? done(null, addresses) : done(null, first.address, first.family);
    });
  };
}

export function refused(why: string): CallFailure {
  return new CallFailure("TARGET_REFUSED", `The request was not sent: ${why}.`, {
    retryable: false,
  });
}
