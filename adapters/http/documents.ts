import type { Documents } from "./app-deps.ts";
import { openApi } from "./openapi.ts";
import { docsPage } from "./pages/docs.ts";
import { errorsPage } from "./pages/errors.ts";
import type { Route } from "./route.ts";

export function documentsOf(routes: readonly Route[], version: string): Documents {
  const document = openApi(routes, version);
  return {
    openapi: JSON.stringify(document),
    docs: docsPage(document),
    errors: errorsPage(),
  };
}
