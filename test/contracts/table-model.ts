import fc from "fast-check";
import { expect, test } from "vitest";
import type { Condition, Item, Operation, Range } from "../../core/ports/table.ts";
import { memoryTable } from "../support/memory-table.ts";
import type { TableUnderTest } from "./table.contract.ts";

const sk = fc.constantFrom("a", "a#", "a#1", "a#2", "b", "é", "\uffee", "😀");
const bound = fc.oneof(sk, fc.constantFrom("", "a#15", "c"));
const some = { requiredKeys: [] };
const attributes = fc.record(
  {
    state: fc.constantFrom("", "open", "ended", true),
    n: fc.constantFrom(0, 1, 0.1, "1"),
    count: fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constant("many")),
  },
  some,
);
const when = fc.oneof(
  fc.constant<Condition>({ type: "absent" }),
  fc.constant<Condition>({ type: "present" }),
  attributes.map((named): Condition => ({ type: "is", attributes: named })),
);

/** Every table answers any history of writes and reads as the memory table does. */
export function modelPromises({ table, partition }: TableUnderTest): void {
  test("is answered as by a simple model", { timeout: 120_000 }, async () => {
    const pk = partition();
    const step = fc.tuple(operationsIn(pk), rangeIn(pk));

    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (history) => {
        const model = memoryTable();
        const { items } = await table().query({ pk });
        await table().write(items.map((key) => ({ type: "remove", key })));
        for (const [operations, range] of history) {
          const [expected] = await Promise.allSettled([model.write(operations)]);
          const [actual] = await Promise.allSettled([table().write(operations)]);
          expect(actual).toEqual(expected);
          expect(await table().query(range)).toEqual(await model.query(range));
        }
      }),
      { numRuns: 60 },
    );
  });
}

function operationsIn(pk: string): fc.Arbitrary<Operation[]> {
  const key = sk.map((name) => ({ pk, sk: name }));
  const content = fc.constantFrom("", "{}", "text");
  const listed = fc.constantFrom({}, { listPk: pk }, { listPk: pk, listSk: "1" }, { listSk: "2" });
  const item = fc
    .tuple(attributes, fc.record({ content }, some), listed, key)
    .map((parts): Item => Object.assign({}, ...parts));
  const operation = fc.oneof(
    fc.record({ type: fc.constant("put"), item, when }, { requiredKeys: ["type", "item"] }),
    fc.record({ type: fc.constant("remove"), key, when }, { requiredKeys: ["type", "key"] }),
    fc.record({ type: fc.constant("check"), key, when }),
    fc.record(
      { type: fc.constant("add"), key, by: fc.integer({ min: -3, max: 3 }), max: fc.constant(3) },
      { requiredKeys: ["type", "key", "by"] },
    ),
  ) as fc.Arbitrary<Operation>;
  return fc.uniqueArray(operation, {
    minLength: 1,
    maxLength: 5,
    selector: (one) => (one.type === "put" ? one.item.sk : one.key.sk),
  });
}

function rangeIn(pk: string): fc.Arbitrary<Range> {
  return fc.record(
    {
      pk: fc.constant(pk),
      prefix: bound,
      after: bound,
      until: bound,
      reverse: fc.boolean(),
      limit: fc.integer({ min: 1, max: 6 }),
    },
    { requiredKeys: ["pk"] },
  );
}
