import type { Json, JsonObject } from "../kernel/json.ts";
import type { Problem } from "../kernel/problem.ts";

/** What is imported, and what its author says of it beside. */
export type Importing = Readonly<{
  document: Json;
  /** What the workflow is to be called; a dialect whose documents have names may do without. */
  name?: string | undefined;
  /** Which of our tools does what a document calls by a name of its own. */
  tools?: Readonly<Record<string, string>> | undefined;
}>;

/** A tool that the document describes itself. Its name is made from what it does. */
export type NeededTool = Readonly<{
  name: string;
  kind: "http";
  description: string;
  config: JsonObject;
}>;

/**
 * A document of ours that does what the other one did, or every reason why there is none. Paths of
 * refusals and warnings are those of the document that was imported.
 */
export type Imported =
  | Readonly<{
      ok: true;
      document: JsonObject;
      warnings: readonly Problem[];
      tools?: readonly NeededTool[];
    }>
  | Readonly<{ ok: false; refused: readonly Problem[] }>;

/** A dialect: pure, and never a document that would run otherwise than the imported one. */
export type Translate = (order: Importing) => Imported;
