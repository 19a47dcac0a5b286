import type { Json } from "../../kernel/json.ts";
import type { Models } from "../../ports/models.ts";
import type { Notices } from "../../ports/notices.ts";
import type { ToolConfig, Tools } from "../../ports/tools.ts";
import type { Contents } from "../artifacts/contents.ts";
import type { Problem } from "../refusal.ts";

/** What performing effects needs of the world. */
export type EffectDeps = Readonly<{
  tools: Tools;
  models: Models;
  notices: Notices;
  /** What calls are given is whole, wherever it is kept. */
  contents: Pick<Contents, "whole">;
  /** The tool as it was when its start was committed, or now, if that is no longer known. */
  toolOf(tenant: string, name: string): Promise<RegisteredTool | undefined>;
}>;

export type RegisteredTool = ToolConfig &
  Readonly<{
    /** What is wrong with an input or an output, by the tool's own schemas. */
    inputProblems(input: Json): readonly Problem[];
    outputProblems(output: Json): readonly Problem[];
  }>;
