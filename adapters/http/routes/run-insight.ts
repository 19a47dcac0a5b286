import { idOf } from "../../../core/contract/fields.ts";
import { RunGraph } from "../../../core/contract/graph.ts";
import { Advice, Explanation } from "../../../core/contract/insight.ts";
import { WorkflowQuery } from "../../../core/contract/workflows.ts";
import { ok } from "../../../core/engine/refusal.ts";
import { mermaidOfRun } from "../mermaid.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The run.", "run_01hzy") };

export const runInsightRoutes = [
  route({
    method: "GET",
    path: "/v1/runs/{id}/graph",
    operationId: "drawRun",
    tag: "Runs",
    summary: "Show where a run is in its graph",
    description:
      "The definition with each node's live state, how often it was visited, and which edges were taken.",
    needs: "read",
    params: byId,
    query: WorkflowQuery,
    answers: [{ status: 200, description: "The graph.", schema: RunGraph, texts: ["text/plain"] }],
    refusals: ["NOT_FOUND"],
    async handle({ caller, params, query }, { engine }) {
      const drawn = await engine.insight.graph(caller, params.id);
      if (!drawn.ok || query.format === "json") {
        return replyOf(drawn.ok ? ok(drawn.value.graph) : drawn);
      }
      const { document, graph } = drawn.value;
      const headers = { "content-type": "text/plain; charset=utf-8" };
      return { ok: true, value: { status: 200, text: mermaidOfRun(document, graph), headers } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/explain",
    operationId: "explainRun",
    tag: "Runs",
    summary: "Explain why a run is where it is",
    description: "What it waits for, since when, what failed last, and what would get it on.",
    needs: "read",
    params: byId,
    answers: [{ status: 200, description: "The explanation.", schema: Explanation }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.insight.explain(caller, params.id)),
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/advice",
    operationId: "adviseRun",
    tag: "Runs",
    summary: "Propose what to do about a failed run",
    description: "By rules over the error's code. Nothing is done: that is another call, by you.",
    needs: "read",
    params: byId,
    answers: [{ status: 200, description: "The advice.", schema: Advice }],
    refusals: ["NOT_FOUND", "RUN_NOT_FAILED"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.insight.advice(caller, params.id)),
  }),
];
