import { Usage, UsageQuery } from "../../../core/contract/usage.ts";
import { replyOf, route } from "../route.ts";

export const usageRoutes = [
  route({
    method: "GET",
    path: "/v1/usage",
    operationId: "getUsage",
    tag: "Usage",
    summary: "See what runs came to",
    description:
      "Runs, steps, tokens and dollars, by the day on which runs were made and by workflow. Days " +
      "are those of UTC.",
    needs: "read",
    query: UsageQuery,
    answers: [{ status: 200, description: "What they came to.", schema: Usage }],
    refusals: [],
    handle: async ({ caller, query }, { engine }) => replyOf(await engine.usage(caller, query)),
  }),
];
