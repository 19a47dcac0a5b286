export type ProcessStats<Work> = Work &
  Readonly<{
    pid: number;
    uptimeMs: number;
    /** Of all threads, since the process began. */
    cpu: Readonly<{ userMs: number; systemMs: number }>;
    memory: Readonly<{ rss: number; heapUsed: number; external: number }>;
  }>;

/** What this process has used, beside what it has done: for benches, and for who wonders. */
export function processStats<Work extends object>(work: Work): ProcessStats<Work> {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    ...work,
    pid: process.pid,
    uptimeMs: performance.now(),
    cpu: { userMs: user / 1_000, systemMs: system / 1_000 },
    memory: { rss, heapUsed, external },
  };
}
