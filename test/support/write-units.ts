import type { Operation, Table } from "../../core/ports/table.ts";
import { writeUnits } from "../../scripts/bench/aws/units.ts";

export type Written = Readonly<{ operations: readonly Operation[]; units: number }>;

/** A table that reckons what DynamoDB would charge for each write, from the sizes of the rows. */
export function reckoned(table: Table): Table & { written: Written[] } {
  const written: Written[] = [];
  return {
    written,
    get: (key) => table.get(key),
    query: (range) => table.query(range),
    async write(operations) {
      let units = 0;
      for (const operation of operations) {
        const key = operation.type === "put" ? operation.item : operation.key;
        const before = await table.get({ pk: key.pk, sk: key.sk });
        units += writeUnits(operation, before, operations.length > 1);
      }
      const result = await table.write(operations);
      if (result.ok) written.push({ operations, units });
      return result;
    },
  };
}
