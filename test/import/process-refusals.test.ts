import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { ADMIN, house } from "../support/house.ts";
import { inARow, refusals } from "./process-cases.ts";

describe("a process that cannot be imported", () => {
  test("is told all that is wrong with it, by its path", async () => {
    expect(
      await refusals({
        nodes: [
          { id: "a", type: "startProcess" },
          { id: "a", type: "teleport" },
          { id: "b", type: "gateway", data: { gatewayType: "complex" } },
          { id: "t", type: "timerEvent", data: { duration: "soon" } },
          { id: "s", type: "scriptTask", data: { scriptType: "groovy" } },
          { id: "n", type: "sendTask", data: { channel: "pigeon" } },
          { id: "", type: "endEvent" },
        ],
        connections: [
          { source: "a", target: "nowhere" },
          { source: "a", target: "t", condition: "processData.constructor.name == 'x'" },
          { source: "t", target: "s", condition: "amount = 5" },
          { source: "s", target: "n", condition: { js: "1" } },
        ],
      }),
    ).toEqual([
      "name REQUIRED",
      "nodes[1].type UNKNOWN_NODE_TYPE",
      "nodes[2].type UNKNOWN_NODE_TYPE",
      "nodes[6].id INVALID_TYPE",
      "connections[0].target DANGLING_EDGE",
      "connections[1].condition INVALID_CONDITION",
      "connections[2].condition INVALID_CONDITION",
      "connections[3].condition INVALID_TYPE",
      "nodes[3].data.duration INVALID_DURATION",
      "nodes[4].data.scriptType NOT_SUPPORTED",
      "nodes[5].data.channel NOT_SUPPORTED",
      "connections[1] AMBIGUOUS_CHOICE",
    ]);
  });

  test("has a start, and one only", async () => {
    const both = [
      { id: "a", type: "start" },
      { id: "b", type: "startProcess" },
    ];

    expect(await refusals({ name: "n", nodes: both })).toEqual(["nodes[1].type AMBIGUOUS_START"]);
    expect(await refusals([])).toEqual([" INVALID_TYPE"]);
    expect(await refusals({ name: "n" })).toEqual(["nodes REQUIRED"]);
  });

  test("leaves no tool behind, and makes none for a key that may not", async () => {
    const home = house();
    const bad = inARow(
      { id: "c", type: "serviceTask", url: "https://a.example/" },
      { id: "l", type: "llmTask", model: "nobody/knows" },
    );
    const good = inARow({ id: "c", type: "serviceTask", url: "https://a.example/" });
    const as = (role: "admin" | "operator", document: JsonObject, dryRun = false) =>
      home.engine.workflows.import({ ...ADMIN, role }, { dialect: "process", document, dryRun });
    const own = async () =>
      (await home.engine.tools.list(ADMIN, { limit: 50 })).data.filter(
        ({ kind }) => kind === "http",
      );

    expect(await as("admin", bad)).toMatchObject({ refusal: { code: "INVALID_WORKFLOW" } });
    expect(await as("operator", good)).toMatchObject({ refusal: { code: "NOT_IMPORTED" } });
    const dry = await as("operator", good, true);
    expect(await own()).toEqual([]);
    expect(await as("admin", good)).toMatchObject({ ok: true });
    expect(await own()).toHaveLength(1);
    expect(dry.ok && dry.value.tools?.map(({ name }) => name)).toEqual(
      (await own()).map(({ name }) => name),
    );
    // What is there already is as good as made.
    expect(await as("operator", good)).toMatchObject({ ok: true });
  });
});
