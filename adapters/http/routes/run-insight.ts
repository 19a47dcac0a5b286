import { idOf } from "../../../core/contract/fields.ts";
import { Advice, Explanation } from "../../../core/contract/insight.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The run.", "run_01hzy") };

export const runInsightRoutes = [
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
