import { DIALECTS, type Dialect } from "../import/dialects.ts";
import type { Importing } from "../import/imported.ts";
import type { Engine } from "./engine.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import type { Caller, ImportedView } from "./views.ts";

export type ImportRequest = Importing &
  Readonly<{ dialect: Dialect; dryRun?: boolean | undefined }>;

/** A problem document has so many entries. */
const REFUSED_MAX = 1_000;

/**
 * Translates a document of another language, and publishes what comes of it. What cannot be
 * translated is refused by its path, and so is what the translation needs and is not here, such as
 * a tool.
 */
export async function importWorkflow(
  workflows: Pick<Engine["workflows"], "publish" | "validate">,
  caller: Caller,
  { dialect, dryRun, ...order }: ImportRequest,
): Promise<Result<ImportedView>> {
  const imported = DIALECTS[dialect](order);
  if (!imported.ok) {
    const { length } = imported.refused;
    const message = `the document has ${length === 1 ? "one part" : `${length} parts`} that cannot be imported`;
    return refuse("NOT_IMPORTED", message, { errors: imported.refused.slice(0, REFUSED_MAX) });
  }
  const { document } = imported;
  if (dryRun) {
    const { errors, warnings } = await workflows.validate(caller, document);
    if (errors.length > 0) {
      const message = "the document was translated, and what came of it has faults";
      return refuse("INVALID_WORKFLOW", message, { errors });
    }
    return ok({ document, warnings: [...imported.warnings, ...warnings] });
  }
  const published = await workflows.publish(caller, document);
  if (!published.ok) return published;
  const { warnings = [], ...version } = published.value;
  return ok({ document, warnings: [...imported.warnings, ...warnings], published: version });
}
