import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { isReachable } from "./address.ts";
import { refused } from "./guarded-agent.ts";

export type Target = Readonly<{
  protocol: "http:" | "https:";
  /** Without brackets. */
  hostname: string;
  port: number;
  path: string;
  /** For messages: neither path nor query, which may hold secrets. */
  name: string;
}>;

/**
 * Where a URL leads, or a `CallFailure` when this server must not go there.
 *
 * A host that is an address is judged here, in whatever notation: `lookup` is not called for it.
 */
export function targetOf(address: string, allowLoopback: boolean): Target {
  if (!URL.canParse(address)) throw refused("the URL is not valid");
  const url = new URL(address);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refused("only http and https URLs can be called");
  }
  if (url.username !== "" || url.password !== "") {
    throw refused("the URL contains credentials; send them in a header");
  }
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  // Node and the resolver read notations that URL leaves alone, such as a trailing dot.
  const bare = hostname.replace(/\.+$/, "");
  const literal = isIP(bare) !== 0 || ipaddr.isValid(bare);
  // By RFC 6761 these names are loopback whatever a resolver says.
  const loopbackName = /(^|\.)localhost$/i.test(bare) && !allowLoopback;
  if (bare === "" || loopbackName || (literal && !isReachable(bare, allowLoopback))) {
    throw refused(`${url.host} is not a public address`);
  }
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return {
    protocol: url.protocol,
    hostname,
    port,
    path: `${url.pathname}${url.search}`,
    name: `${url.hostname}:${port}`,
  };
}
