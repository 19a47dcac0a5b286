import { expect, test } from "vitest";
import { processStats } from "../../local/process-stats.ts";

test("a process tells what it has used, beside what it has done", () => {
  const stats = processStats({ drives: 3 });

  expect(stats).toMatchObject({ drives: 3, pid: process.pid });
  expect(stats.cpu.userMs).toBeGreaterThan(0);
  expect(stats.memory.rss).toBeGreaterThan(stats.memory.heapUsed);
});
