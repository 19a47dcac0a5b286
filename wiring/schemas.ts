import { compileSchema } from "../adapters/tools/schema-check.ts";
import type { Schemas } from "../core/engine/deps.ts";

/** Customers' JSON Schemas: checked when they come in, and made ready once. */
export const schemas: Schemas = {
  problems(schema) {
    const compiled = compileSchema(schema, "");
    return "problems" in compiled ? compiled.problems : [];
  },
  validate(schema, value, path) {
    const compiled = compileSchema(schema, "");
    return "problems" in compiled ? compiled.problems : compiled.validate(value, path);
  },
};
