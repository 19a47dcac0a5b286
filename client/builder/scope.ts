import type { Ref, TemplateOf } from "./values.ts";

/** A record that has no member yet. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- that is what it says.
export type None = Record<never, never>;

/** What the types know at one point of drawing a graph. */
export interface Known {
  readonly input: unknown;
  readonly vars: object;
  /** Nodes of this graph by their ids. */
  readonly steps: object;
  /** In the body of a map: nodes of the graphs around it, which `$.steps` has as well. */
  readonly around: object;
  /** The nodes that the next one follows. */
  readonly at: string;
  /** Further names: `item`, `index` and `key` in the body of a map. */
  readonly names: object;
}

export type IdOf<K extends Known> = keyof K["steps"] & string;

/** What `$` has in the functions that write templates. */
export type Scope<K extends Known> = Readonly<{
  input: Ref<K["input"]>;
  vars: { readonly [Name in keyof K["vars"]]: Ref<K["vars"][Name]> };
  steps: Steps<Omit<K["around"], keyof K["steps"]> & K["steps"]>;
  run: Ref<RunFacts>;
}> &
  K["names"];

type Steps<S> = {
  readonly [Id in keyof S]: S[Id] extends { output: infer Output } ? Ref<StepFacts<Output>> : never;
};

type StepFacts<Output> = Readonly<{
  output: Output;
  error: Readonly<{
    code: string;
    message: string;
    node: string;
    attempt: number;
    retryable: boolean;
  }>;
  status: string;
  attempts: number;
  visit: number;
  visits: number;
  /** Of a wait for several: the number of the one that came. */
  won: number;
}>;

type RunFacts = Readonly<{
  id: string;
  workflow: string;
  version: number;
  tenant: string;
  startedAt: string;
  tags: Readonly<Record<string, string>>;
}>;

/** A value as it is, or a function that writes it from what is known. */
export type Lazy<K extends Known, T> = T | (($: Scope<K>) => T);

export type Assigned<K extends Known, Output> =
  | VarsOf<K>
  | (($: Scope<K> & Readonly<{ output: Ref<Output> }>) => VarsOf<K>);

type VarsOf<K extends Known> = { readonly [Name in keyof K["vars"]]?: TemplateOf<K["vars"][Name]> };

/** The names of ports that every one of the nodes has that the next one follows. */
export type PortAt<K extends Known> = Common<
  K["at"] extends infer Id
    ? Id extends keyof K["steps"]
      ? K["steps"][Id] extends { ports: infer Ports }
        ? (port: Ports | "error" | "success") => void
        : never
      : never
    : never
>;

type Common<Takers> = [Takers] extends [(port: infer Ports) => void] ? Ports : never;
