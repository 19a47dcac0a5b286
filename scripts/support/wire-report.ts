import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UNREACHED } from "./unreached-grants.ts";

type Grant = Readonly<{ role: string; action: string; resources: readonly string[] }>;

type Said = Readonly<{
  checks: Readonly<Record<string, Readonly<Record<string, number>>>>;
  used: readonly Grant[];
  unused: readonly Grant[];
  faults: Readonly<Record<string, number>>;
}>;

/**
 * Sums up what all files of the wire suite have checked against IAM: how many calls of whom, and
 * which grants nobody has used. A grant is used once it was in any of the files.
 */
export function wireReport(folder: string): { text: string; isClean: boolean } {
  const said = readAll(folder);
  const used = new Set(said.flatMap((one) => one.used.map(nameOf)));
  const known = new Set([...used, ...said.flatMap((one) => one.unused.map(nameOf))]);
  const idle = [...known].filter((name) => !used.has(name));
  const unused = idle.filter((name) => !UNREACHED.some(({ grant }) => grant.test(name)));
  const needless = UNREACHED.filter(({ grant }) => !idle.some((name) => grant.test(name)));
  const sums = new Map<string, number>();
  for (const { checks } of said) {
    for (const [who, actions] of Object.entries(checks)) {
      const sum = Object.values(actions).reduce((a, b) => a + b, 0);
      sums.set(who, (sums.get(who) ?? 0) + sum);
    }
  }
  const total = [...sums.values()].reduce((a, b) => a + b, 0);
  const lines = [
    `IAM: ${total} checks, each against the caller's own role`,
    ...[...sums].toSorted((a, b) => b[1] - a[1]).map(([who, sum]) => row(who, sum)),
    `misfortunes: ${misfortunes(said)}`,
    `grants: ${used.size} used, ${idle.length - unused.length} with a reason why not, ${unused.length} unused`,
    ...unused.map((name) => `  unused: ${name}`),
    ...needless.map(({ grant, why }) => `  is used, and needs no reason: ${grant.source}: ${why}`),
  ];
  return { text: lines.join("\n"), isClean: unused.length + needless.length === 0 };
}

function readAll(folder: string): readonly Said[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Said);
}

function nameOf({ role, action }: Grant): string {
  return `${role}: ${action}`;
}

function row(who: string, sum: number): string {
  return `  ${String(sum).padStart(8)}  ${who}`;
}

function misfortunes(said: readonly Said[]): string {
  const sums: Record<string, number> = {};
  for (const { faults } of said) {
    for (const [name, count] of Object.entries(faults)) sums[name] = (sums[name] ?? 0) + count;
  }
  return Object.entries(sums)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
