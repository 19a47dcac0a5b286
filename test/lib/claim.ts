import type { Document, Resource } from "./synthesized.ts";
import { ofType } from "./synthesized.ts";

/** What must be true of every template, and what in one is not so. */
export type Claim = Readonly<{ says: string; broken: (document: Document) => readonly string[] }>;

type Wanted = Readonly<{
  says: string;
  of: readonly string[];
  /** Why one resource breaks the claim; undefined when it keeps it. */
  unless: (resource: Resource, id: string, document: Document) => string | undefined;
}>;

/** A claim about each resource of a kind. One of which there is none is broken, too. */
export function claim({ says, of, unless }: Wanted): Claim {
  return {
    says,
    broken: (document) => {
      const all = ofType(document, ...of);
      if (all.length === 0) return [`there is no ${of.join(" or ")}`];
      return all.flatMap(([id, resource]) => {
        const why = unless(resource, id, document);
        return why === undefined ? [] : [`${id}: ${why}`];
      });
    },
  };
}

/** A member of a member of a member, when all of them are there. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inside, name) =>
      typeof inside === "object" && inside !== null
        ? (inside as Readonly<Record<string | number, unknown>>)[name]
        : undefined,
    value,
  );
}
