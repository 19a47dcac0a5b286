import { readFileSync } from "node:fs";
import { join } from "node:path";

type Report = Readonly<{
  pluginReports: readonly Readonly<{
    pluginName: string;
    conclusion: string;
    violations: readonly Readonly<{
      ruleName: string;
      description: string;
      severity?: string;
      violatingConstructs?: readonly Readonly<{ constructPath?: string }>[];
    }>[];
  }>[];
}>;

export type Template = Readonly<{
  Resources: Readonly<Record<string, Readonly<{ Type: string }>>>;
}>;

/** What was found, a line for each place; a warning does not fail. */
export type Findings = Readonly<{ errors: readonly string[]; warnings: readonly string[] }>;

/**
 * What AWS's validation and cdk-nag found. It is read from the report since the CLI may end well
 * although there are findings; a report that is not there is a finding too.
 */
export function findingsIn(folder: string): Findings {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(join(folder, "validation-report.json"), "utf8")) as Report;
  } catch {
    const missing = `${folder}/validation-report.json is not there: nothing was validated`;
    return { errors: [missing], warnings: [] };
  }
  const found = report.pluginReports.flatMap(linesOf);
  const of = (isWarning: boolean) =>
    found.flatMap(({ warning, line }) => (warning === isWarning ? [line] : []));
  return { errors: of(false), warnings: of(true) };
}

function linesOf({ pluginName, conclusion, violations }: Report["pluginReports"][number]) {
  const lines = violations.flatMap(
    ({ ruleName, description, severity, violatingConstructs = [] }) => {
      const places = violatingConstructs.map(({ constructPath }) => constructPath ?? "somewhere");
      return (places.length > 0 ? places : ["somewhere"]).map((place) => ({
        warning: severity === "warning",
        line: `${pluginName}: ${ruleName} at ${place}: ${description}`,
      }));
    },
  );
  if (conclusion === "success" || lines.some(({ warning }) => !warning)) return lines;
  return [...lines, { warning: false, line: `${pluginName}: ${conclusion}, and does not say why` }];
}

/** One template, since all of the product is one stack. */
export function templateIn(folder: string): Template {
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    artifacts: Readonly<Record<string, { type: string; properties?: { templateFile?: string } }>>;
  };
  const [file, ...more] = Object.values(manifest.artifacts).flatMap(({ type, properties }) =>
    type === "aws:cloudformation:stack" ? [properties?.templateFile ?? ""] : [],
  );
  if (file === undefined || more.length > 0) throw new Error(`${folder} has not one template`);
  return JSON.parse(readFileSync(join(folder, file), "utf8")) as Template;
}
