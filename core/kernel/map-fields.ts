import { aBoolean, aNumber, aTemplate, aText, type FieldCheck, notYet, oneOf } from "./check.ts";

const tolerate: FieldCheck = (value, path, check) => {
  if (typeof value === "number") aNumber(0, 100_000)(value, path, check);
  else if (typeof value !== "string" || !/^(100|[1-9]?[0-9])%$/.test(value)) {
    check.error(path, "INVALID_VALUE", 'must be a whole number, or a share such as "10%"');
  }
};

/** The fields of a map beside the common ones. */
export const MAP_FIELDS: Readonly<Record<string, FieldCheck>> = {
  items: aTemplate,
  // A graph of its own: see `checkNodesAndEdges`.
  body: () => undefined,
  concurrency: aNumber(1, 1_000),
  tolerate,
  minSuccessful: aNumber(0, 100_000),
  rest: oneOf("cancel", "ignore"),
  distributed: (value, path, check) => {
    aBoolean(value, path, check);
    if (value === true) notYet("a distributed map")(value, path, check);
  },
};

export const SUBFLOW_FIELDS: Readonly<Record<string, FieldCheck>> = {
  workflow: aText,
  version: aNumber(1, 2_147_483_647),
  mode: oneOf("sync", "async"),
};
