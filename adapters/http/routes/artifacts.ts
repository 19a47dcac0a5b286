import { Artifact, ArtifactList, ArtifactQuery } from "../../../core/contract/artifacts.ts";
import { AnyJson, idOf } from "../../../core/contract/fields.ts";
import { refused } from "../problem.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The artifact.", "0f343b0931126a20f133d67c2b018a3b") };

export const artifactRoutes = [
  route({
    method: "GET",
    path: "/v1/artifacts/{id}",
    operationId: "getArtifact",
    tag: "Artifacts",
    summary: "Read about an artifact",
    description: "Its type and size, and a run that has it.",
    needs: "read",
    params: byId,
    answers: [{ status: 200, description: "The artifact.", schema: Artifact }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.artifacts.get(caller, params.id)),
  }),
  route({
    method: "GET",
    path: "/v1/artifacts/{id}/content",
    operationId: "getArtifactContent",
    tag: "Artifacts",
    summary: "Read an artifact",
    description: "The content as it is kept: of a run's value, its JSON.",
    needs: "read",
    params: byId,
    answers: [{ status: 200, description: "The content.", schema: AnyJson }],
    refusals: ["NOT_FOUND", "PAYLOAD_TOO_LARGE"],
    async handle({ caller, params }, { engine, limits }) {
      const read = await engine.artifacts.content(caller, params.id);
      if (!read.ok) return read;
      const { content, contentType, bytes, id } = read.value;
      const { answerBytesMax = Number.POSITIVE_INFINITY } = limits;
      if (bytes > answerBytesMax) {
        const message = `The artifact has ${bytes} bytes; an answer has at most ${answerBytesMax}.`;
        return refused("PAYLOAD_TOO_LARGE", message);
      }
      const headers = {
        "content-type": contentType,
        "content-disposition": "attachment",
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
        etag: `"${id}"`,
      };
      return { ok: true, value: { status: 200, bytes: content, headers } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/runs/{id}/artifacts",
    operationId: "listRunArtifacts",
    tag: "Artifacts",
    summary: "List a run's artifacts",
    description: "The large values that its record refers to, newest first.",
    needs: "read",
    params: { id: idOf("The run.", "run_01hzy") },
    query: ArtifactQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of artifacts.", schema: ArtifactList }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query }, { engine }) =>
      replyOf(await engine.artifacts.ofRun(caller, params.id, query)),
  }),
];
