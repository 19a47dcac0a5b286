import {
  DeadLetter,
  DeadLetterList,
  DeadLetterQuery,
  DiscardRequest,
  RedriveRequest,
  Redriving,
} from "../../../core/contract/dead-letters.ts";
import { idOf } from "../../../core/contract/fields.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The dead letter.", "dead_01hzy") };
const THE_LETTER = {
  status: 200,
  description: "The dead letter.",
  schema: DeadLetter,
  headers: ["Idempotency-Replayed"],
} as const;

export const deadLetterRoutes = [
  route({
    method: "GET",
    path: "/v1/dead-letters",
    operationId: "listDeadLetters",
    tag: "Dead letters",
    summary: "List dead letters",
    description: "What failed for good, newest first, the open ones before the others.",
    needs: "read",
    query: DeadLetterQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of dead letters.", schema: DeadLetterList }],
    refusals: [],
    handle: async ({ caller, query: { limit, cursor, ...filter } }, { engine }) =>
      replyOf(await engine.deadLetters.list(caller, filter, { limit, cursor })),
  }),
  route({
    method: "GET",
    path: "/v1/dead-letters/{id}",
    operationId: "getDeadLetter",
    tag: "Dead letters",
    summary: "Read a dead letter",
    description: "With its error, and what became of it.",
    needs: "read",
    params: byId,
    answers: [{ status: 200, description: "The dead letter.", schema: DeadLetter }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.deadLetters.get(caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/v1/dead-letters/redrive",
    operationId: "redriveDeadLetters",
    tag: "Dead letters",
    summary: "Send on many dead letters",
    description: "The open ones that match, up to 1,000 a request, so many per second.",
    needs: "operate",
    body: RedriveRequest,
    bodyOptional: true,
    repeats: "replays",
    answers: [
      {
        status: 202,
        description: "They go one after the other.",
        schema: Redriving,
        headers: ["Idempotency-Replayed"],
      },
    ],
    refusals: [],
    async handle({ caller, body: { perSecond, ...filter } }, { engine }) {
      return replyOf(await engine.deadLetters.redriveAll(caller, filter, perSecond), 202);
    },
  }),
  route({
    method: "POST",
    path: "/v1/dead-letters/{id}/redrive",
    operationId: "redriveDeadLetter",
    tag: "Dead letters",
    summary: "Send a dead letter on",
    description: "A step's run goes on from where it failed, as by a retry of the run.",
    needs: "operate",
    params: byId,
    repeats: "replays",
    answers: [THE_LETTER],
    refusals: ["NOT_FOUND", "DEAD_LETTER_CLOSED", "RUN_NOT_FAILED", "LIMIT_REACHED"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.deadLetters.redrive(caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/v1/dead-letters/{id}/discard",
    operationId: "discardDeadLetter",
    tag: "Dead letters",
    summary: "Discard a dead letter",
    description: "It is closed with the reason, and by whom. Its run stays as it is.",
    needs: "operate",
    params: byId,
    body: DiscardRequest,
    repeats: "replays",
    answers: [THE_LETTER],
    refusals: ["NOT_FOUND", "DEAD_LETTER_CLOSED"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.deadLetters.discard(caller, params.id, body.reason)),
  }),
];
