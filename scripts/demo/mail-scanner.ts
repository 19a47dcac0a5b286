const AGENTS = [
  "Mozilla/5.0 (compatible; LinkScanner/3.1)",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
  "curl/8.5.0",
];
const METHODS = ["GET", "HEAD", "OPTIONS"] as const;

/** Does what mail scanners and chat previews do to a link; how often each status came. */
export async function scan(link: string, times: number): Promise<Readonly<Record<string, number>>> {
  const statuses: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const method = METHODS[i % METHODS.length] ?? "GET";
    const agent = AGENTS[Math.floor(i / METHODS.length) % AGENTS.length] ?? "";
    const answer = await fetch(link, { method, headers: { "user-agent": agent } });
    await answer.arrayBuffer();
    const name = `${method} ${answer.status}`;
    statuses[name] = (statuses[name] ?? 0) + 1;
  }
  return statuses;
}
