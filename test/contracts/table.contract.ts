import { afterAll, beforeAll, describe } from "vitest";
import type { Table } from "../../core/ports/table.ts";
import { conditionPromises } from "./table-conditions.ts";
import { counterPromises } from "./table-counters.ts";
import { limitPromises } from "./table-limits.ts";
import { modelPromises } from "./table-model.ts";
import { queryPromises } from "./table-queries.ts";
import { valuePromises } from "./table-values.ts";

export type OpenTable = Readonly<{ table: Table; close?: () => void | Promise<void> }>;

/** What every table promises. `partition` gives each test a partition that no other test uses. */
export type TableUnderTest = Readonly<{ table: () => Table; partition: () => string }>;

/** The promises of the table port. An adapter is done when these pass against the real thing. */
export function tableContract(name: string, open: () => OpenTable | Promise<OpenTable>): void {
  describe(`${name} keeps the table's promises`, () => {
    let opened: OpenTable | undefined;
    let partitions = 0;
    const run = crypto.randomUUID();

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close?.();
    });

    const subject: TableUnderTest = {
      table() {
        if (!opened) throw new Error("the table is not open");
        return opened.table;
      },
      partition: () => `ten_${run}#${++partitions}`,
    };
    describe("conditions", () => {
      conditionPromises(subject);
    });
    describe("counters", () => {
      counterPromises(subject);
    });
    describe("queries", () => {
      queryPromises(subject);
    });
    describe("values", () => {
      valuePromises(subject);
    });
    describe("random histories", () => {
      modelPromises(subject);
    });
    describe("limits", () => {
      limitPromises(subject);
    });
  });
}
