import { BulkReport, BulkRequest } from "../../../core/contract/bulk.ts";
import { replyOf, route } from "../route.ts";

export const bulkRoutes = [
  route({
    method: "POST",
    path: "/v1/bulk/runs",
    operationId: "bulkRuns",
    tag: "Runs",
    summary: "Cancel, retry, pause or resume many runs",
    description:
      "Those that the filter finds, up to 200 a request, with a report of each that was refused. " +
      "With `dryRun` nothing is done.",
    needs: "operate",
    body: BulkRequest,
    repeats: "replays",
    answers: [
      {
        status: 200,
        description: "The report.",
        schema: BulkReport,
        headers: ["Idempotency-Replayed"],
      },
    ],
    refusals: [],
    handle: async ({ caller, body }, { engine }) => replyOf(await engine.bulk(caller, body)),
  }),
];
