import type { Event } from "../core/kernel/event.ts";
import type { Instant } from "../core/kernel/json.ts";
import type { Run } from "../core/kernel/run.ts";
import type { Metrics } from "../core/ports/metrics.ts";

/** Upper bounds in seconds, as Prometheus' own clients have them, and a few longer ones. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;
/** Tenants that have lines of their own: what is counted must not grow with who comes. */
const TENANTS_MAX = 100;
const OTHERS = "others";

type Histogram = { counts: number[]; count: number; sum: number };
type Labels = Readonly<Record<string, string>>;

export type LocalMetrics = Metrics & Readonly<{ text(): string }>;

/**
 * Counts of this process since it began, as a page that Prometheus reads (its text format 0.0.4):
 * `runs_total` and `steps_total` by status, `step_retries_total`, and histograms of how long steps
 * took and how long they waited for a driver once they could start; all by tenant.
 */
export function localMetrics(): LocalMetrics {
  const counters = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Map<string, Histogram>>();
  const tenants = new Set<string>();

  function shown(tenant: string): string {
    if (tenants.size < TENANTS_MAX) tenants.add(tenant);
    return tenants.has(tenant) ? tenant : OTHERS;
  }

  function count(name: string, labels: Labels): void {
    const family = of(counters, name, () => new Map<string, number>());
    const key = text(labels);
    family.set(key, (family.get(key) ?? 0) + 1);
  }

  function observe(name: string, labels: Labels, seconds: number): void {
    const family = of(histograms, name, () => new Map<string, Histogram>());
    const histogram = of(family, text(labels), newHistogram);
    for (const [index, bound] of BUCKETS.entries()) {
      if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
    }
    histogram.count++;
    histogram.sum += seconds;
  }

  function see(tenant: string, before: Run, event: Event, at: Instant): void {
    const [what = "", status = ""] = event.type.split(".");
    if (what === "run") count("runs_total", { tenant, status });
    if (what !== "step") return;
    count("steps_total", { tenant, status });
    if (status === "retrying") count("step_retries_total", { tenant });
    const token = "token" in event ? before.tokens[event.token ?? -1] : undefined;
    const seconds = token ? Math.max(0, at - token.since) / 1_000 : 0;
    if (status === "started") {
      // One that starts in the commit that leads to it has not waited.
      const waited = token?.status === "ready" ? seconds : 0;
      observe("step_start_latency_seconds", { tenant }, waited);
    }
    const isOver = status === "succeeded" || status === "failed" || status === "retrying";
    if (isOver && token?.status === "running") {
      observe("step_execution_duration_seconds", { tenant, status }, seconds);
    }
  }

  return {
    committed(before, events, at) {
      const created = events.find((event) => event.type === "run.created");
      const tenant = shown(created ? created.tenant : before.tenant);
      for (const event of events) see(tenant, before, event, at);
    },

    text() {
      const lines: string[] = [];
      for (const [name, family] of counters) {
        lines.push(`# TYPE holdfast_${name} counter`);
        for (const [labels, n] of family) lines.push(`holdfast_${name}{${labels}} ${n}`);
      }
      for (const [name, family] of histograms) {
        lines.push(`# TYPE holdfast_${name} histogram`);
        for (const [labels, histogram] of family) lines.push(...linesOf(name, labels, histogram));
      }
      return `${lines.join("\n")}\n`;
    },
  };
}

function newHistogram(): Histogram {
  return { counts: BUCKETS.map(() => 0), count: 0, sum: 0 };
}

function linesOf(name: string, labels: string, { counts, count, sum }: Histogram) {
  const buckets = BUCKETS.map(
    (bound, index) => `holdfast_${name}_bucket{${labels},le="${bound}"} ${counts[index]}`,
  );
  return [
    ...buckets,
    `holdfast_${name}_bucket{${labels},le="+Inf"} ${count}`,
    `holdfast_${name}_sum{${labels}} ${sum}`,
    `holdfast_${name}_count{${labels}} ${count}`,
  ];
}

function text(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/["\\\n]/g, "_")}"`)
    .join(",");
}

function of<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
