/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Where a person on this machine finds a server that listens there. */
export function localUrl(host: string, port: number): string {
  const isAny = host === "0.0.0.0" || host === "::";
  const name = isAny ? "127.0.0.1" : inUrl(host);
  return `http://${name}:${port}`;
}

/**
 * The names under which a server may be asked that only this machine can reach.
 *
 * A page of another site can give its own name this machine's address, and would then be of one
 * origin with us. What it cannot do is to send another name than its own.
 */
export function servedHosts(
  host: string,
  publicUrl: string | undefined,
): ReadonlySet<string> | undefined {
  if (!isLoopback(host)) return undefined;
  const names = ["localhost", "127.0.0.1", "[::1]", inUrl(host)];
  if (publicUrl !== undefined) names.push(new URL(publicUrl).hostname);
  return new Set(names);
}

export function isServedHost(header: string | undefined, hosts?: ReadonlySet<string>): boolean {
  if (hosts === undefined) return true;
  return header !== undefined && hosts.has(header.replace(/:\d*$/, "").toLowerCase());
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host.toLowerCase();
}
