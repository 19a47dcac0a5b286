import { idOf } from "../../../core/contract/fields.ts";
import {
  ForkPreview,
  ForkRequest,
  Snapshot,
  SnapshotList,
  SnapshotName,
  SnapshotQuery,
  SnapshotRequest,
  StateQuery,
} from "../../../core/contract/history.ts";
import { Run } from "../../../core/contract/runs.ts";
import { ok } from "../../../core/engine/refusal.ts";
import { rateHeaders } from "../problem.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The run.", "run_01hzy") };
const byName = { ...byId, name: SnapshotName };

/** How a run was, and other runs that begin there. */
export const runHistoryRoutes = [
  route({
    method: "POST",
    path: "/v1/runs/{id}/fork",
    operationId: "forkRun",
    tag: "Runs",
    summary: "Begin another run where this one stood",
    description:
      "After one of its events, on the same version, with what it knew by then. This run does not " +
      "change. Whatever the other one does is done anew, under keys of its own: `dryRun` lists " +
      "what this one has done since.",
    needs: "operate",
    params: byId,
    body: ForkRequest,
    repeats: "engine",
    location: ({ id }) => `/v1/runs/${String(id)}`,
    answers: [
      {
        status: 201,
        description: "The other run.",
        schema: Run,
        headers: ["Location", "Idempotency-Replayed"],
      },
      { status: 200, description: "With `dryRun`: what would repeat.", schema: ForkPreview },
    ],
    refusals: [
      "NOT_FOUND",
      "WORKFLOW_NOT_FOUND",
      "NOTHING_TO_FORK",
      "RUN_EXISTS",
      "LIMIT_REACHED",
      "PAYLOAD_TOO_LARGE",
    ],
    async handle({ caller, params, body, idempotencyKey, bodyHash }, { engine }) {
      const { dryRun, ...request } = body;
      if (dryRun) return replyOf(await engine.history.preview(caller, params.id, request));
      const keyed = { ...request, idempotencyKey, bodyHash };
      const forked = await engine.history.fork(caller, params.id, keyed);
      if (!forked.ok) return forked;
      const { run, replayed, rate } = forked.value;
      const headers = {
        ...(rate && rateHeaders(rate)),
        ...(replayed && { "idempotency-replayed": "true" }),
      };
      const reply = replyOf(ok(run), 201);
      return reply.ok ? { ok: true, value: { ...reply.value, headers } } : reply;
    },
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/state",
    operationId: "getRunState",
    tag: "Runs",
    summary: "Read a run as it was",
    description:
      "After one of its events, made again from its log; in the words of the run itself.",
    needs: "read",
    params: byId,
    query: StateQuery,
    answers: [{ status: 200, description: "The run as it was.", schema: Run }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query }, { engine }) =>
      replyOf(await engine.history.state(caller, params.id, query.at ?? Infinity)),
  }),
  route({
    method: "POST",
    path: "/v1/runs/{id}/snapshots",
    operationId: "makeSnapshot",
    tag: "Runs",
    summary: "Name a moment of a run",
    description:
      "To look at it, or to fork the run from it, by that name. The run does not change.",
    needs: "operate",
    params: byId,
    body: SnapshotRequest,
    repeats: "replays",
    answers: [
      {
        status: 201,
        description: "The snapshot.",
        schema: Snapshot,
        headers: ["Idempotency-Replayed"],
      },
    ],
    refusals: ["NOT_FOUND", "SNAPSHOT_EXISTS", "LIMIT_REACHED"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.history.make(caller, params.id, body), 201),
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/snapshots",
    operationId: "listSnapshots",
    tag: "Runs",
    summary: "List the snapshots of a run",
    description: "Newest first.",
    needs: "read",
    params: byId,
    query: SnapshotQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of snapshots.", schema: SnapshotList }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query: { limit, cursor, ...filter } }, { engine }) =>
      replyOf(await engine.history.list(caller, params.id, filter, { limit, cursor })),
  }),
  route({
    method: "DELETE",
    path: "/v1/runs/{id}/snapshots/{name}",
    operationId: "deleteSnapshot",
    tag: "Runs",
    summary: "Forget a snapshot",
    description: "The name is forgotten, and what it named stays in the log.",
    needs: "operate",
    params: byName,
    answers: [{ status: 204, description: "It is forgotten." }],
    refusals: ["NOT_FOUND"],
    async handle({ caller, params }, { engine }) {
      const removed = await engine.history.remove(caller, params.id, params.name);
      return removed.ok ? { ok: true, value: { status: 204 } } : removed;
    },
  }),
];
