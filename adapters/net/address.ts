import ipaddr from "ipaddr.js";

/** Public addresses that clouds answer with their metadata or control plane. */
const PLATFORM_ADDRESSES = new Set(["168.63.129.16"]);

/**
 * Whether this server may talk to an address: public unicast, or loopback where that is allowed.
 *
 * IPv4-mapped IPv6 counts as its IPv4. Every range that carries another address inside (NAT64,
 * 6to4, Teredo) is refused, because the address inside may be private.
 */
export function isReachable(address: string, allowLoopback: boolean): boolean {
  // A zone id names a network interface; no public address has one.
  if (address.includes("%") || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === "loopback") return allowLoopback;
  if (range !== "unicast" || PLATFORM_ADDRESSES.has(parsed.toString())) return false;
  // Only 2000::/3 is assigned; what lies outside is "unicast" merely for want of another name.
  return parsed instanceof ipaddr.IPv4 || (parsed.parts[0] ?? 0) >> 13 === 1;
}
