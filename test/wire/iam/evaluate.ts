import type { Statement, Wish } from "./statement.ts";

export type Verdict = Readonly<{
  allowed: boolean;
  /** The statements and the patterns of actions that gave leave: these grants are used. */
  by: readonly Readonly<{ statement: Statement; action: string }>[];
  why: string;
}>;

/** Whether a role may, by its own policies: an explicit denial, a grant, or neither. */
export function evaluate(statements: readonly Statement[], wish: Wish): Verdict {
  const matching = statements.filter((statement) => applies(statement, wish));
  const denial = matching.find(({ effect }) => effect === "Deny");
  if (denial) return { allowed: false, by: [], why: "denied explicitly" };
  const by = matching.flatMap((statement) =>
    statement.actions
      .filter((action) => likeAction(action, wish.action))
      .map((action) => ({ statement, action })),
  );
  return {
    allowed: by.length > 0,
    by,
    why: by.length > 0 ? "allowed" : nearMiss(statements, wish),
  };
}

function applies(statement: Statement, wish: Wish): boolean {
  return (
    statement.actions.some((action) => likeAction(action, wish.action)) &&
    statement.resources.some((resource) => isOn(resource, wish)) &&
    holds(statement, wish)
  );
}

function isOn(pattern: string, { resource, alias }: Wish): boolean {
  return like(pattern, resource) || (alias !== undefined && like(pattern, alias));
}

/** Says which part of which statement was not enough: that is the grant to mend. */
function nearMiss(statements: readonly Statement[], wish: Wish): string {
  const named = statements.filter(({ actions }) =>
    actions.some((action) => likeAction(action, wish.action)),
  );
  if (named.length === 0) return "no statement names the action";
  const there = named.filter(({ resources }) => resources.some((resource) => isOn(resource, wish)));
  if (there.length === 0) {
    return `it is granted on ${named.flatMap(({ resources }) => resources).join(", ")} only`;
  }
  return `its conditions do not hold: ${JSON.stringify(there.map(({ conditions }) => conditions))}`;
}

type Test = (given: string, wanted: string) => boolean;

const number =
  (test: (a: number, b: number) => boolean): Test =>
  (given, wanted) =>
    test(Number(given), Number(wanted));

const OPERATORS: Readonly<Record<string, Test>> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  StringLike: (given, wanted) => like(wanted, given),
  ArnEquals: (given, wanted) => like(wanted, given),
  ArnLike: (given, wanted) => like(wanted, given),
  Bool: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: number((a, b) => a === b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericLessThan: number((a, b) => a < b),
  NumericGreaterThan: number((a, b) => a > b),
};

/** All operators and all keys must hold; of the values of one key, one is enough. */
function holds({ conditions }: Statement, { context }: Wish): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) =>
      keyHolds(operator, contextOf(context, key), wanted),
    ),
  );
}

function keyHolds(
  operator: string,
  given: readonly string[] | undefined,
  wanted: readonly string[],
): boolean {
  const [, quantifier, base = "", ifExists] =
    /^(ForAllValues:|ForAnyValue:)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  if (base === "Null") return (given === undefined) === (wanted[0] === "true");
  if (given === undefined && ifExists) return true;
  const isNegated = base.startsWith("StringNot") || base.startsWith("ArnNot");
  const test = OPERATORS[isNegated ? base.replace("Not", "") : base];
  if (!test) throw new Error(`the evaluator does not know the operator ${operator}`);
  if (quantifier === "ForAllValues:") {
    return (given ?? []).every((one) => matches(one) !== isNegated);
  }
  if (given === undefined) return isNegated;
  return isNegated ? !given.some(matches) : given.some(matches);

  function matches(one: string): boolean {
    return wanted.some((other) => test?.(one, other) ?? false);
  }
}

/** The names of condition keys are read without regard to case. */
function contextOf(context: Wish["context"], key: string): readonly string[] | undefined {
  const name = Object.keys(context).find((one) => one.toLowerCase() === key.toLowerCase());
  return name === undefined ? undefined : context[name];
}

function likeAction(pattern: string, action: string): boolean {
  return like(pattern.toLowerCase(), action.toLowerCase());
}

const patterns = new Map<string, RegExp>();

/** `*` is any text and `?` one character, as in every policy. */
export function like(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    const escaped = pattern.replaceAll(/[.+^$()|[\]\\{}]/g, String.raw`\$&`);
    const wild = escaped.replaceAll("*", "[^]*").replaceAll("?", "[^]");
    compiled = new RegExp(`^${wild}$`);
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}
