import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../adapters/http/error-catalog.ts";
import { errorsMarkdown } from "../../adapters/http/pages/errors.ts";
import { RUN_ERRORS } from "../../adapters/http/run-error-catalog.ts";
import { SERVER_PROBLEMS } from "../../adapters/http/server-error-catalog.ts";
import { door } from "./door.ts";

describe("docs/errors.md", () => {
  test("has a heading for each code, as the catalogs tell", async () => {
    await expect(errorsMarkdown()).toMatchFileSnapshot("../../docs/errors.md");
  });
});

describe("the page of errors", () => {
  test("has the place that the type of each problem points to", async () => {
    const { ask } = door();
    const { json } = await ask("GET /v1/runs/none");
    const [path, anchor] = String(json["type"]).split("#");

    const page = String((await ask(`GET ${path}`, { as: null })).body);

    expect(page).toContain(`id="${anchor}"`);
    for (const code of [...Object.keys(PROBLEMS), ...Object.keys(SERVER_PROBLEMS)]) {
      expect(page).toContain(`id="${code.toLowerCase()}"`);
    }
    expect(page).toContain('id="http_status"');
    for (const code of Object.keys(RUN_ERRORS).filter((name) => !name.includes("<"))) {
      expect(page).toContain(`<code>${code}</code>`);
    }
  });
});
