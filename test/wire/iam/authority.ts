import { evaluate } from "./evaluate.ts";
import type { Statement, Wish } from "./statement.ts";

/** Somebody who acts in the account: a function, or a service by a role that it was passed. */
export type Principal = Readonly<{
  /** For reports: the function's name in `lambdas/`, or the path of a role. */
  name: string;
  role: string;
  statements: readonly Statement[];
}>;

export type Checked = Readonly<{ allowed: boolean; why: string }>;

export type Denial = Readonly<{ who: string; wish: Wish; why: string }>;

export type Grant = Readonly<{ role: string; action: string; resources: readonly string[] }>;

export type Authority = ReturnType<typeof authority>;

/**
 * Checks what each principal asks against its own role, and keeps what was asked. So it knows both
 * ways: what was not granted, and which grants nobody has used.
 */
export function authority() {
  const principals = new Map<string, Principal>();
  const checks = new Map<string, Map<string, number>>();
  const denials: Denial[] = [];
  const used = new Map<Statement, Set<string>>();

  function count({ name }: Principal, action: string): void {
    const of = checks.get(name) ?? new Map<string, number>();
    of.set(action, (of.get(action) ?? 0) + 1);
    checks.set(name, of);
  }

  return {
    add: (id: string, principal: Principal) => void principals.set(id, principal),
    knows: (id: string) => principals.has(id),
    /** Whether it may; a grant that gives leave counts as used. A refusal is kept. */
    check(id: string, wish: Wish): Checked {
      const principal = principals.get(id);
      if (!principal) throw new Error(`nobody is called ${id}`);
      const verdict = evaluate(principal.statements, wish);
      count(principal, wish.action);
      for (const { statement, action } of verdict.by) {
        const actions = used.get(statement) ?? new Set<string>();
        used.set(statement, actions.add(action));
      }
      if (!verdict.allowed) denials.push({ who: principal.name, wish, why: verdict.why });
      return verdict;
    },
    /** Whether it may, without trying: what AWS looks at when it makes a mapping. */
    may: (id: string, wish: Wish): boolean =>
      evaluate(principals.get(id)?.statements ?? [], wish).allowed,
    denials,
    /** How often each principal was checked, by action. */
    checks: (): Readonly<Record<string, Readonly<Record<string, number>>>> =>
      Object.fromEntries([...checks].map(([name, of]) => [name, Object.fromEntries(of)])),
    grants: (wanted: "used" | "unused"): readonly Grant[] =>
      [...principals.values()].flatMap(({ role, statements }) =>
        statements
          .filter(({ effect }) => effect === "Allow")
          .flatMap((statement) =>
            statement.actions
              .filter(
                (action) => (used.get(statement)?.has(action) ?? false) === (wanted === "used"),
              )
              .map((action) => ({ role, action, resources: statement.resources })),
          ),
      ),
  };
}
