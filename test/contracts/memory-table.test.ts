import { memoryTable } from "../support/memory-table.ts";
import { tableContract } from "./table.contract.ts";

tableContract("the memory table", () => ({ table: memoryTable() }));
