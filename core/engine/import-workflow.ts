import { DIALECTS, type Dialect } from "../import/dialects.ts";
import type { Imported, Importing, NeededTool } from "../import/imported.ts";
import { canonical } from "../kernel/ledger.ts";
import type { Problem } from "../kernel/problem.ts";
import type { Engine } from "./engine.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import type { Caller, ImportedView } from "./views.ts";

export type ImportRequest = Importing &
  Readonly<{ dialect: Dialect; dryRun?: boolean | undefined }>;

type Parts = Readonly<{
  workflows: Pick<Engine["workflows"], "publish" | "validate">;
  tools: Pick<Engine["tools"], "get" | "put">;
}>;

/** A problem document has so many entries. */
const REFUSED_MAX = 1_000;

/**
 * Translates a document of another language, and publishes what comes of it. What cannot be
 * translated is refused by its path, and so is what the translation needs and is not here, such as
 * a tool. Tools that the document describes itself are made by whoever may make tools.
 */
export async function importWorkflow(
  parts: Parts,
  caller: Caller,
  { dialect, dryRun, ...order }: ImportRequest,
): Promise<Result<ImportedView>> {
  const imported = DIALECTS[dialect](order);
  if (!imported.ok) {
    const { length } = imported.refused;
    const message = `the document has ${length === 1 ? "one part" : `${length} parts`} that cannot be imported`;
    return refuse("NOT_IMPORTED", message, { errors: imported.refused.slice(0, REFUSED_MAX) });
  }
  const { document, tools = [] } = imported;
  const missing = await missingOf(parts.tools, caller, tools);
  const more = tools.length > 0 ? { tools } : {};
  if (dryRun) {
    const checked = await validated(parts, caller, imported, missing);
    if (!checked.ok) return checked;
    return ok({ document, warnings: [...imported.warnings, ...checked.value], ...more });
  }
  if (missing.length > 0) {
    // Nothing is left behind by a document that could not be published.
    const checked = await validated(parts, caller, imported, missing);
    if (!checked.ok) return checked;
    const made = await make(parts.tools, caller, missing);
    if (!made.ok) return made;
  }
  const published = await parts.workflows.publish(caller, document);
  if (!published.ok) return published;
  const { warnings = [], ...version } = published.value;
  return ok({
    document,
    warnings: [...imported.warnings, ...warnings],
    published: version,
    ...more,
  });
}

async function missingOf(
  tools: Parts["tools"],
  caller: Caller,
  needed: readonly NeededTool[],
): Promise<readonly NeededTool[]> {
  const missing: NeededTool[] = [];
  for (const tool of needed) {
    const found = await tools.get(caller, tool.name);
    const isSame = found.ok && canonical(found.value.config) === canonical(tool.config);
    if (!isSame) missing.push(tool);
  }
  return missing;
}

/** What is wrong with the translation, but for the tools that are yet to be made. */
async function validated(
  { workflows }: Parts,
  caller: Caller,
  { document }: Extract<Imported, { ok: true }>,
  missing: readonly NeededTool[],
): Promise<Result<readonly Problem[]>> {
  const found = await workflows.validate(caller, document);
  const errors = found.errors.filter(
    ({ code, message }) =>
      code !== "UNKNOWN_TOOL" || !missing.some(({ name }) => message.includes(`"${name}"`)),
  );
  if (errors.length === 0) return ok(found.warnings);
  const message = "the document was translated, and what came of it has faults";
  return refuse("INVALID_WORKFLOW", message, { errors });
}

async function make(
  tools: Parts["tools"],
  caller: Caller,
  missing: readonly NeededTool[],
): Promise<Result<null>> {
  if (caller.role !== "admin") {
    const errors = missing.map(({ name, description }) => ({
      path: "tools",
      code: "UNKNOWN_TOOL",
      message: `"${description}" needs the tool "${name}", and only an admin may make tools`,
    }));
    const message = "the document describes tools that are not there; name others in tools";
    return refuse("NOT_IMPORTED", message, { errors: errors.slice(0, REFUSED_MAX) });
  }
  for (const { name, ...tool } of missing) {
    const made = await tools.put(caller, name, tool);
    if (made.ok) continue;
    const { errors = [] } = made.refusal;
    return refuse("NOT_IMPORTED", `"${tool.description}" cannot be called`, { errors });
  }
  return ok(null);
}
