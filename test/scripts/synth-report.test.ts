import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findingsIn } from "../../scripts/stack/report.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-report-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (pluginReports: readonly object[]) =>
  writeFileSync(join(folder, "validation-report.json"), JSON.stringify({ pluginReports }));

describe("a report of validation", () => {
  test("without findings has none", () => {
    write([{ pluginName: "AwsSolutions", conclusion: "success", violations: [] }]);

    expect(findingsIn(folder)).toEqual({ errors: [], warnings: [] });
  });

  test("tells warnings from what fails", () => {
    const one = (severity: string) => ({ ruleName: severity, description: "x", severity });
    const violations = [one("warning"), one("error")];
    write([{ pluginName: "X", conclusion: "failure", violations }]);

    expect(findingsIn(folder)).toEqual({
      errors: ["X: error at somewhere: x"],
      warnings: ["X: warning at somewhere: x"],
    });
  });

  test("says each place of each finding", () => {
    const places = [{ constructPath: "Holdfast/A" }, { constructPath: "Holdfast/B" }];
    const violation = { ruleName: "X-1", description: "is open", violatingConstructs: places };
    write([{ pluginName: "X", conclusion: "failure", violations: [violation] }]);

    expect(findingsIn(folder).errors).toEqual([
      "X: X-1 at Holdfast/A: is open",
      "X: X-1 at Holdfast/B: is open",
    ]);
  });

  test("that failed without saying why is a finding", () => {
    write([{ pluginName: "X", conclusion: "failure", violations: [] }]);

    expect(findingsIn(folder).errors).toEqual(["X: failure, and does not say why"]);
  });

  test("that is not there is a finding", () => {
    expect(findingsIn(folder).errors).toHaveLength(1);
  });
});
