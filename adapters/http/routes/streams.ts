import { idOf } from "../../../core/contract/fields.ts";
import { StreamQuery, Ticket } from "../../../core/contract/streams.ts";
import type { Followed, Following } from "../../../core/engine/fan-out/follow-run.ts";
import { refused } from "../problem.ts";
import { route } from "../route.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // Proxies that gather an answer before they pass it on would pass this one on never.
  "x-accel-buffering": "no",
} as const;

export const streamRoutes = [
  route({
    method: "GET",
    path: "/v1/runs/{id}/stream",
    operationId: "streamRun",
    tag: "Runs",
    summary: "Follow a run",
    description:
      "Server-Sent Events: `id` is the `seq`, `event` the type, `data` the event as JSON. " +
      "`Last-Event-ID` or `after` resumes without loss or repeat, `event: end` closes a run that " +
      "has ended, and a comment comes every 15 seconds in which nothing else does.",
    needs: "read",
    params: { id: idOf("The run.", "run_01hzy") },
    query: StreamQuery,
    answers: [
      { status: 200, description: "The events, as they come.", texts: ["text/event-stream"] },
    ],
    refusals: ["NOT_FOUND"],
    async handle({ caller, params, query, request }, { streams }) {
      const last = lastEventId(request.headers["last-event-id"]);
      if (last === "invalid") {
        return refused("INVALID_REQUEST", "`Last-Event-ID` is not the id of an event.");
      }
      const found = await streams.run(caller, params.id);
      if (!found.ok) return found;
      const after = last ?? query.after ?? 0;
      const stream = (until: AbortSignal) => texts(found.value, after, until);
      return { ok: true, value: { status: 200, headers: HEADERS, stream } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/stream/tickets",
    operationId: "createTicket",
    tag: "Runs",
    summary: "Get a ticket for a WebSocket",
    description:
      "Opens one connection at `/v1/ws?ticket=…` within a minute, for the key that asked. Revoking " +
      "the key closes it.",
    needs: "read",
    answers: [{ status: 201, description: "The ticket.", schema: Ticket }],
    refusals: [],
    handle: async ({ caller }, { tickets }) => ({
      ok: true,
      value: { status: 201, value: await tickets.issue(caller) },
    }),
  }),
];

function lastEventId(header: string | undefined): number | undefined | "invalid" {
  if (header === undefined || header === "") return undefined;
  return /^\d{1,15}$/.test(header) ? Number(header) : "invalid";
}

async function* texts(follow: Following, after: number, until: AbortSignal) {
  // Readers come back after a second, and the first byte says that the stream stands.
  yield "retry: 1000\n\n";
  for await (const followed of follow(after, until)) yield textOf(followed);
}

function textOf(followed: Followed): string {
  switch (followed.type) {
    case "events":
      return followed.events
        .map(
          (event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
        )
        .join("");
    case "quiet":
      return ": still here\n\n";
    case "end": {
      const { status, seq } = followed;
      return `event: end\ndata: ${JSON.stringify({ status, seq })}\n\n`;
    }
  }
}
