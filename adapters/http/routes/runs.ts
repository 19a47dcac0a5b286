import { EventList, EventQuery } from "../../../core/contract/events.ts";
import { idOf } from "../../../core/contract/fields.ts";
import { Verification, VerifyQuery } from "../../../core/contract/ledger.ts";
import { Run, RunList, RunQuery, StartQuery, StartRequest } from "../../../core/contract/runs.ts";
import { StepList, StepQuery } from "../../../core/contract/steps.ts";
import { rateHeaders, refused } from "../problem.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The run.", "run_01hzy") };

export const runRoutes = [
  route({
    method: "POST",
    path: "/v1/runs",
    operationId: "startRun",
    tag: "Runs",
    summary: "Start a run",
    description:
      "With `wait`, answers when the run ends or first waits. A run's id is made from the " +
      "Idempotency-Key if there is one, so a repeat finds the first run for as long as it is kept.",
    needs: "operate",
    query: StartQuery,
    body: StartRequest,
    repeats: "engine",
    location: ({ id }) => `/v1/runs/${String(id)}`,
    answers: [
      {
        status: 201,
        description: "The run.",
        schema: Run,
        headers: ["Location", "Idempotency-Replayed"],
      },
    ],
    refusals: ["WORKFLOW_NOT_FOUND", "INVALID_INPUT", "RUN_EXISTS", "LIMIT_REACHED"],
    async handle({ caller, query, body, idempotencyKey, bodyHash }, { engine }) {
      const started = await engine.runs.start(caller, { ...body, idempotencyKey, bodyHash });
      if (!started.ok) return started;
      const { run, replayed, rate } = started.value;
      const settled =
        query.wait === 0
          ? ({ ok: true, value: run } as const)
          : await engine.runs.settled(caller, run.id, query.wait);
      const reply = replyOf(settled, 201);
      if (!reply.ok) return reply;
      const headers = {
        ...(rate && rateHeaders(rate)),
        ...(replayed && { "idempotency-replayed": "true" }),
      };
      return { ok: true, value: { ...reply.value, headers } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/runs",
    operationId: "listRuns",
    tag: "Runs",
    summary: "List runs",
    description: "Newest first, by any of the filters together.",
    needs: "read",
    query: RunQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of runs.", schema: RunList }],
    refusals: [],
    handle: async ({ caller, query: { limit, cursor, ...filter } }, { engine }) =>
      replyOf(await engine.runs.list(caller, filter, { limit, cursor })),
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}",
    operationId: "getRun",
    tag: "Runs",
    summary: "Read a run",
    description: "As it is now, with what it waits for and its newest 100 steps.",
    needs: "read",
    params: byId,
    answers: [{ status: 200, description: "The run.", schema: Run }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.runs.get(caller, params.id)),
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/steps",
    operationId: "listSteps",
    tag: "Runs",
    summary: "List the steps of a run",
    description: "All of them, newest first.",
    needs: "read",
    params: byId,
    query: StepQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of steps.", schema: StepList }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query: { limit, cursor, ...filter } }, { engine }) =>
      replyOf(await engine.runs.steps(caller, params.id, filter, { limit, cursor })),
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/events",
    operationId: "listEvents",
    tag: "Runs",
    summary: "List the events of a run",
    description: "Oldest first. `nextCursor` is the `seq` to go on after.",
    needs: "read",
    params: byId,
    query: EventQuery,
    answers: [{ status: 200, description: "A page of events.", schema: EventList }],
    refusals: ["NOT_FOUND"],
    async handle({ caller, params, query: { after, cursor, type, limit } }, { engine }) {
      if (after !== undefined && cursor !== undefined && after !== cursor) {
        return refused("INVALID_REQUEST", "`after` and `cursor` say the same; send one of them.");
      }
      const from = after ?? cursor ?? 0;
      return replyOf(await engine.runs.events(caller, params.id, { after: from, type, limit }));
    },
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/ledger/verify",
    operationId: "verifyLedger",
    tag: "Runs",
    summary: "Verify a run's ledger",
    description:
      "Computes the chain again from what is stored and names every event that differs. Once a run " +
      "has ended, its head is signed, and the signature is checked too. A long log is verified in " +
      "parts: as long as there is a `nextCursor`, ask for the next one.",
    needs: "read",
    params: byId,
    query: VerifyQuery,
    answers: [{ status: 200, description: "What was found.", schema: Verification }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query }, { engine }) =>
      replyOf(await engine.runs.verify(caller, params.id, query.after)),
  }),
];
